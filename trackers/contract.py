"""What a tracker is, and how one is found: the folder trackers/methods/<method>/.

It holds method.yaml, and either tracker.py, whose `build` makes a tracker that is stepped through
frames, or rule.smk, whose rule runs any program on a whole sequence.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from datasets.io.yaml_text import read_yaml
from datasets.masks.mask_set import Masks
from datasets.types import Frame, Sequence

_METHODS = Path(__file__).parent / "methods"
NEEDED = inspect.Parameter.empty
INPUTS = frozenset({"detections", "image", "prompts"})  # what a frame can carry
_KEYS, _ALLOWED = (
    {"title", "source"},
    {"inputs", "inputs_with", "files", "engines", "methods", "timed"},
)  # keys of method.yaml
_OF_A_RULE = {"options", "required", "format"}  # keys of a method without tracker.py


@dataclass(frozen=True)
class Answer:
    """What a tracker reports for one frame. It must not write to the arrays afterwards.

    All are NumPy arrays, of any integer or real type; `trackers/output_check.py` refuses others.

    Args:
        track: (K,) identities: whole numbers from 0 to 2^53 - 1, none twice.
        box: (K, 4) left, top, right, bottom in pixels, finite, left <= right and top <= bottom.
        score: (K,) finite confidences.
        class_id: (K,) keys of `sequence.extent.classes`.
        mask: (K, height, width) bool or whole numbers 0 and 1, or K run lengths; None from a
            tracker of boxes, and where there are no objects.
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
            one that must be given. Of a method without tracker.py, as method.yaml says.
        format: Of the result file that the method's rule makes, see `trackers/adopt.py`; None where
            it has no rule, or one that writes tracks itself.
        stepped: Whether it has a tracker that is stepped through frames.
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
    format: str | None = None
    stepped: bool = True

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
        ValueError: Unknown method, unknown or missing option; lists those there are. The method
            takes whole sequences.
    """
    check_options(method, options)
    if not has_tracker(method):
        raise ValueError(
            f"method {method} takes whole sequences, by methods/{method}/rule.smk: make its tracks "
            "by the workflow"
        )
    module = importlib.import_module(f"trackers.methods.{method}.tracker")
    tracker: Tracker = module.build(**options)
    return tracker


def has_tracker(method: str) -> bool:
    """Whether a method has a tracker that is stepped through frames."""
    return (_METHODS / method / "tracker.py").is_file()


def load_method(method: str) -> Method:
    """Return what trackers/methods/<method>/method.yaml says, and the options of `build`.

    Raises:
        ValueError: There is no such method, or its method.yaml is not as it should be.
    """
    known = sorted(path.parent.name for path in _METHODS.glob("*/method.yaml"))
    if method not in known:
        raise ValueError(f"method {method!r} is unknown: expected one of {known}")
    path = _METHODS / method / "method.yaml"
    content = read_yaml(path)
    stepped = has_tracker(method)
    allowed = _ALLOWED if stepped else _ALLOWED | _OF_A_RULE
    if not isinstance(content, dict) or not _KEYS <= content.keys() <= _KEYS | allowed:
        keys = sorted(content) if isinstance(content, dict) else content
        raise ValueError(f"{path}: {keys} found, expected {sorted(_KEYS)} and of {sorted(allowed)}")
    options = _options(method) if stepped else _options_of_rule(path, content)
    for key in ("inputs", "files", "engines", "methods"):
        names = INPUTS if key == "inputs" else set(options)
        content[key] = _listed(f"{path}: {key}", content.get(key, []), names)
    further = content.get("inputs_with", {})
    if not isinstance(further, dict) or not set(further) <= set(options):
        raise ValueError(
            f"{path}: inputs_with: {further} found, expected some of {sorted(options)}, a list each"
        )
    content["inputs_with"] = {
        name: _listed(f"{path}: inputs_with: {name}", found, INPUTS)
        for name, found in further.items()
    }
    return Method(**content, options=options, stepped=stepped)


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


def _options_of_rule(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Take the options out of a method.yaml without tracker.py, and return them.

    Raises:
        ValueError: There is no rule.smk either, or options are not named as they should be.
    """
    if not path.with_name("rule.smk").is_file():
        raise ValueError(f"{path.parent}: expected tracker.py or rule.smk beside method.yaml")
    defaults, required = content.pop("options", {}), content.pop("required", [])
    if not isinstance(defaults, dict) or not all(isinstance(name, str) for name in defaults):
        raise ValueError(f"{path}: options: {defaults} found, expected defaults by name")
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        raise ValueError(f"{path}: required: {required} found, expected a list of names")
    return {**dict.fromkeys(required, NEEDED), **defaults}


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
