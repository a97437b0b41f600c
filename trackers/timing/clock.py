"""Time each step of a warm tracker in a run that reproduces the scored output.

    python -m trackers.timing.clock --method sort --sequence data/synthetic/crowd/sequence.json
        --expect tracks.parquet --frames 300 --warm-up 10 --repeats 3 --output timing.json

In the scenario `single_stream` only `Tracker.step` is inside the clock: frames are decoded into
memory first, masks are encoded as run lengths between the steps, and outputs become tracks
afterwards. One more pass records the stages of each frame, from decoding to run lengths. The
scenario `offline` times whole passes with prefetched frames. The times of the warm-up are written
but enter no statistic. Peak memory is that of the whole process without the decoded frames.
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
from trackers.engines.runner import measured_ordinal
from trackers.feed import Collector, read_feed
from trackers.output_check import OutputCheck
from trackers.profiling import system_load
from trackers.profiling.gpu import Gpu, find_gpu
from trackers.profiling.machine import describe_machine, peak_memory
from trackers.timing.timed_passes import decode, record_stages, time_steps, time_throughput, warm_up

SCENARIOS = ("single_stream", "offline")
_ROUNDING, _MIN_MASK_IOU = 1e-3, 0.99


@dataclass(frozen=True)
class TimedRun:
    """A tracker and the sequence it is timed on.

    Args:
        tracker: The tracker to time.
        method: The method of the tracker, with the inputs that its options ask for.
        prepared: The prepared sequence.
        expected: The tracks that were scored.
        frames: Maximum number of frames to time, from the first.
        ordinal: Number of the CUDA device that is measured, if there is one.
    """

    tracker: Tracker
    method: Method
    prepared: PreparedSequence
    expected: Tracks
    frames: int
    ordinal: int = 0

    def feed(self) -> Iterator[Frame]:
        """Yield the frames, decoding them again at each call."""
        return read_feed(self.prepared, self.method)

    @property
    def sequence(self) -> Sequence:
        return self.prepared.sequence

    @property
    def output_check(self) -> OutputCheck:
        """A new check of the tracker's output, for one pass."""
        return OutputCheck(self.method.title, self.sequence)

    def check(self, outputs: list[TrackerOutput]) -> None:
        """Raise ValueError if the outputs differ from the scored tracks, see `check_outputs`."""
        check_outputs(self.sequence, outputs, self.expected)


def check_outputs(sequence: Sequence, outputs: list[TrackerOutput], expected: Tracks) -> None:
    """Raise ValueError if the outputs differ from `expected`, see `equal_up_to_rounding`."""
    collector = Collector(sequence.extent)
    for output in outputs:
        collector.add(output)
    if not equal_up_to_rounding(collector.tracks(), expected.before(len(outputs))):
        raise ValueError(
            f"{sequence.dataset}/{sequence.name}: the output of the timed run differs from that of "
            "the scored run, so its speed would not be that of the scored tracks"
        )


def equal_up_to_rounding(found: Tracks, expected: Tracks) -> bool:
    """Return whether tracks are equal up to the rounding of sums in a network.

    Another number of threads changes the order of summation. Scores may differ by 0.001 and boxes
    by 0.001 pixels; with masks, the masks may differ instead of the boxes, down to an IoU of 0.99.
    The number of rows, frames, track ids and classes must be equal.
    """
    for name in ("frame", "track", "class_id"):
        if not np.array_equal(getattr(found, name), getattr(expected, name)):
            return False
    if not np.allclose(found.score, expected.score, rtol=0, atol=_ROUNDING):
        return False
    if found.rle is None or expected.rle is None:
        close = np.allclose(found.box, expected.box, rtol=0, atol=_ROUNDING)
        return close and found.rle is expected.rle
    pairs = zip(found.rle.runs, expected.rle.runs, strict=True)
    rows = np.flatnonzero([one != other for one, other in pairs])[:, None]
    return all(
        coco_rle.iou(found.rle.take(row), expected.rle.take(row))[0, 0] >= _MIN_MASK_IOU
        for row in rows
    )


