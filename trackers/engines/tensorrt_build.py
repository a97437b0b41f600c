"""Build: an ONNX file → a TensorRT engine for this GPU, and what it is, as JSON, beside it.

Networks are strongly typed: an engine computes in the types that the ONNX file says. In TensorRT 10
that is asked for; in 11 there is nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datasets.io.files import read_json, replacing, sha256, write_json
from datasets.io.progress import Progress
from trackers.engines.tensorrt_library import load_tensorrt, major_version, describe_platform

_GIB = 1 << 30
_ASKED_FOR = 10  # the major version in which strong types are asked for


@dataclass(frozen=True)
class Range:
    """Lengths of a dynamic axis: those an engine takes, and the one it is made for."""

    least: int
    best: int
    most: int

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.best <= self.most:
            raise ValueError(f"{self}: expected 1 <= least <= best <= most")


Profile = Mapping[str, Range]  # by the name of the axis


@dataclass(frozen=True)
class Flags:
    """How hard an engine is looked for.

    Args:
        level: 0 to 5; more kernels are tried.
        workspace_gib: Memory of the GPU that kernels may use beside inputs and outputs.
        tf32: Whether products of float32 may be rounded to 10 bits.
    """

    level: int = 3
    workspace_gib: float = 8
    tf32: bool = False


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Let a program take `Flags`."""
    parser.add_argument("--level", type=int, default=Flags.level)
    parser.add_argument("--workspace-gib", type=float, default=Flags.workspace_gib)


def flags_of(args: argparse.Namespace) -> Flags:
    """Return what a program was given of those."""
    return Flags(args.level, args.workspace_gib)


def build_engine(
    onnx: Path, output: Path, profiles: Sequence[Profile], flags: Flags, timing_cache: Path
) -> None:
    """Write an engine for this machine; nothing else may run on its GPU meanwhile.

    Args:
        onnx: With its JSON beside it.
        output: `.engine`; its JSON is beside it, with `.json` behind its name.
        profiles: The lengths of the dynamic axes; each profile has kernels of its own.
        timing_cache: Measured times of kernels, read where it is there, and written.

    Raises:
        RuntimeError: TensorRT is not installed or fails, or there is no GPU.
        ValueError: A profile lacks an axis, or the file is not ONNX that TensorRT knows.
    """
    library = load_tensorrt()
    place = describe_platform(library)
    source = read_json(onnx.with_name(onnx.name + ".json"))
    shapes = [profile_shapes(onnx, source["inputs"], profile) for profile in profiles]
    plan = _Build(library, onnx, flags).run(shapes, timing_cache)
    with replacing(output) as part:
        part.write_bytes(plan)
    facts = {
        "sha256": sha256(output),
        "onnx_sha256": sha256(onnx),
        **place,
        "precision": source["precision"],
        "flags": asdict(flags),
        "profiles": shapes,
    }
    write_json(output.with_name(output.name + ".json"), facts)


def profile_shapes(
    onnx: Path, inputs: Mapping[str, Any], profile: Profile
) -> dict[str, list[list[int]]]:
    """Return for each input that has dynamic axes its least, best and largest shape.

    Args:
        onnx: For the message.
        inputs: As the JSON of an ONNX file tells of them.
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
                for end in ("least", "best", "most")
            ]
    return shapes


class _Build:
    """One build: the objects of the library that have to live as long as it runs."""

    def __init__(self, library: Any, onnx: Path, flags: Flags) -> None:
        self._library, self._onnx = library, onnx
        self._logger = library.Logger(library.Logger.WARNING)
        self._builder = library.Builder(self._logger)
        self._network = self._builder.create_network(_network_flags(library))
        self._parser = library.OnnxParser(self._network, self._logger)
        self._config = self._builder.create_builder_config()
        self._config.builder_optimization_level = flags.level
        self._config.set_memory_pool_limit(
            library.MemoryPoolType.WORKSPACE, int(flags.workspace_gib * _GIB)
        )
        if not flags.tf32:
            self._config.clear_flag(library.BuilderFlag.TF32)

    def run(self, profiles: Sequence[Mapping[str, list[list[int]]]], timing_cache: Path) -> bytes:
        """Return the engine as bytes."""
        self._parse()
        for shapes in profiles:
            self._add(shapes)
        self._read_times(timing_cache)
        bars = PhaseProgress(self._onnx.name)
        monitor = monitor_type(self._library)(bars)
        self._config.progress_monitor = monitor
        try:
            plan = self._builder.build_serialized_network(self._network, self._config)
        finally:
            bars.close()
        if plan is None:
            raise RuntimeError(f"{self._onnx}: TensorRT found no engine: see what it logged")
        with replacing(timing_cache) as part:
            part.write_bytes(bytes(self._config.get_timing_cache().serialize()))
        return bytes(plan)

    def _parse(self) -> None:
        if self._parser.parse_from_file(str(self._onnx)):
            return
        told = [str(self._parser.get_error(n)) for n in range(self._parser.num_errors)]
        raise ValueError(f"{self._onnx}: no network that TensorRT knows: {'; '.join(told)}")

    def _add(self, shapes: Mapping[str, list[list[int]]]) -> None:
        profile = self._builder.create_optimization_profile()
        for name, (least, best, most) in shapes.items():
            profile.set_shape(name, least, best, most)
        if self._config.add_optimization_profile(profile) < 0:
            raise ValueError(f"{self._onnx}: TensorRT refuses the profile {dict(shapes)}")

    def _read_times(self, path: Path) -> None:
        """Take the times measured before; none where they are of another GPU or version."""
        known = path.read_bytes() if path.is_file() else b""
        if not self._config.set_timing_cache(self._config.create_timing_cache(known), False):
            self._config.set_timing_cache(self._config.create_timing_cache(b""), False)


def _network_flags(library: Any) -> int:
    if major_version(library) > _ASKED_FOR:
        return 0
    return 1 << int(library.NetworkDefinitionCreationFlag.STRONGLY_TYPED)


class PhaseProgress:
    """Progress of a build: of each phase that runs, those within it below."""

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
    """Return a progress monitor as TensorRT calls it; its class is known only where TensorRT is."""

    def begin(self: Any, bars: PhaseProgress) -> None:
        library.IProgressMonitor.__init__(self)
        self.bars = bars

    def phase_start(self: Any, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        del parent_phase  # bars of an inner phase stand below anyway
        self.bars.start(phase_name, num_steps)

    def step_complete(self: Any, phase_name: str, step: int) -> bool:
        del step
        self.bars.step(phase_name)
        return True

    def phase_finish(self: Any, phase_name: str) -> None:
        self.bars.finish(phase_name)

    methods = (phase_start, step_complete, phase_finish)
    named = {"__init__": begin} | {method.__name__: method for method in methods}
    return type("Monitor", (library.IProgressMonitor,), named)
