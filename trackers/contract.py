"""What a tracker is, and how one is found: the folder trackers/methods/<method>/.

It holds method.yaml, and either tracker.py, whose `build` makes a tracker that is stepped through
frames, or rule.smk, whose rule runs any program on a whole sequence. Its options are declared in
options.py, in the signature of `build`, or in method.yaml.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from datasets.io.yaml_text import read_yaml
from datasets.masks.mask_set import Masks
from datasets.types import Frame, Sequence
from trackers.declared_options import IN_YAML, declared_options, options_class
from trackers.options import Option, check_values, make_options

_METHODS = Path(__file__).parent / "methods"
INPUTS = frozenset({"detections", "image", "prompts"})  # what a frame can carry
_KEYS, _ALLOWED = (
    {"title", "source"},
    {"inputs", "inputs_with", "files", "engines", "methods", "timed", "whole_sequences"},
)  # keys of method.yaml
_OF_WHOLE_SEQUENCES = {*IN_YAML, "format"}  # further keys of such a method


@dataclass(frozen=True)
class TrackerOutput:
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

    def step(self, frame: Frame) -> TrackerOutput:
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
        inputs_with: What else where an option is given: `{embedding: [image]}`. See `with_options`.
        files: Options whose value is a path; `{root}` and `{sequence}` in it are filled in.
        engines: Options whose value is a folder of networks that rules of the workflow make.
        methods: Options whose value is another method, whose code runs too; each with the option
            that holds the options of that method.
        timed: False where the time of a step says nothing, as for imported results.
        declared: Its options, with their types and defaults.
        format: Of the result file that the method's rule makes, see `trackers/adopt.py`; None where
            it has no rule, or one that writes tracks itself.
        whole_sequences: Whether its own rule runs it on whole sequences. Otherwise it has a tracker
            that is stepped through frames.
    """

    title: str
    source: str
    inputs: tuple[str, ...] = ()
    inputs_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)
    timed: bool = True
    declared: Mapping[str, Option] = field(default_factory=dict)
    format: str | None = None
    whole_sequences: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """The default of each option, REQUIRED where it must be given."""
        return {name: each.default for name, each in self.declared.items()}

    def with_options(self, options: Mapping[str, Any]) -> Method:
        """Return the method with the inputs that these options ask for beside its own."""
        asking = [name for name in self.inputs_with if options.get(name) is not None]
        more = [each for name in asking for each in self.inputs_with[name]]
        title = f"{self.title} with {' and '.join(asking)}" if asking else self.title
        return replace(self, title=title, inputs=tuple(dict.fromkeys([*self.inputs, *more])))

    def nested_methods(self, options: Mapping[str, Any]) -> list[str]:
        """Return the methods that these options name, whose code runs within this one."""
        named = [options.get(name, self.options[name]) for name in self.methods]
        return [name for name in named if isinstance(name, str)]


def load_tracker(method: str, options: Mapping[str, Any]) -> Tracker:
    """Return a new tracker.

    Raises:
        ValueError: Unknown method, an option that is unknown, missing or has a wrong value. The
            method takes whole sequences.
    """
    check_options(method, options)
    if not has_tracker(method):
        raise ValueError(
            f"method {method} takes whole sequences, by methods/{method}/rule.smk: make its tracks "
            "by the workflow"
        )
    module = importlib.import_module(f"trackers.methods.{method}.tracker")
    kind = options_class(_METHODS / method)
    tracker: Tracker = (
        module.build(make_options(kind, options)) if kind else module.build(**options)
    )
    return tracker


def has_tracker(method: str) -> bool:
    """Whether a method has a tracker that is stepped through frames."""
    return not load_method(method).whole_sequences


