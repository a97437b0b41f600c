"""Cost of `yolo_sam2` tracking each object in its own session, compared with one joint session.

    python -m bench.yolo_sam2_modes --output bench/yolo_sam2_modes.json

The modes `article` and `joint` track the same objects of a crowd with the demo weights on ONNX
Runtime, frame by frame in turn, so that a slow machine slows both. Their masks are compared in
every frame.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.synthesis.rendering import play
from datasets.synthesis.scripts import SCENARIOS
from datasets.types import Detections, Extent, Frame, Sequence
from trackers.contract import Tracker, TrackerOutput, load_tracker
from trackers.engines.checkpoint import read_checkpoint
from trackers.profiling.machine import describe_machine
from trackers.sam2.architecture import build_model
from trackers.sam2.export import export_model

_MODES = ("article", "joint")
_SURE = 0.9


def make_video(objects: int, frames: int) -> list[Frame]:
    """Return a synthetic crowd, with the boxes of its largest objects as detections."""
    draw = np.random.Generator(np.random.PCG64([1, 1, 1, 0]))
    video = []
    for number, (image, labels) in enumerate(islice(play(draw, SCENARIOS["crowd"](draw)), frames)):
        order = sorted(labels, key=lambda label: -int(label.mask.sum()))
        box = np.array([label.box for label in order[:objects]], float).reshape(-1, 4)
        one = np.ones(len(box), np.int64)
        video.append(Frame(number, image, Detections(box, _SURE * one, one)))
    return video


def step(tracker: Tracker, frame: Frame) -> tuple[float, TrackerOutput]:
    """Return the seconds of a step, and its output."""
    begin = perf_counter()
    output = tracker.step(frame)
    return perf_counter() - begin, output


def lowest_iou(one: TrackerOutput, other: TrackerOutput) -> float:
    """Return the lowest IoU of an object's masks in two outputs for one frame."""
    if not np.array_equal(one.track, other.track):
        return 0.0
    first, second = np.asarray(one.mask, bool), np.asarray(other.mask, bool)
    both, either = (first & second).sum((1, 2)), (first | second).sum((1, 2))
    return float(np.min(both / np.maximum(either, 1), initial=1.0, where=either > 0))


def measure(objects: int, frames: int, model: Mapping[str, Any]) -> dict[str, Any]:
    """Measure a number of objects; `model` holds options of `yolo_sam2`."""
    video = make_video(objects, frames)
    height, width = video[0].image.shape[:2] if video[0].image is not None else (0, 0)
    sequence = Sequence("synthetic", "crowd", Extent(height, width, frames, {1: "person"}), 25.0)
    trackers = {
        mode: load_tracker("yolo_sam2", {"mode": mode, "key_frame": 0, **model}) for mode in _MODES
    }
    seconds: dict[str, list[float]] = {mode: [] for mode in _MODES}
    worst, followed = 1.0, 0
    for tracker in trackers.values():
        tracker.start(sequence)
    for frame in video:
        outputs = []
        for mode, tracker in trackers.items():
            taken, output = step(tracker, frame)
            seconds[mode].append(taken)
            outputs.append(output)
        worst, followed = min(worst, lowest_iou(*outputs)), max(followed, len(outputs[0].track))
    total = {mode: sum(times) for mode, times in seconds.items()}
    ratio = total["article"] / total["joint"]
    print(
        f"{objects:3} objects: article {total['article']:.2f} s, joint {total['joint']:.2f} s, "
        f"{ratio:.2f} times, lowest IoU {worst:.4f}",
        flush=True,
    )
    return {
        "people": objects,
        "followed": followed,
        "frames": frames,
        "total_seconds": total,
        "median_seconds": {mode: median(times) for mode, times in seconds.items()},
        "ratio": ratio,
        "least_iou": worst,
    }


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    model = build_model("demo")
    model.load_state_dict(read_checkpoint(Path("trackers/weights/sam2_demo.safetensors")))
    with tempfile.TemporaryDirectory() as workdir:
        export_model(model, Path(workdir), "fp32", {"size": "demo"})
        networks = {"engine": "onnxruntime", "networks": workdir}
        found = [measure(objects, args.frames, networks) for objects in args.objects]
    content = {
        "what": "YOLO + SAM 2: one session per object (article), one joint session (joint)",
        "date": str(date.today()),
        "engine": "onnxruntime",
        "runs": found,
        "machine": describe_machine(),
    }
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
