"""Frames passed through a tracker with a clock beside it."""

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
from trackers.prefetch import ahead
from trackers.profiling.gpu import DeviceClock, Gpu, wait_for_gpu
from trackers.profiling.machine import resident_memory
from trackers.profiling.stages import Record, recording

_STABLE = 0.05  # a warm pass is no faster than the one before it by more than this share
_MOST_WARM_UPS = 10  # passes of the warm-up, however much faster each still is


@dataclass(frozen=True)
class Pass:
    """One pass over the frames, from a new start; each list has an entry a frame.

    Args:
        step_ns: Nanoseconds of the step, the work it left to a GPU included.
        encode_ns: Nanoseconds that the masks of the answer took to become run lengths.
        answers: With run lengths for masks.
        memory: Bytes that are resident for this process after the step.
        gpu_memory: Bytes that it holds on a GPU, None where there is none.
        device_ns: Nanoseconds of the step by the GPU's own clock, likewise.
    """

    step_ns: list[int] = field(default_factory=list)
    encode_ns: list[int] = field(default_factory=list)
    answers: list[TrackerOutput] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    gpu_memory: list[int | None] = field(default_factory=list)
    device_ns: list[int | None] = field(default_factory=list)


@dataclass(frozen=True)
class WarmUp:
    """The steps before the timed ones.

    Args:
        passes: Nanoseconds of each step of each pass.
        stable: Whether the last pass was about as fast as the one before it.
    """

    passes: list[list[int]]
    stable: bool


def decode(feed: Iterable[Frame], most: int) -> tuple[list[Frame], list[int]]:
    """Return the first frames, at most so many, and the nanoseconds that each took to come."""
    frames, decode_ns = [], []
    begin = perf_counter_ns()
    for frame in islice(feed, most):
        decode_ns.append(perf_counter_ns() - begin)
        frames.append(frame)
        begin = perf_counter_ns()
    return frames, decode_ns


def warm_up(
    tracker: Tracker, sequence: Sequence, frames: list[Frame], check: OutputCheck
) -> WarmUp:
    """Pass the frames again and again until that becomes no faster, twice at least."""
    passes: list[list[int]] = []
    while len(passes) < _MOST_WARM_UPS:
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
    """Return the times and answers of one pass.

    Args:
        check: Of each answer, outside the clock.
        between: Called after each step, outside the clock.
    """
    tracker.start(sequence)
    gc.collect()
    found, device = Pass(), DeviceClock()
    for frame in frames:
        wait_for_gpu()
        device.start()
        begin = perf_counter_ns()
        answer = tracker.step(frame)
        wait_for_gpu()
        stepped = perf_counter_ns()
        check.check(frame.index, answer)
        checked = perf_counter_ns()
        found.answers.append(pack(answer))
        found.encode_ns.append(perf_counter_ns() - checked)
        found.step_ns.append(stepped - begin)
        found.device_ns.append(device.stop())
        found.memory.append(resident_memory())
        found.gpu_memory.append(gpu.memory() if gpu else None)
        between()
    return found


def record_stages(
    tracker: Tracker, sequence: Sequence, feed: Iterator[Frame], check: OutputCheck, most: int
) -> tuple[list[int], list[dict[str, int]]]:
    """Return the nanoseconds of each frame from its decoding on, and those of its stages.

    The stages are `decode`, those of the step, and `pack`, which makes run lengths, one after the
    other on one thread.
    """
    tracker.start(sequence)
    gc.collect()
    whole, stages = [], []
    for _ in range(most):
        record = Record(wait_for_gpu)
        wait_for_gpu()
        begin = perf_counter_ns()
        with record.within("decode"):
            frame = next(feed, None)
        if frame is None:
            break
        with recording(record):
            answer = tracker.step(frame)
        stepped = perf_counter_ns()
        check.check(frame.index, answer)  # in no stage, nor in the whole
        checked = perf_counter_ns()
        with record.within("pack"):
            pack(answer)
        whole.append(perf_counter_ns() - checked + stepped - begin)
        stages.append(record.spent)
    return whole, stages


def time_throughput(
    tracker: Tracker, sequence: Sequence, feed: Iterator[Frame], check: OutputCheck, most: int
) -> tuple[int, list[TrackerOutput]]:
    """Return the nanoseconds from the first frame's decoding to the last answer, and the answers.

    Frames are decoded ahead while others are stepped; masks become run lengths. Answers are checked
    when the time has been taken.
    """
    tracker.start(sequence)
    gc.collect()
    begin = perf_counter_ns()
    answers = [pack(tracker.step(frame)) for frame in ahead(islice(feed, most))]
    wait_for_gpu()
    wall = perf_counter_ns() - begin
    for index, answer in enumerate(answers):
        check.check(index, answer)
    return wall, answers