def load_method(method: str) -> Method:
    """Return what trackers/methods/<method>/method.yaml says, and the options it declares.

    Raises:
        ValueError: There is no such method, or its method.yaml is not as it should be.
    """
    if method not in _list_methods():
        raise ValueError(f"method {method!r} is unknown: expected one of {_list_methods()}")
    path = _METHODS / method / "method.yaml"
    content = read_yaml(path)
    whole = isinstance(content, dict) and content.get("whole_sequences", False)
    allowed = _ALLOWED | _OF_WHOLE_SEQUENCES if whole else _ALLOWED
    if not isinstance(content, dict) or not _KEYS <= content.keys() <= _KEYS | allowed:
        keys = sorted(content) if isinstance(content, dict) else content
        raise ValueError(f"{path}: {keys} found, expected {sorted(_KEYS)} and of {sorted(allowed)}")
    _check_files(path, whole)
    options = declared_options(path.parent, content)
    content = {key: value for key, value in content.items() if key not in IN_YAML}
    for key in ("inputs", "files", "engines"):
        names = INPUTS if key == "inputs" else set(options)
        content[key] = _listed(f"{path}: {key}", content.get(key, []), names)
    nested = content.get("methods", {})
    if not isinstance(nested, dict) or not {*nested, *nested.values()} <= set(options):
        raise ValueError(f"{path}: methods: {nested} found, expected pairs of {sorted(options)}")
    content["inputs_with"] = _inputs_with(path, content.get("inputs_with", {}), options)
    return Method(**content, declared=options)


def check_options(method: str, options: Any, place: str | None = None) -> None:
    """Raise ValueError if a method does not take these options, or another that they name.

    Args:
        place: Where the options stand, for the message.
    """
    known, place = load_method(method), place or f"method {method}: options"
    check_values(place, options, known.declared)
    for name, nested in known.methods.items():
        other = options.get(name, known.options[name])
        if other is not None:
            _check_nested(f"{place}.{name}", other)
            check_options(other, options.get(nested) or {}, f"{place}.{nested}")


def _check_nested(place: str, method: str) -> None:
    """Raise ValueError if a method that an option names has no tracker that is stepped."""
    if method not in _list_methods():
        raise ValueError(f"{place}: {method!r} found, expected one of {_list_methods()}")
    if not has_tracker(method):
        raise ValueError(
            f"{place}: {method!r} found, which takes whole sequences: expected a method that is "
            "stepped through frames"
        )


def _list_methods() -> list[str]:
    return sorted(path.parent.name for path in _METHODS.glob("*/method.yaml"))


def fill_path(template: str, root: Path | str | None, sequence: str) -> Path:
    """Return the path a `files` option names for one sequence."""
    return Path(template.replace("{root}", str(root or "")).replace("{sequence}", sequence))


def _listed(place: str, found: Any, names: Collection[str]) -> tuple[str, ...]:
    """Return a list in method.yaml; ValueError if it is none or has other than `names`."""
    if not isinstance(found, list) or not set(found) <= set(names):
        raise ValueError(f"{place}: {found} found, expected a list of {sorted(names)}")
    return tuple(found)


def _inputs_with(path: Path, found: Any, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the inputs that options ask for; ValueError if they are not as they should be."""
    if not isinstance(found, dict) or not set(found) <= set(names):
        raise ValueError(
            f"{path}: inputs_with: {found} found, expected some of {sorted(names)}, a list each"
        )
    return {
        name: _listed(f"{path}: inputs_with: {name}", asked, INPUTS)
        for name, asked in found.items()
    }


def _check_files(path: Path, whole: Any) -> None:
    """Raise ValueError if what runs a method contradicts the files beside its method.yaml."""
    if not isinstance(whole, bool):
        raise ValueError(f"{path}: whole_sequences: {whole!r} found, expected true or false")
    stepped, ruled = (path.with_name(name).is_file() for name in ("tracker.py", "rule.smk"))
    if whole and (stepped or not ruled):
        found = "tracker.py" if stepped else "no rule.smk"
        raise ValueError(
            f"{path}: whole_sequences: true and {found} found, expected rule.smk and no tracker.py"
        )
    if not whole and not stepped:
        raise ValueError(
            f"{path.parent}: no tracker.py found, expected it beside method.yaml, or "
            "`whole_sequences: true` in there and rule.smk"
        )
