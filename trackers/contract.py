"""The tracker contract, and how a method is found: in the folder trackers/methods/<method>/.

The folder holds method.yaml and one of two files: tracker.py, whose `build` returns a tracker that
is stepped through frames, or rule.smk, whose rule runs any program on a whole sequence. The options
of the method are declared in options.py, in the signature of `build`, or in method.yaml.
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
from trackers.engines.runner import cuda_ordinals
from trackers.options import Option, check_values, make_options
from trackers.profiling.gpu_check import require_gpu

_METHODS = Path(__file__).parent / "methods"
INPUTS = frozenset({"detections", "image", "prompts"})  # optional parts of a frame
_KEYS, _ALLOWED = (
    {"title", "source"},
    {"inputs", "inputs_with", "files", "engines", "methods", "timed", "whole_sequences"},
)  # keys of method.yaml
_OF_WHOLE_SEQUENCES = {*IN_YAML, "format"}  # further keys of a method that runs whole sequences


@dataclass(frozen=True)
class TrackerOutput:
    """The objects a tracker reports for one frame. It must not write to the arrays afterwards.

    All fields are NumPy arrays of an integer or real type; `trackers/output_check.py` rejects
    others.

    Args:
        track: (K,) unique track ids, integers from 0 to 2^53 - 1.
        box: (K, 4) left, top, right, bottom in pixels, finite, left <= right and top <= bottom.
        score: (K,) finite confidences.
        class_id: (K,) keys of `sequence.extent.classes`.
        mask: (K, height, width) bool or integers 0 and 1, or K run lengths; None from a box
            tracker, and allowed if there are no objects.
    """

    track: np.ndarray
    box: np.ndarray
    score: np.ndarray
    class_id: np.ndarray
    mask: np.ndarray | Masks | None = None


class Tracker(Protocol):
    """An online tracker: its output for a frame depends only on that frame and earlier ones."""

    def start(self, sequence: Sequence) -> None:
        """Reset all state and prepare for `sequence`. Not timed."""

    def step(self, frame: Frame) -> TrackerOutput:
        """Return the output for `frame`; called for every frame, in order. Timed."""


@dataclass(frozen=True)
class Method:
    """A method as its method.yaml describes it.

    Args:
        title: Display name of the method.
        source: Paper or project.
        inputs: Parts of a frame that the tracker needs: `image`, `detections`, `prompts`. A method
            that needs images or detections cannot run on a sequence without them; prompts may also
            come from an option.
        inputs_with: Further inputs if an option is set, such as `{embedding: [image]}`. See
            `with_options`.
        files: Options whose value is a path; `{root}` and `{sequence}` in it are filled in.
        engines: Options whose value is a folder of networks that rules of the workflow make.
        methods: Options whose value is a nested method, whose code runs too; each with the name of
            the option that holds the nested method's options.
        timed: False if the time of a step is meaningless, as for imported results.
        declared: Options of the method, with their types and defaults.
        format: Format of the result file that the method's rule makes, see `trackers/adopt.py`;
            None for a method without a rule or with a rule that writes tracks itself.
        whole_sequences: Whether the method's own rule runs it on whole sequences. Otherwise the
            method has a tracker that is stepped through frames.
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
        """The default of each option; REQUIRED for an option without a default."""
        return {name: each.default for name, each in self.declared.items()}

    def with_options(self, options: Mapping[str, Any]) -> Method:
        """Return the method with the further inputs that these options need."""
        names = [name for name in self.inputs_with if options.get(name) is not None]
        further = [each for name in names for each in self.inputs_with[name]]
        title = f"{self.title} with {' and '.join(names)}" if names else self.title
        return replace(self, title=title, inputs=tuple(dict.fromkeys([*self.inputs, *further])))

    def nested_methods(self, options: Mapping[str, Any]) -> list[str]:
        """Return the methods that these options name and that run within this one."""
        named = [options.get(name, self.options[name]) for name in self.methods]
        return [name for name in named if isinstance(name, str)]


def load_tracker(method: str, options: Mapping[str, Any]) -> Tracker:
    """Return a new tracker.

    Raises:
        ValueError: The method is unknown or takes whole sequences, or an option is unknown, missing
            or has an invalid value.
        RuntimeError: An option names a CUDA device that is not there.
    """
    check_options(method, options)
    for ordinal in cuda_ordinals(options):
        require_gpu(ordinal)
    if not has_tracker(method):
        raise ValueError(
            f"method {method} takes whole sequences, by methods/{method}/rule.smk: use the "
            "workflow to make its tracks"
        )
    module = importlib.import_module(f"trackers.methods.{method}.tracker")
    kind = options_class(_METHODS / method)
    tracker: Tracker = (
        module.build(make_options(kind, options)) if kind else module.build(**options)
    )
    return tracker


