"""How fast a tracker answers: the time of each step, warm, of a run that gives the scored answers.

    python -m trackers.clock --method sort --sequence data/synthetic/crowd/sequence.json
        --expect tracks.parquet --frames 300 --warm-up 10 --repeats 3 --output timing.json

Frames are decoded into memory first and answers are turned into tracks afterwards, so only
`Tracker.step` is inside the clock. The first pass over the warm-up frames is thrown away.
"""

from __future__ import annotations

import argparse
import gc
import json
from itertools import islice
from pathlib import Path
from time import perf_counter_ns

from tqdm import trange

from datasets.files import write_json
from datasets.parquet import read_tracks
from datasets.sequence_json import read_sequence
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Answer, Tracker, load_method, load_tracker
from trackers.feed import Collector, read_feed
from trackers.machine import describe_machine


def time_steps(
    tracker: Tracker, sequence: Sequence, frames: list[Frame]
) -> tuple[list[int], list[Answer]]:
    """Return each step's time in nanoseconds, and its answer, over one pass from a new start."""
    tracker.start(sequence)
    gc.collect()
    step_ns, answers = [], []
    for frame in frames:
        begin = perf_counter_ns()
        answer = tracker.step(frame)
        step_ns.append(perf_counter_ns() - begin)
        answers.append(answer)
    return step_ns, answers


def check_answers(sequence: Sequence, answers: list[Answer], expected: Tracks) -> None:
    """Raise ValueError if the answers are not those that were scored, to the last bit."""
    collector = Collector(sequence.extent)
    for answer in answers:
        collector.add(answer)
    if not collector.tracks().same(expected.before(len(answers))):
        raise ValueError(
            f"{sequence.dataset}/{sequence.name}: the timed run answered otherwise than the scored "
            "run, so its speed would not be that of the scored tracks"
        )


def main() -> None:
    """Run the command line program."""
    given = _arguments()
    tracker = load_tracker(given.method, given.options)
    sequence = read_sequence(given.sequence)
    frames = list(islice(read_feed(given.sequence, load_method(given.method)), given.frames))
    expected = read_tracks(given.expect)
    time_steps(tracker, sequence, frames[: given.warm_up])
    passes = []
    for _ in trange(given.repeats, desc=sequence.name, unit="pass"):
        step_ns, answers = time_steps(tracker, sequence, frames)
        check_answers(sequence, answers, expected)
        passes.append(step_ns)
    content = {"step_ns": passes, "warm_up_frames": given.warm_up, "machine": describe_machine()}
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
