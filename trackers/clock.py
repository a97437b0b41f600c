"""How fast a tracker answers: the time of each step, warm, of a run that gives the scored answers.

    python -m trackers.clock --method sort --sequence data/synthetic/crowd/sequence.json
        --expect tracks.parquet --frames 300 --warm-up 10 --repeats 3 --output timing.json

Frames are decoded into memory first, masks become run lengths between the steps and answers tracks
afterwards, so only `Tracker.step` is inside the clock; what decoding a frame and encoding its masks
take is told beside it. The steps of the warm-up are told, and in no number. Peak memory is that
of the whole process but for the decoded frames.
"""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from tqdm import trange

from datasets import rle
from datasets.files import write_json
from datasets.parquet import read_tracks
from datasets.sequence_json import read_sequence
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Answer, Tracker, load_method, load_tracker
from trackers.feed import Collector, pack, read_feed
from trackers.machine import describe_machine, peak_memory

_ROUNDING, _SAME_MASK = 1e-3, 0.99


@dataclass(frozen=True)
class Pass:
    """One pass over the frames, from a new start.

    Args:
        step_ns: Nanoseconds of each step.
        encode_ns: Nanoseconds that the masks of each answer took to become run lengths.
        answers: With run lengths for masks.
    """

    step_ns: list[int]
    encode_ns: list[int]
    answers: list[Answer]


def decode(feed: Iterator[Frame], most: int) -> tuple[list[Frame], list[int]]:
    """Return the first frames, at most so many, and the nanoseconds that each took to come."""
    frames, decode_ns = [], []
    begin = perf_counter_ns()
    for frame in islice(feed, most):
        decode_ns.append(perf_counter_ns() - begin)
        frames.append(frame)
        begin = perf_counter_ns()
    return frames, decode_ns


def time_steps(tracker: Tracker, sequence: Sequence, frames: list[Frame]) -> Pass:
    """Return the times and answers of one pass."""
    tracker.start(sequence)
    gc.collect()
    found = Pass([], [], [])
    for frame in frames:
        begin = perf_counter_ns()
        answer = tracker.step(frame)
        stepped = perf_counter_ns()
        found.answers.append(pack(answer))
        found.encode_ns.append(perf_counter_ns() - stepped)
        found.step_ns.append(stepped - begin)
    return found


def check_answers(sequence: Sequence, answers: list[Answer], expected: Tracks) -> None:
    """Raise ValueError if the answers are not those that were scored, see `same_to_rounding`."""
    collector = Collector(sequence.extent)
    for answer in answers:
        collector.add(answer)
    if not same_to_rounding(collector.tracks(), expected.before(len(answers))):
        raise ValueError(
            f"{sequence.dataset}/{sequence.name}: the timed run answered otherwise than the scored "
            "run, so its speed would not be that of the scored tracks"
        )


def same_to_rounding(found: Tracks, expected: Tracks) -> bool:
    """Whether tracks differ no more than by what a network's sums are rounded to.

    On another number of threads they are summed up in another order: scores may differ in their
    fourth digit, boxes in a thousandth of a pixel, or where there are masks in these, of an IoU of
    99 %. Identities, classes and their number may not.
    """
    for name in ("frame", "track", "class_id"):
        if not np.array_equal(getattr(found, name), getattr(expected, name)):
            return False
    if not np.allclose(found.score, expected.score, rtol=0, atol=_ROUNDING):
        return False
    if found.rle is None or expected.rle is None:
        near = np.allclose(found.box, expected.box, rtol=0, atol=_ROUNDING)
        return near and found.rle is expected.rle
    pairs = zip(found.rle.runs, expected.rle.runs, strict=True)
    rows = np.flatnonzero([one != other for one, other in pairs])[:, None]
    return all(
        rle.iou(found.rle.take(row), expected.rle.take(row))[0, 0] >= _SAME_MASK for row in rows
    )


def main() -> None:
    """Run the command line program."""
    given = _arguments()
    tracker = load_tracker(given.method, given.options)
    sequence = read_sequence(given.sequence)
    method = load_method(given.method).given(given.options)
    frames, decode_ns = decode(read_feed(given.sequence, method), given.frames)
    expected = read_tracks(given.expect)
    warm_up = time_steps(tracker, sequence, frames[: given.warm_up])
    passes = []
    for _ in trange(given.repeats, desc=sequence.name, unit="pass"):
        passes.append(time_steps(tracker, sequence, frames))
        check_answers(sequence, passes[-1].answers, expected)
    held = sum(frame.image.nbytes for frame in frames if frame.image is not None)
    content = {
        "timed": "step",
        "frames": len(frames),
        "step_ns": [each.step_ns for each in passes],
        "decode_ns": decode_ns,
        "encode_ns": [each.encode_ns for each in passes],
        "warm_up_frames": given.warm_up,
        "warm_up_ns": warm_up.step_ns,
        "peak_memory": peak_memory() - held,
        "machine": describe_machine(),
    }
    write_json(given.output, content)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", required=True)
    parser.add_argument("--options", type=json.loads, default={}, help="JSON")
    parser.add_argument("--sequence", type=Path, required=True, help=".../sequence.json")
    parser.add_argument("--expect", type=Path, required=True, help="the scored tracks")
    parser.add_argument("--frames", type=int, required=True, help="at most so many, from the first")
    parser.add_argument(
        "--warm-up", type=int, required=True, help="frames stepped before the clock"
    )
    parser.add_argument("--repeats", type=int, required=True, help="timed passes")
    parser.add_argument("--output", type=Path, required=True, help=".../timing.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
