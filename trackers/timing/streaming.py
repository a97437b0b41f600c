"""What is left of a tracker's answers when frames come at a fixed rate and nobody waits.

    python -m trackers.timing.streaming --method sort --rate 25 --output tracks.parquet
        --sequence data/synthetic/crowd/sequence.json --timing real_time.json

Frame i comes at i / rate seconds. A tracker that is free takes the newest frame that has come, or
waits for the next; those it had no time for are dropped, and have the answer of the last frame
before them that was taken. A frame that is taken has its own answer, however late: at ample speed
the tracks are those of `trackers.run`. Prompts of a dropped frame come with the next one taken.

The time that passes is that of the steps, measured one after the other as `trackers.timing.clock`
does; waiting is not waited. Decoding is outside. Frames of the warm-up are stepped first.

Source: Li et al., Towards Streaming Perception, ECCV 2020, arXiv 2005.10420, who compare with the
truth at the time the answer is there; Kristan et al., VOT 2017, whose real-time rule holds the last
answer as well.
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
from trackers.feed import Collector, pack, read_feed
from trackers.output_check import OutputCheck
from trackers.prefetch import ahead
from trackers.profiling import system_load
from trackers.profiling.gpu import wait_for_gpu
from trackers.profiling.machine import describe_machine
from trackers.run_record import Job, add_flags, begin_record, write_result
from trackers.timing.timed_passes import warm_up

_SECOND = 1_000_000_000


@dataclass(frozen=True)
class Seen:
    """What became of a stream.

    Args:
        answers: One a frame, that of the last frame taken.
        taken: (T,) bool, which frames were.
        step_ns: Nanoseconds of each step, in order.
    """

    answers: list[TrackerOutput]
    taken: np.ndarray
    step_ns: list[int]


def stream(
    tracker: Tracker,
    frames: Iterable[Frame],
    check: OutputCheck,
    rate: float,
    now: Callable[[], int] = perf_counter_ns,
) -> Seen:
    """Step a tracker that was started through frames that come at `rate` a second.

    Args:
        check: Of each answer, outside the clock.
        now: Nanoseconds of a clock.
    """
    answers: list[TrackerOutput] = []
    taken, step_ns = [], []
    free, waiting = 0.0, []  # nanoseconds since the first frame came; prompts nobody has seen yet
    for frame in frames:
        if frame.prompts is not None:
            waiting.append(frame.prompts)
        follows = (frame.index + 1) * _SECOND / rate  # when the next frame comes
        taken.append(free < follows)
        if not taken[-1]:
            answers.append(answers[-1])
            continue
        shown = replace(frame, prompts=_shown(waiting, frame.index))
        waiting = []
        wait_for_gpu()
        begin = now()
        answer = tracker.step(shown)
        wait_for_gpu()
        step_ns.append(now() - begin)
        free = max(free, frame.index * _SECOND / rate) + step_ns[-1]
        check.check(frame.index, answer)
        answers.append(pack(answer))
    return Seen(answers, np.array(taken, bool), step_ns)


def _shown(waiting: list[Tracks], index: int) -> Tracks | None:
    """Return prompts of several frames as those of one; None where nobody prompts."""
    return joined(waiting, index) if waiting else None


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
    frames = progress(ahead(read_feed(prepared, method)), sequence.name, "frame")
    begin = system_load.now()
    seen = stream(tracker, frames, check, args.rate)
    state = system_load.between(begin, system_load.now())
    collector = Collector(sequence.extent)
    for answer in seen.answers:
        collector.add(answer)
    write_json(
        args.timing,
        {
            "rate": args.rate,
            "frames": len(seen.answers),
            "dropped": int((~seen.taken).sum()),
            "step_ns": seen.step_ns,
            "warm": warm.stable,
            "machine": describe_machine(),
            "load": state,
        },
    )
    write_result(args.output, collector.tracks(), args.run, record)


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"{text} found, expected frames a second above 0")
    return rate


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", required=True)
    parser.add_argument("--rate", type=_rate, required=True, help="frames that come in a second")
    parser.add_argument("--warm-up", type=int, default=10, help="frames stepped before")
    parser.add_argument("--timing", type=Path, required=True, help=".../real_time.json")
    add_flags(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
