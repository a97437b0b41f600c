"""Build a TensorRT engine for this GPU from an ONNX file, with a JSON file that describes it.

Networks are strongly typed: an engine computes in the types of the ONNX file.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datasets.io.files import read_json, replacing, sha256, write_json
from datasets.io.progress import Progress
from trackers.engines.tensorrt_library import (
    describe_platform,
    load_tensorrt,
    strongly_typed_flags,
)

_GIB = 1 << 30
_MAX_LEVEL = 5
_TIMING_CACHE = "timing.cache"


@dataclass(frozen=True)
class AxisRange:
    """Lengths of a dynamic axis in an optimization profile.

    Args:
        min: Minimum length that the engine accepts.
        opt: Length that the engine is optimized for.
        max: Maximum length that the engine accepts.
    """

    min: int
    opt: int
    max: int

    def __post_init__(self) -> None:
        if not 1 <= self.min <= self.opt <= self.max:
            raise ValueError(f"profile: expected 1 <= min <= opt <= max, found {self}")


def parse_range(text: str) -> AxisRange:
    """Return the range that `minimum:optimum:maximum` describes."""
    minimum, optimum, maximum = map(int, text.split(":"))
    return AxisRange(minimum, optimum, maximum)


Profile = Mapping[str, AxisRange]  # lengths by the name of the dynamic axis
Shapes = Mapping[str, list[list[int]]]  # min, opt and max shape of each input with dynamic axes


@dataclass(frozen=True)
class BuildFlags:
    """Flags of a build.

    Args:
        optimization_level: Builder optimization level, 0 to 5; higher levels try more kernels.
        workspace_gib: GPU memory that kernels may use beside inputs and outputs, in GiB; None for
            all of it.
        tf32: Whether products of float32 may be computed in TF32, with 10 bits of mantissa.
    """

    optimization_level: int = 3
    workspace_gib: float | None = None
    tf32: bool = False


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command line flags of a build, see `BuildFlags`."""
    parser.add_argument(
        "--optimization-level",
        type=_level,
        default=BuildFlags.optimization_level,
        help="builder optimization level, 0 to 5: higher levels try more kernels",
    )
    parser.add_argument(
        "--workspace-gib",
        type=_size,
        default=BuildFlags.workspace_gib,
        help="GPU memory that kernels may use, in GiB; by default all of it",
    )


def _level(text: str) -> int:
    if text not in map(str, range(_MAX_LEVEL + 1)):
        raise argparse.ArgumentTypeError(f"expected 0 to {_MAX_LEVEL}, found {text!r}")
    return int(text)


