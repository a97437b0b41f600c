"""Timed passes of a tracker over frames: warm-up, single steps, stages, throughput."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from time import perf_counter_ns

from datasets.types import Frame, Sequence
from trackers.contract import Tracker, TrackerOutput
from trackers.feed import pack
from trackers.output_check import OutputCheck
from trackers.prefetch import prefetch
from trackers.profiling.gpu import DeviceClock, Gpu, wait_for_gpu
from trackers.profiling.machine import resident_memory
from trackers.profiling.stages import StageTimes, recording

_STABLE = 0.05  # a tracker is warm when a pass is faster than the last by at most this fraction
_MAX_WARM_UP_PASSES = 10  # even if each pass is still faster than the last


@dataclass(frozen=True)
class Pass:
    """One pass over the frames of a freshly started tracker; each list has one entry per frame.

    Args:
        step_ns: Nanoseconds of the step, including the work it queued on a GPU.
        encode_ns: Nanoseconds for encoding the masks of the output as run lengths.
        outputs: Tracker outputs, with masks as run lengths.
        memory: Resident memory of this process after the step, in bytes.
        gpu_memory: GPU memory of this process after the step, in bytes; None without a GPU.
        device_ns: Nanoseconds of the step by the GPU's own clock; None without a GPU.
    """

    step_ns: list[int] = field(default_factory=list)
    encode_ns: list[int] = field(default_factory=list)
    outputs: list[TrackerOutput] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    gpu_memory: list[int | None] = field(default_factory=list)
    device_ns: list[int | None] = field(default_factory=list)


@dataclass(frozen=True)
class WarmUp:
    """The warm-up before the timed passes.

    Args:
        passes: Nanoseconds of each step, one list per pass.
        stable: Whether the last pass was about as fast as the one before it.
    """

    passes: list[list[int]]
    stable: bool


def decode(feed: Iterable[Frame], max_frames: int) -> tuple[list[Frame], list[int]]:
    """Return the first frames, at most `max_frames`, and the nanoseconds each took to decode."""
    frames, decode_ns = [], []
    begin = perf_counter_ns()
    for frame in islice(feed, max_frames):
        decode_ns.append(perf_counter_ns() - begin)
        frames.append(frame)
        begin = perf_counter_ns()
    return frames, decode_ns


def warm_up(
    tracker: Tracker, sequence: Sequence, frames: list[Frame], check: OutputCheck
) -> WarmUp:
    """Repeat passes over the frames until they become no faster, at least two."""
    passes: list[list[int]] = []
    while len(passes) < _MAX_WARM_UP_PASSES:
        passes.append(time_steps(tracker, sequence, frames, check).step_ns)
        if len(passes) > 1 and median(passes[-1]) > (1 - _STABLE) * median(passes[-2]):
            return WarmUp(passes, stable=True)
    return WarmUp(passes, stable=False)


def time_steps(
    tracker: Tracker,
    sequence: Sequence,
    frames: list[Frame],
    check: OutputCheck,
    gpu: Gpu | None = None,
    between: Callable[[], None] = lambda: None,
) -> Pass:
    """Return the times and outputs of one pass.

    Args:
        check: Applied to each output, outside the clock.
        between: Function called after each step, outside the clock.
    """
    tracker.start(sequence)
    gc.collect()
    timed, device = Pass(), DeviceClock()
    for frame in frames:
        wait_for_gpu()
        device.start()
        begin = perf_counter_ns()
        output = tracker.step(frame)
        device.stop()
        wait_for_gpu()
        stepped = perf_counter_ns()
        check.check(frame.index, output)
        checked = perf_counter_ns()
        timed.outputs.append(pack(output))
        timed.encode_ns.append(perf_counter_ns() - checked)
        timed.step_ns.append(stepped - begin)
        timed.device_ns.append(device.elapsed())
        timed.memory.append(resident_memory())
        timed.gpu_memory.append(gpu.memory() if gpu else None)
        between()
    return timed


def record_stages(
    tracker: Tracker, sequence: Sequence, feed: Iterator[Frame], check: OutputCheck, max_frames: int
) -> tuple[list[int], list[dict[str, int]]]:
    """Return the end-to-end nanoseconds of each frame, and those of each of its stages.

    The stages run one after the other on one thread: `decode`, those of the step, and `pack`, which
    encodes the masks as run lengths.
    """
    tracker.start(sequence)
    gc.collect()
    whole, stages = [], []
    for _ in range(max_frames):
        record = StageTimes(wait_for_gpu)
        wait_for_gpu()
        begin = perf_counter_ns()
        with record.within("decode"):
            frame = next(feed, None)
        if frame is None:
            break
        with recording(record):
            output = tracker.step(frame)
        stepped = perf_counter_ns()
        check.check(frame.index, output)  # part of no stage and not of the end-to-end time
        checked = perf_counter_ns()
        with record.within("pack"):
            pack(output)
        whole.append(perf_counter_ns() - checked + stepped - begin)
        stages.append(record.spent)
    return whole, stages


def time_throughput(
    tracker: Tracker, sequence: Sequence, feed: Iterator[Frame], check: OutputCheck, max_frames: int
) -> tuple[int, list[TrackerOutput]]:
    """Return the nanoseconds from decoding the first frame to the last output, and the outputs.

    Frames are prefetched on a thread; masks are encoded as run lengths. The outputs are checked
    after the clock has stopped.
    """
    tracker.start(sequence)
    gc.collect()
    begin = perf_counter_ns()
    outputs = [pack(tracker.step(frame)) for frame in prefetch(islice(feed, max_frames))]
    wait_for_gpu()
    wall = perf_counter_ns() - begin
    for index, output in enumerate(outputs):
        check.check(index, output)
    return wall, outputs
