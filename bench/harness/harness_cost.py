"""Overhead of the harness around a tracker of 33 ms per frame at 1080p with ten masks.

    python -m bench.harness.harness_cost --output bench/harness_cost.json

The tracker runs as in `trackers.run`, on an H.264 video and on JPEG images. It waits 33 ms as for a
GPU (`waiting`) or keeps a core busy (`working`). The time outside its step is reported by stage:
waiting for a decoded frame or for run lengths, which are made on their own threads, bookkeeping,
and writing the tracks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, perf_counter_ns, sleep
from typing import Any

import numpy as np

from bench.overlay import walkers
from datasets.formats.parquet import write_tracks
from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.masks import coco_rle
from datasets.media.frames import write_image
from datasets.media.video import writing_video
from datasets.sequences.sequence_json import Prepared, open_sequence, write_prepared
from datasets.types import Frame, Sequence, Tracks
from trackers import run
from trackers.contract import Method, TrackerOutput
from trackers.profiling.machine import describe_machine
from trackers.profiling.stages import REST, StageTimes, recording, stage

_STEP = 0.033  # seconds: a tracker at 30 fps
_RATE = 30


def work(seconds: float) -> None:
    """Keep cores busy, mostly without holding the GIL, like a network on a CPU."""
    matrix, end = np.ones((256, 256), np.float32), perf_counter() + seconds
    while perf_counter() < end:
        np.matmul(matrix, matrix)


class Timed:
    """A tracker of a fixed step time that reports the same dense masks in every frame.

    Args:
        masks: (K, height, width) bool.
        boxes: (K, 4) boxes.
        spend: Function that spends a number of seconds.
    """

    def __init__(self, masks: np.ndarray, boxes: np.ndarray, spend: Callable[[float], None]):
        self._masks, self._boxes, self._spend = masks, boxes, spend

    def start(self, sequence: Sequence) -> None:
        """Do nothing."""

    def step(self, frame: Frame) -> TrackerOutput:
        """Return the masks after the step time."""
        assert frame.image is not None
        with stage("step"):
            self._spend(_STEP)
            count = len(self._boxes)
            ones = np.ones(count)
            return TrackerOutput(np.arange(count), self._boxes, ones, ones.astype(int), self._masks)


def measure(path: Path, tracker: Timed, repeats: int) -> dict[str, Any]:
    """Return the median milliseconds per frame of each stage, and the harness's share."""
    found: list[dict[str, float]] = []
    method = Method("timed", "", inputs=("image",))
    for _ in range(repeats):
        record, begin = StageTimes(), perf_counter_ns()
        with recording(record):
            tracks = run.track(tracker, method, open_sequence(path))
            with stage("write"):
                write_tracks(path.with_name("tracks.parquet"), tracks)
        whole, frames = perf_counter_ns() - begin, tracks.extent.frame_count
        spent = {**record.spent, "whole": whole}
        found.append({name: ns / frames / 1e6 for name, ns in spent.items()})
    names = {REST: "bookkeeping", "await": "wait for frames and run lengths"}
    medians = {names.get(key, key): median(each[key] for each in found) for key in found[0]}
    share = median(1 - each["step"] / each["whole"] for each in found)
    return {"ms_a_frame": medians, "share_of_harness": share}


def prepare(workdir: Path, kind: str, frames: int) -> tuple[Path, Tracks]:
    """Write a sequence of images or a video; return its sequence.json and its tracks."""
    tracks = walkers()
    extent = tracks.extent
    draw = np.random.default_rng(0)
    coarse = draw.integers(0, 256, (extent.height // 8, extent.width // 8, 3), np.uint8)
    image = np.kron(coarse, np.ones((8, 8, 1), np.uint8))
    workdir.mkdir(parents=True)
    pictures = [np.roll(image, 8 * index, axis=1) for index in range(frames)]
    if kind == "video":
        with writing_video(workdir / "images.mp4", _RATE, extent.height, extent.width) as write:
            for picture in pictures:
                write(picture)
    for index, picture in enumerate(pictures if kind == "images" else []):
        write_image(workdir / "images" / f"{index:06d}.jpg", picture)
    place = "images" if kind == "images" else "images.mp4"
    extent = replace(extent, frame_count=frames)
    write_prepared(
        workdir / "sequence.json",
        Prepared(Sequence("bench", kind, extent, _RATE, images=place), truth=None),
    )
    return workdir / "sequence.json", tracks


def cases(workdir: Path, frames: int, repeats: int) -> Iterator[dict[str, Any]]:
    """Yield the measurements for each source of frames and kind of tracker."""
    for kind in ("video", "images"):
        path, tracks = prepare(workdir / kind, kind, frames)
        first = tracks.take(np.flatnonzero(tracks.frame == 0))
        assert first.rle is not None
        masks = np.ascontiguousarray(coco_rle.decode(first.rle))
        for name, spend in (("waiting", sleep), ("working", work)):
            one = measure(path, Timed(masks, first.box, spend), repeats)
            yield {"frames_from": kind, "tracker": name, **one}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    found = []
    with TemporaryDirectory() as workdir:
        for case in cases(Path(workdir), args.frames, args.repeats):
            found.append(case)
            stages = ", ".join(f"{name} {ms:.2f}" for name, ms in case["ms_a_frame"].items())
            print(
                f"{case['frames_from']:6} {case['tracker']:8} harness "
                f"{100 * case['share_of_harness']:.1f} %: {stages} ms"
            )
    content = {
        "what": parser.description,
        "date": str(date.today()),
        "frames": args.frames,
        "repeats": args.repeats,
        "cases": found,
        "machine": describe_machine(),
    }
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
