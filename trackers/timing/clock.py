"""How fast a tracker answers: the time of each step, warm, of a run that gives the scored answers.

    python -m trackers.timing.clock --method sort --sequence data/synthetic/crowd/sequence.json
        --expect tracks.parquet --frames 300 --warm-up 10 --repeats 3 --output timing.json

Frames are decoded into memory first, masks become run lengths between the steps and answers tracks
afterwards, so only `Tracker.step` is inside the clock (`single_stream`). One more pass records what
a frame spends its time on, from its decoding to its run lengths. `offline` times the whole of that,
frames decoded ahead. Steps of the warm-up are told, and in no number. Peak memory is that of the
whole process but for the decoded frames.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.formats.parquet import read_tracks
from datasets.io.files import write_json
from datasets.io.flags import json_mapping
from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.masks import coco_rle
from datasets.sequences.sequence_json import PreparedSequence, open_sequence
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Method, Tracker, TrackerOutput, load_method, load_tracker
from trackers.feed import Collector, read_feed
from trackers.output_check import OutputCheck
from trackers.profiling import system_load
from trackers.profiling.gpu import Gpu, find_gpu
from trackers.profiling.machine import describe_machine, peak_memory
from trackers.timing.timed_passes import decode, record_stages, time_steps, time_throughput, warm_up

SCENARIOS = ("single_stream", "offline")
_ROUNDING, _SAME_MASK = 1e-3, 0.99


@dataclass(frozen=True)
class Course:
    """What is timed.

    Args:
        prepared: The sequence.
        expected: The tracks that were scored.
        frames: At most so many are timed, from the first.
    """

    tracker: Tracker
    method: Method
    prepared: PreparedSequence
    expected: Tracks
    frames: int

    def feed(self) -> Iterator[Frame]:
        """Yield the frames, decoded anew."""
        return read_feed(self.prepared, self.method)

    @property
    def sequence(self) -> Sequence:
        return self.prepared.sequence

    @property
    def output_check(self) -> OutputCheck:
        """A check of the tracker's output, for one pass."""
        return OutputCheck(self.method.title, self.sequence)

    def check(self, answers: list[TrackerOutput]) -> None:
        """Raise ValueError if the answers are not those that were scored, see `check_answers`."""
        check_answers(self.sequence, answers, self.expected)


def check_answers(sequence: Sequence, answers: list[TrackerOutput], expected: Tracks) -> None:
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
        coco_rle.iou(found.rle.take(row), expected.rle.take(row))[0, 0] >= _SAME_MASK
        for row in rows
    )


def single_stream(course: Course, warm_frames: int, repeats: int) -> dict[str, Any]:
    """Return the times of every step, a list a pass, with memory, energy and the machine's state.

    Args:
        warm_frames: Stepped in each pass of the warm-up.
    """
    gpu, begin = find_gpu(), system_load.now()
    frames, decode_ns = decode(course.feed(), course.frames)
    warm = warm_up(course.tracker, course.sequence, frames[:warm_frames], course.output_check)
    passes, energy, states = [], [], []
    objects: list[int] = []
    for _ in progress(range(repeats), course.sequence.name, "repeat"):
        before = gpu.energy_mj() if gpu else None
        one = time_steps(course.tracker, course.sequence, frames, course.output_check, gpu)
        energy.append(_since(before, gpu))
        states.append(gpu.state() if gpu else None)
        course.check(one.answers)
        objects = [len(answer.track) for answer in one.answers]
        one.answers.clear()  # memory is measured
        passes.append(one)
    held = sum(frame.image.nbytes for frame in frames if frame.image is not None)
    return {
        "frames": len(frames),
        "objects": objects,
        "step_ns": [each.step_ns for each in passes],
        "decode_ns": decode_ns,
        "encode_ns": [each.encode_ns for each in passes],
        "warm_up_frames": sum(map(len, warm.passes)),
        "warm_up_ns": [step for each in warm.passes for step in each],
        "warm": warm.stable,
        "peak_memory": peak_memory() - held,
        "memory": [each.memory for each in passes],
        "gpu_memory": [each.gpu_memory for each in passes] if gpu else None,
        "device_ns": [each.device_ns for each in passes] if gpu else None,
        "energy_mj": energy if gpu else None,
        "gpu_state": states if gpu else None,
        "load": system_load.between(begin, system_load.now()),
    }


def _since(before: int | None, gpu: Gpu | None) -> int | None:
    """Return the millijoules since then, None where nobody counts them."""
    after = gpu.energy_mj() if gpu else None
    return None if before is None or after is None else after - before


def recorded(course: Course) -> dict[str, Any]:
    """Return what each frame took from its decoding on, and each of its stages."""
    whole, stages = record_stages(
        course.tracker, course.sequence, course.feed(), course.output_check, course.frames
    )
    names = dict.fromkeys(name for each in stages for name in each)
    return {
        "end_to_end_ns": whole,
        "stage_ns": {name: [each.get(name, 0) for each in stages] for name in names},
    }


def offline(course: Course, repeats: int) -> dict[str, Any]:
    """Return the time of each whole pass, from the first frame's decoding to the last answer."""
    walls = []
    for _ in range(repeats):
        wall, answers = time_throughput(
            course.tracker, course.sequence, course.feed(), course.output_check, course.frames
        )
        course.check(answers)
        walls.append(wall)
    return {"offline_ns": walls}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what is timed."""
    parser.add_argument("--method", required=True)
    parser.add_argument("--options", type=json_mapping, default={}, help="JSON")
    parser.add_argument("--sequence", type=Path, required=True, help=".../sequence.json")
    parser.add_argument("--expect", type=Path, required=True, help="the scored tracks")
    parser.add_argument("--frames", type=int, required=True, help="at most so many, from the first")
    parser.add_argument(
        "--warm-up", type=int, required=True, help="frames of each pass before the clock"
    )


def load_course(args: argparse.Namespace) -> Course:
    """Return what the flags say is timed.

    Raises:
        ValueError: There is no such method or option, or a file is not as it should be.
    """
    return Course(
        load_tracker(args.method, args.options),
        load_method(args.method).with_options(args.options),
        open_sequence(args.sequence),
        read_tracks(args.expect),
        args.frames,
    )


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    course = load_course(args)
    content: Mapping[str, Any] = {
        "timed": "step",
        **single_stream(course, args.warm_up, args.repeats),
        **recorded(course),
        **(offline(course, args.repeats) if "offline" in args.scenarios else {}),
        "machine": describe_machine(),
    }
    write_json(args.output, content)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    parser.add_argument("--repeats", type=int, required=True, help="timed passes")
    parser.add_argument(
        "--scenarios", nargs="+", choices=SCENARIOS, default=["single_stream"], help="what is timed"
    )
    parser.add_argument("--output", type=Path, required=True, help=".../timing.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