def _size(text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not 0 < size < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, found {text!r}")
    return size


def build_flags(args: argparse.Namespace) -> BuildFlags:
    """Return the flags of a build from parsed arguments."""
    return BuildFlags(args.optimization_level, args.workspace_gib)


def build_engine(onnx: Path, output: Path, profiles: Sequence[Profile], flags: BuildFlags) -> None:
    """Write an engine for this machine; nothing else may run on its GPU meanwhile.

    The measured times of kernels are kept beside it and shared by the engines of its folder.

    Args:
        onnx: The ONNX file, with its JSON file beside it.
        output: Path of the `.engine` file; its JSON file has the same name with `.json` appended.
        profiles: Lengths of the dynamic axes; each profile has its own kernels.

    Raises:
        RuntimeError: TensorRT is not installed or fails, or there is no GPU.
        ValueError: A profile lacks an axis, or TensorRT cannot parse the ONNX file.
    """
    library = load_tensorrt()
    platform = describe_platform(library)
    source = read_json(onnx.with_name(onnx.name + ".json"))
    shapes = [profile_shapes(onnx, source["inputs"], profile) for profile in profiles]
    plan = compile_network(library, onnx, shapes, flags, output.with_name(_TIMING_CACHE))
    with replacing(output) as part:
        part.write_bytes(plan)
    facts = {
        "sha256": sha256(output),
        "onnx_sha256": sha256(onnx),
        **platform,
        "precision": source["precision"],
        "flags": asdict(flags),
        "profiles": shapes,
        "inputs": source["inputs"],
        "metadata": source.get("metadata", {}),
    }
    write_json(output.with_name(output.name + ".json"), facts)


def compile_network(
    library: Any,
    onnx: Path,
    profiles: Sequence[Shapes],
    flags: BuildFlags,
    timing_cache: Path,
    logger: Any = None,
) -> bytes:
    """Return an engine as bytes.

    Args:
        library: The module of TensorRT.
        onnx: The ONNX file.
        profiles: Shapes by input, see `profile_shapes`.
        timing_cache: Measured times of kernels; read if the file exists, and written.
        logger: Receives all messages of the library, the details of every kernel included; by
            default, warnings are printed.

    Raises:
        RuntimeError: TensorRT finds no engine.
        ValueError: TensorRT cannot parse the ONNX file, or rejects a profile.
    """
    return _Build(library, onnx, flags, logger).run(profiles, timing_cache)


def profile_shapes(
    onnx: Path, inputs: Mapping[str, Any], profile: Profile
) -> dict[str, list[list[int]]]:
    """Return the minimum, optimum and maximum shape of each input with dynamic axes.

    Args:
        onnx: Path of the ONNX file, for the message.
        inputs: The inputs as described in the JSON of the ONNX file.
    """
    shapes = {}
    for name, layout in inputs.items():
        axes = [size for size in layout["shape"] if isinstance(size, str)]
        missing = sorted(set(axes) - profile.keys())
        if missing:
            raise ValueError(f"{onnx}: input {name}: the profile lacks the axes {missing}")
        if axes:
            shapes[name] = [
                [getattr(profile[n], end) if isinstance(n, str) else n for n in layout["shape"]]
                for end in ("min", "opt", "max")
            ]
    return shapes


class _Build:
    """One build: holds the objects of the library that must live until the build ends."""

    def __init__(self, library: Any, onnx: Path, flags: BuildFlags, logger: Any) -> None:
        self._library, self._onnx = library, onnx
        self._logger = logger or library.Logger(library.Logger.WARNING)
        self._builder = library.Builder(self._logger)
        self._network = self._builder.create_network(strongly_typed_flags(library))
        self._parser = library.OnnxParser(self._network, self._logger)
        self._config = self._builder.create_builder_config()
        self._config.builder_optimization_level = flags.optimization_level
        if flags.workspace_gib is not None:
            self._config.set_memory_pool_limit(
                library.MemoryPoolType.WORKSPACE, int(flags.workspace_gib * _GIB)
            )
        if logger:
            self._config.profiling_verbosity = library.ProfilingVerbosity.DETAILED
        if not flags.tf32:
            self._config.clear_flag(library.BuilderFlag.TF32)

    def run(self, profiles: Sequence[Shapes], timing_cache: Path) -> bytes:
        """Return the engine as bytes."""
        self._parse()
        for shapes in profiles:
            self._add_profile(shapes)
        self._read_timing_cache(timing_cache)
        bars = PhaseProgress(self._onnx.name)
        monitor = monitor_type(self._library)(bars)
        self._config.progress_monitor = monitor
        try:
            plan = self._builder.build_serialized_network(self._network, self._config)
        finally:
            bars.close()
        if plan is None:
            raise RuntimeError(f"{self._onnx}: TensorRT found no engine: see its log above")
        with replacing(timing_cache) as part:
            part.write_bytes(bytes(self._config.get_timing_cache().serialize()))
        return bytes(plan)

    def _parse(self) -> None:
        if self._parser.parse_from_file(str(self._onnx)):
            return
        errors = [str(self._parser.get_error(n)) for n in range(self._parser.num_errors)]
        raise ValueError(f"{self._onnx}: TensorRT cannot parse the network: {'; '.join(errors)}")

    def _add_profile(self, shapes: Shapes) -> None:
        profile = self._builder.create_optimization_profile()
        for name, (minimum, optimum, maximum) in shapes.items():
            profile.set_shape(name, minimum, optimum, maximum)
        if self._config.add_optimization_profile(profile) < 0:
            raise ValueError(f"{self._onnx}: TensorRT rejects the profile {dict(shapes)}")

    def _read_timing_cache(self, path: Path) -> None:
        """Load the timing cache; use an empty one if it is of another GPU or version."""
        cache = path.read_bytes() if path.is_file() else b""
        if not self._config.set_timing_cache(self._config.create_timing_cache(cache), False):
            self._config.set_timing_cache(self._config.create_timing_cache(b""), False)


class PhaseProgress:
    """Progress bars of a build, one per running phase, nested phases below."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bars: dict[str, Progress] = {}

    def start(self, phase: str, steps: int) -> None:
        self._bars[phase] = Progress(f"{self._title}: {phase}", "step", steps, kept=False)

    def step(self, phase: str) -> None:
        self._bars[phase].update()

    def finish(self, phase: str) -> None:
        self._bars.pop(phase).close()

    def close(self) -> None:
        for phase in list(self._bars):
            self.finish(phase)


def monitor_type(library: Any) -> Any:
    """Return a class of progress monitors; their base class exists only if TensorRT does."""

    def initialize(self: Any, bars: PhaseProgress) -> None:
        library.IProgressMonitor.__init__(self)
        self.bars = bars

    def phase_start(self: Any, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        del parent_phase  # bars of nested phases are below in any case
        self.bars.start(phase_name, num_steps)

    def step_complete(self: Any, phase_name: str, step: int) -> bool:
        del step
        self.bars.step(phase_name)
        return True

    def phase_finish(self: Any, phase_name: str) -> None:
        self.bars.finish(phase_name)

    methods = (phase_start, step_complete, phase_finish)
    named = {"__init__": initialize} | {method.__name__: method for method in methods}
    return type("Monitor", (library.IProgressMonitor,), named)