def single_stream(run: TimedRun, warm_frames: int, repeats: int) -> dict[str, Any]:
    """Return the time of every step, one list per pass, with memory, energy and system load.

    Args:
        warm_frames: Number of frames in each warm-up pass.
        repeats: Number of timed passes.
    """
    gpu, begin = find_gpu(run.ordinal), system_load.now()
    frames, decode_ns = decode(run.feed(), run.frames)
    warm = warm_up(run.tracker, run.sequence, frames[:warm_frames], run.output_check)
    passes, energy, states = [], [], []
    objects: list[int] = []
    for _ in progress(range(repeats), run.sequence.name, "repeat"):
        before = gpu.energy_mj() if gpu else None
        timed_pass = time_steps(run.tracker, run.sequence, frames, run.output_check, gpu)
        energy.append(_energy_since(before, gpu))
        states.append(gpu.state() if gpu else None)
        run.check(timed_pass.outputs)
        objects = [len(output.track) for output in timed_pass.outputs]
        timed_pass.outputs.clear()  # they would count as memory of the tracker
        passes.append(timed_pass)
    frame_bytes = sum(frame.image.nbytes for frame in frames if frame.image is not None)
    return {
        "frames": len(frames),
        "objects": objects,
        "step_ns": [each.step_ns for each in passes],
        "decode_ns": decode_ns,
        "encode_ns": [each.encode_ns for each in passes],
        "warm_up_frames": sum(map(len, warm.passes)),
        "warm_up_ns": [step for each in warm.passes for step in each],
        "warm": warm.stable,
        "peak_memory": peak_memory() - frame_bytes,
        "memory": [each.memory for each in passes],
        "gpu_memory": [each.gpu_memory for each in passes] if gpu else None,
        "device_ns": [each.device_ns for each in passes] if gpu else None,
        "energy_mj": energy if gpu else None,
        "gpu_state": states if gpu else None,
        "load": system_load.between(begin, system_load.now()),
    }


def _energy_since(before: int | None, gpu: Gpu | None) -> int | None:
    """Return the millijoules used since `before` was read; None where they are not measured."""
    after = gpu.energy_mj() if gpu else None
    return None if before is None or after is None else after - before


def profile_stages(run: TimedRun) -> dict[str, Any]:
    """Return the end-to-end time of each frame, from its decoding on, and that of each stage."""
    end_to_end, stages = record_stages(
        run.tracker, run.sequence, run.feed(), run.output_check, run.frames
    )
    names = dict.fromkeys(name for each in stages for name in each)
    return {
        "end_to_end_ns": end_to_end,
        "stage_ns": {name: [each.get(name, 0) for each in stages] for name in names},
    }


def offline(run: TimedRun, repeats: int) -> dict[str, Any]:
    """Return the time of each pass, from decoding the first frame to the last output."""
    walls = []
    for _ in range(repeats):
        wall, outputs = time_throughput(
            run.tracker, run.sequence, run.feed(), run.output_check, run.frames
        )
        run.check(outputs)
        walls.append(wall)
    return {"offline_ns": walls}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what is timed."""
    parser.add_argument("--method", required=True)
    parser.add_argument(
        "--options", type=json_mapping, default={}, help="options of the method, as JSON"
    )
    parser.add_argument("--sequence", type=Path, required=True, help=".../sequence.json")
    parser.add_argument("--expect", type=Path, required=True, help="the scored tracks")
    parser.add_argument(
        "--frames", type=int, required=True, help="maximum number of frames, from the first"
    )
    parser.add_argument(
        "--warm-up", type=int, required=True, help="number of frames in each warm-up pass"
    )


def load_timed_run(args: argparse.Namespace) -> TimedRun:
    """Return the run that the flags describe.

    Raises:
        ValueError: The method or an option is unknown, or a file is invalid.
    """
    return TimedRun(
        load_tracker(args.method, args.options),
        load_method(args.method).with_options(args.options),
        open_sequence(args.sequence),
        read_tracks(args.expect),
        args.frames,
        measured_ordinal(args.options),
    )


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    run = load_timed_run(args)
    content: Mapping[str, Any] = {
        "timed": "step",
        **single_stream(run, args.warm_up, args.repeats),
        **profile_stages(run),
        **(offline(run, args.repeats) if "offline" in args.scenarios else {}),
        "machine": describe_machine(run.ordinal),
    }
    write_json(args.output, content)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    parser.add_argument("--repeats", type=int, required=True, help="number of timed passes")
    parser.add_argument(
        "--scenarios",
        nargs="+",
        choices=SCENARIOS,
        default=["single_stream"],
        help="scenarios to time",
    )
    parser.add_argument("--output", type=Path, required=True, help=".../timing.json to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