def options_of(method: str, values: Mapping[str, Any]) -> Any:
    """Return the options of a method that declares them in options.py, from checked values.

    Raises:
        ValueError: The method has no options.py.
    """
    kind = options_class(_METHODS / method)
    if kind is None:
        raise ValueError(f"method {method}: expected its options in options.py, found no such file")
    return make_options(kind, values)


def has_tracker(method: str) -> bool:
    """Return whether a method has a tracker that is stepped through frames."""
    return not load_method(method).whole_sequences


def load_method(method: str) -> Method:
    """Return the method that trackers/methods/<method>/method.yaml describes, with its options.

    Raises:
        ValueError: The method is unknown, or its method.yaml is invalid.
    """
    if method not in _list_methods():
        raise ValueError(f"method: expected one of {_list_methods()}, found {method!r}")
    path = _METHODS / method / "method.yaml"
    content = read_yaml(path)
    whole = isinstance(content, dict) and content.get("whole_sequences", False)
    allowed = _ALLOWED | _OF_WHOLE_SEQUENCES if whole else _ALLOWED
    if not isinstance(content, dict) or not _KEYS <= content.keys() <= _KEYS | allowed:
        keys = sorted(content) if isinstance(content, dict) else content
        raise ValueError(
            f"{path}: expected the keys {sorted(_KEYS)} and optionally {sorted(allowed)}, found "
            f"{keys}"
        )
    _check_files(path, whole)
    options = declared_options(path.parent, content)
    content = {key: value for key, value in content.items() if key not in IN_YAML}
    for key in ("inputs", "files", "engines"):
        names = INPUTS if key == "inputs" else set(options)
        content[key] = _listed(f"{path}: {key}", content.get(key, []), names)
    nested = content.get("methods", {})
    if not isinstance(nested, dict) or not {*nested, *nested.values()} <= set(options):
        raise ValueError(f"{path}: methods: expected pairs of {sorted(options)}, found {nested}")
    content["inputs_with"] = _inputs_with(path, content.get("inputs_with", {}), options)
    return Method(**content, declared=options)


def check_options(method: str, options: Any, place: str | None = None) -> None:
    """Raise ValueError if a method, or a nested method, does not accept its options.

    Args:
        place: Location of the options, for the message.
    """
    known, place = load_method(method), place or f"method {method}: options"
    check_values(place, options, known.declared)
    for name, nested in known.methods.items():
        nested_method = options.get(name, known.options[name])
        if nested_method is not None:
            _check_nested(f"{place}.{name}", nested_method)
            check_options(nested_method, options.get(nested) or {}, f"{place}.{nested}")


def _check_nested(place: str, method: str) -> None:
    """Raise ValueError if a nested method has no tracker that is stepped through frames."""
    if method not in _list_methods():
        raise ValueError(f"{place}: expected one of {_list_methods()}, found {method!r}")
    if not has_tracker(method):
        raise ValueError(
            f"{place}: expected a method that is stepped through frames, found {method!r}, which "
            "takes whole sequences"
        )


def _list_methods() -> list[str]:
    return sorted(path.parent.name for path in _METHODS.glob("*/method.yaml"))


def fill_path(template: str, root: Path | str | None, sequence: str) -> Path:
    """Return the path that a `files` option names for one sequence."""
    return Path(template.replace("{root}", str(root or "")).replace("{sequence}", sequence))


def _listed(place: str, found: Any, names: Collection[str]) -> tuple[str, ...]:
    """Return a list of method.yaml; ValueError if it is no list or has entries not in `names`."""
    if not isinstance(found, list) or not set(found) <= set(names):
        raise ValueError(f"{place}: expected a list of {sorted(names)}, found {found}")
    return tuple(found)


def _inputs_with(path: Path, found: Any, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the further inputs by option; ValueError if `found` is no mapping of lists."""
    if not isinstance(found, dict) or not set(found) <= set(names):
        raise ValueError(
            f"{path}: inputs_with: expected a list for some of {sorted(names)}, found {found}"
        )
    return {
        name: _listed(f"{path}: inputs_with: {name}", inputs, INPUTS)
        for name, inputs in found.items()
    }


def _check_files(path: Path, whole: Any) -> None:
    """Raise ValueError if `whole_sequences` contradicts the files beside method.yaml."""
    if not isinstance(whole, bool):
        raise ValueError(f"{path}: whole_sequences: expected true or false, found {whole!r}")
    stepped, ruled = (path.with_name(name).is_file() for name in ("tracker.py", "rule.smk"))
    if whole and (stepped or not ruled):
        found = "tracker.py" if stepped else "no rule.smk"
        raise ValueError(
            f"{path}: whole_sequences: true: expected rule.smk and no tracker.py, found {found}"
        )
    if not whole and not stepped:
        raise ValueError(
            f"{path.parent}: expected tracker.py beside method.yaml, or rule.smk and "
            "`whole_sequences: true` in method.yaml, found neither"
        )
