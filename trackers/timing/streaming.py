"""Simulate a live camera: frames that arrive while the tracker is busy are dropped.

    python -m trackers.timing.streaming --method sort --rate 25 --output tracks.parquet
        --sequence data/synthetic/crowd/sequence.json --timing streaming.json

Frame i arrives at i / rate seconds. An idle tracker processes the newest frame that has arrived, or
waits for the next. Frames in between are dropped and get the output of the last processed frame
before them. A processed frame keeps its own output, however late: a tracker that is fast enough
gives the same tracks as `trackers.run`. Prompts of a dropped frame are passed on with the next
processed frame.

Time is simulated: it advances by the duration of each step, measured as in `trackers.timing.clock`,
and waiting takes no real time. Decoding is not timed. The warm-up runs first.

Source: Li et al., Towards Streaming Perception, ECCV 2020, arXiv 2005.10420, which compares with
the ground truth at the time the output is available; Kristan et al., VOT 2017, whose real-time rule
also repeats the last output.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.sequences.prompts import joined
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Frame, Tracks
from trackers.contract import Tracker, TrackerOutput, load_method, load_tracker
from trackers.engines.runner import measured_ordinal
from trackers.feed import Collector, pack, read_feed
from trackers.output_check import OutputCheck
from trackers.prefetch import prefetch
from trackers.profiling import system_load
from trackers.profiling.gpu import wait_for_gpu
from trackers.profiling.machine import describe_machine
from trackers.run_record import Job, add_flags, begin_record, write_result
from trackers.timing.timed_passes import warm_up

_SECOND = 1_000_000_000


@dataclass(frozen=True)
class StreamResult:
    """The output of a tracker on a stream.

    Args:
        outputs: Output for each frame: that of the last processed frame.
        processed: (T,) bool, False for dropped frames.
        step_ns: Nanoseconds of each step, in order.
    """

    outputs: list[TrackerOutput]
    processed: np.ndarray
    step_ns: list[int]


def stream(
    tracker: Tracker,
    frames: Iterable[Frame],
    check: OutputCheck,
    rate: float,
    now: Callable[[], int] = perf_counter_ns,
) -> StreamResult:
    """Step a started tracker through frames that arrive at `rate` frames per second.

    Args:
        check: Applied to each output, outside the clock.
        now: Function that returns the nanoseconds of a clock.
    """
    outputs: list[TrackerOutput] = []
    processed, step_ns = [], []
    idle_from = 0.0  # nanoseconds since the arrival of the first frame
    pending: list[Tracks] = []  # prompts that the tracker has not received yet
    for frame in frames:
        if frame.prompts is not None:
            pending.append(frame.prompts)
        next_arrival = (frame.index + 1) * _SECOND / rate
        processed.append(idle_from < next_arrival)
        if not processed[-1]:
            outputs.append(outputs[-1])
            continue
        prompted = replace(frame, prompts=_join_prompts(pending, frame.index))
        pending = []
        wait_for_gpu()
        begin = now()
        output = tracker.step(prompted)
        wait_for_gpu()
        step_ns.append(now() - begin)
        idle_from = max(idle_from, frame.index * _SECOND / rate) + step_ns[-1]
        check.check(frame.index, output)
        outputs.append(pack(output))
    return StreamResult(outputs, np.array(processed, bool), step_ns)


def _join_prompts(pending: list[Tracks], index: int) -> Tracks | None:
    """Return the prompts of several frames as those of one frame; None without prompts."""
    return joined(pending, index) if pending else None


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    method = load_method(args.method).with_options(args.options)
    prepared = open_sequence(args.sequence)
    sequence = prepared.sequence
    record = begin_record(
        Job(
            "trackers.timing.streaming", args.method, args.options, prepared, method.inputs,
            code=args.code,
        )
    )  # fmt: skip
    tracker = load_tracker(args.method, args.options)
    check = OutputCheck(method.title, sequence)
    first = list(islice(read_feed(prepared, method), args.warm_up))
    warm = warm_up(tracker, sequence, first, check)
    tracker.start(sequence)
    frames = progress(prefetch(read_feed(prepared, method)), sequence.name, "frame")
    begin = system_load.now()
    result = stream(tracker, frames, check, args.rate)
    state = system_load.between(begin, system_load.now())
    collector = Collector(sequence.extent)
    for output in result.outputs:
        collector.add(output)
    write_json(
        args.timing,
        {
            "rate": args.rate,
            "frames": len(result.outputs),
            "dropped": int((~result.processed).sum()),
            "step_ns": result.step_ns,
            "warm": warm.stable,
            "machine": describe_machine(measured_ordinal(args.options)),
            "load": state,
        },
    )
    write_result(args.output, collector.tracks(), args.run, record)


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"expected frames per second above 0, found {text!r}")
    return rate


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", required=True)
    parser.add_argument("--rate", type=_rate, required=True, help="frames per second")
    parser.add_argument("--warm-up", type=int, default=10, help="frames of the warm-up")
    parser.add_argument("--timing", type=Path, required=True, help=".../streaming.json to write")
    add_flags(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
