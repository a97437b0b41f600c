"""What a tracker is, and how one is found: the folder trackers/methods/<method>/."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from datasets.runs import Masks
from datasets.types import Frame, Sequence
from datasets.yaml_text import read_yaml

_METHODS = Path(__file__).parent / "methods"
NEEDED = inspect.Parameter.empty
_INPUTS = {"detections", "image", "prompts"}
_KEYS, _ALLOWED = (
    {"title", "source"},
    {"inputs", "inputs_with", "files", "engines", "methods", "timed"},
)  # keys of method.yaml


@dataclass(frozen=True)
class Answer:
    """What a tracker reports for one frame. It must not write to the arrays afterwards.

    Args:
        track: (K,) int64 identities, not negative, none twice.
        box: (K, 4) float64, left, top, right, bottom in pixels.
        score: (K,) float64 confidences.
        class_id: (K,) int64.
        mask: (K, height, width) bool, or K run lengths; None from a tracker of boxes.
    """

    track: np.ndarray
    box: np.ndarray
    score: np.ndarray
    class_id: np.ndarray
    mask: np.ndarray | Masks | None = None


class Tracker(Protocol):
    """An online tracker: the answer for a frame uses that frame and earlier ones only."""

    def start(self, sequence: Sequence) -> None:
        """Forget everything and get ready for `sequence`. Not timed."""

    def step(self, frame: Frame) -> Answer:
        """Return the answer for `frame`; frames come in order, none is left out. Timed."""


@dataclass(frozen=True)
class Method:
    """What method.yaml says.

    Args:
        title: Name of the method as people write it.
        source: Paper or project.
        inputs: What each frame is to carry: `image`, `detections`, `prompts`. Where a sequence has
            no images or detections a method that asks for them cannot run; prompts may also come
            from an option.
        inputs_with: What else where an option is given: `{embedding: [image]}`. See `given`.
        files: Options whose value is a path; `{root}` and `{sequence}` in it are filled in.
        engines: Options whose value is a folder of networks that rules of the workflow make.
        methods: Options whose value is another method, whose code runs too.
        timed: False where the time of a step says nothing, as for imported results.
        options: Arguments of `build`, and their defaults where these are plain values; NEEDED of
            one that must be given.
    """

    title: str
    source: str
    inputs: tuple[str, ...] = ()
    inputs_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    timed: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)

    def given(self, options: Mapping[str, Any]) -> Method:
        """Return the method with the inputs that these options ask for beside its own."""
        asking = [name for name in self.inputs_with if options.get(name) is not None]
        more = [each for name in asking for each in self.inputs_with[name]]
        title = f"{self.title} with {' and '.join(asking)}" if asking else self.title
        return replace(self, title=title, inputs=tuple(dict.fromkeys([*self.inputs, *more])))

    def others(self, options: Mapping[str, Any]) -> list[str]:
        """Return the methods that these options name, whose code runs within this one."""
        named = [options.get(name, self.options[name]) for name in self.methods]
        return [name for name in named if isinstance(name, str)]


def load_tracker(method: str, options: Mapping[str, Any]) -> Tracker:
    """Return a new tracker.

    Raises:
        ValueError: Unknown method, unknown or missing option; lists those there are.
    """
    check_options(method, options)
    module = importlib.import_module(f"trackers.methods.{method}.tracker")
    tracker: Tracker = module.build(**options)
    return tracker


def load_method(method: str) -> Method:
    """Return what trackers/methods/<method>/method.yaml says, and the options of `build`.

    Raises:
        ValueError: There is no such method, or its method.yaml is not as it should be.
    """
    known = sorted(path.parent.name for path in _METHODS.glob("*/tracker.py"))
    if method not in known:
        raise ValueError(f"method {method!r} is unknown: expected one of {known}")
    path = _METHODS / method / "method.yaml"
    content = read_yaml(path)
    if not isinstance(content, dict) or not _KEYS <= content.keys() <= _KEYS | _ALLOWED:
        keys = sorted(content) if isinstance(content, dict) else content
        raise ValueError(
            f"{path}: {keys} found, expected {sorted(_KEYS)} and of {sorted(_ALLOWED)}"
        )
    options = _options(method)
    for key in ("inputs", "files", "engines", "methods"):
        names = _INPUTS if key == "inputs" else set(options)
        content[key] = _listed(f"{path}: {key}", content.get(key, []), names)
    further = content.get("inputs_with", {})
    if not isinstance(further, dict) or not set(further) <= set(options):
        raise ValueError(
            f"{path}: inputs_with: {further} found, expected some of {sorted(options)}, a list each"
        )
    content["inputs_with"] = {
        name: _listed(f"{path}: inputs_with: {name}", found, _INPUTS)
        for name, found in further.items()
    }
    return Method(**content, options=options)


def check_options(method: str, options: Mapping[str, Any]) -> None:
    """Raise ValueError if `build` of the method does not take these options."""
    known = load_method(method).options
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise ValueError(f"method {method}: unknown options {unknown}: expected {sorted(known)}")
    missing = sorted(name for name in known if known[name] is NEEDED and name not in options)
    if missing:
        raise ValueError(f"method {method}: options {missing} are missing")


def fill_path(template: str, root: Path | str | None, sequence: str) -> Path:
    """Return the path a `files` option names for one sequence."""
    return Path(template.replace("{root}", str(root or "")).replace("{sequence}", sequence))


def _listed(place: str, found: Any, names: Collection[str]) -> tuple[str, ...]:
    """Return a list in method.yaml; ValueError if it is none or has other than `names`."""
    if not isinstance(found, list) or not set(found) <= set(names):
        raise ValueError(f"{place}: {found} found, expected a list of {sorted(names)}")
    return tuple(found)


def _options(method: str) -> dict[str, Any]:
    """Return the options of `build` and their defaults.

    The file is parsed, not imported: the workflow asks this of every variant before it starts, and
    a method may import heavy libraries.
    """
    path = _METHODS / method / "tracker.py"
    for node in ast.parse(path.read_text(), str(path)).body:
        if isinstance(node, ast.FunctionDef) and node.name == "build":
            plain, named = node.args.args, node.args.kwonlyargs
            needed = [None] * (len(plain) - len(node.args.defaults))
            defaults = [*needed, *node.args.defaults, *node.args.kw_defaults]
            pairs = zip([*plain, *named], defaults, strict=True)
            return {arg.arg: _value(default) for arg, default in pairs}
    raise ValueError(f"{path}: expected a function build(**options) that returns a tracker")


def _value(default: ast.expr | None) -> Any:
    """Return what a default is, the expression itself where it is no plain value."""
    if default is None:
        return NEEDED
    try:
        return ast.literal_eval(default)
    except ValueError:
        return default
