"""Masks of every SAM 2 method, and of MaskTrack R-CNN, in low precision, compared with float32.

    python -m bench.precision --output bench/precision.json

Each method tracks the same synthetic crowd with the demo weights on the CPU: on PyTorch in float32,
which is the reference, and in bfloat16 and float16; and on ONNX Runtime with networks exported in
float16. Detections are the ground-truth boxes, the same for all. The IoU of an object's masks is
taken in every frame; an object that only one of the two reports has an IoU of 0.

A rounding moves a number by up to a share of it, 1/256 in bfloat16 and 1/2048 in float16, so that
a pixel changes only where its logit is near 0: at the edge of a mask, which is a large part of the
small masks of this video. The limits of the mean IoU leave some seven times that share.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.masks import coco_rle
from datasets.sequences.prompts import first_visible, starting_in
from datasets.synthesis.rendering import Label, play
from datasets.synthesis.scripts import HEIGHT, SCENARIOS, WIDTH
from datasets.types import Detections, Extent, Frame, Sequence, Tracks
from trackers.contract import TrackerOutput, load_tracker
from trackers.engines.card import CARD
from trackers.feed import pack
from trackers.mask_rcnn import export as mask_rcnn
from trackers.profiling.machine import describe_machine, usable_cores
from trackers.sam2 import export as sam2

_SURE = 0.9  # score of the detections
_CLASSES = {1: "person"}
_DEMO = "trackers/weights/{}_demo.safetensors"
_SHARED = {"memory": "present", "exclusive": True}
_MASKTRACKER = {
    **_SHARED,
    "overlap": "argmax_logit",
    "keep_first_prompt": True,
    "min_tracker_confidence": 0.3,
    "min_prompt_update_confidence": 0.0,
    "probation_age": 1,
}
CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "sam2_prompted, box": ("sam2_prompted", _SHARED),
    "sam2_prompted, mask": ("sam2_prompted", {**_SHARED, "prompt": "mask"}),
    "sam2_prompted, points": ("sam2_prompted", {**_SHARED, "prompt": "points"}),
    "masktracker": ("masktracker", _MASKTRACKER),
    "masktracker, segmentation": ("masktracker", {**_MASKTRACKER, "segmentation_only": True}),
    "yolo_sam2, article": ("yolo_sam2", {"mode": "article", "key_frame": 0}),
    "yolo_sam2, joint": ("yolo_sam2", {"mode": "joint", "key_frame": 0}),
    "yolo_sam2, online": ("yolo_sam2", {"exclusive": True}),
    "masktrack_rcnn": ("masktrack_rcnn", {"max_objects": 20}),
}
RUNNERS: Mapping[str, Mapping[str, Any]] = {
    "bf16": {"precision": "bf16"},
    "fp16": {"precision": "fp16"},
    "fp16 onnxruntime": {"engine": "onnxruntime"},
}
# minimum mean IoU of the masks in a precision that agrees with float32
MIN_MEAN_IOU = {"bf16": 0.97, "fp16": 0.997}

_LINE = (
    "{method:26} {run:18} mean {mean_iou:.4f}, min {min_iou:.4f} of {masks} masks, "
    "same ids: {same_ids}, agrees: {agrees}"
)


@dataclass
class Agreement:
    """How far the outputs of a method in two precisions agree.

    Args:
        ious: IoU of the masks, for each frame and track id that either reports.
        same_ids: Whether both report the same track ids in every frame.
    """

    ious: list[float] = field(default_factory=list)
    same_ids: bool = True

    def add(self, expected: TrackerOutput, found: TrackerOutput) -> None:
        """Add the outputs for a frame."""
        one, other = _masks(expected), _masks(found)
        self.same_ids &= one.keys() == other.keys()
        self.ious += [_iou(one[name], other[name]) for name in one.keys() & other.keys()]
        self.ious += [0.0] * len(one.keys() ^ other.keys())

    def summary(self, precision: str) -> dict[str, Any]:
        """Return the figures of the table, and whether they are within the limits."""
        ious = np.array(self.ious)
        return {
            "masks": len(ious),
            "mean_iou": float(ious.mean()),
            "min_iou": float(ious.min()),
            "same_ids": self.same_ids,
            "agrees": self.same_ids and bool(ious.mean() >= MIN_MEAN_IOU[precision]),
        }


def _masks(output: TrackerOutput) -> dict[int, np.ndarray]:
    packed = pack(output).mask
    if packed is None or isinstance(packed, np.ndarray):
        return {}  # no objects
    return dict(zip(output.track.tolist(), coco_rle.decode(packed), strict=True))


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 1.0


def make_frames(count: int, objects: int) -> list[Frame]:
    """Return frames of a synthetic crowd, with boxes of its largest objects in the first frame.

    Detections are the boxes of these objects in every frame, prompts are in the first one.
    """
    draw = np.random.Generator(np.random.PCG64([1, 1, 1, 0]))
    clip = list(islice(play(draw, SCENARIOS["crowd"](draw)), count))
    first = sorted(clip[0][1], key=lambda label: -int(label.mask.sum()))[:objects]
    tracked = {label.identity for label in first}
    extent = Extent(HEIGHT, WIDTH, count, _CLASSES)
    frames = []
    for number, (image, labels) in enumerate(clip):
        kept = [label for label in labels if label.identity in tracked]
        rows = _tracks(extent, number, kept)
        prompts = first_visible(rows) if number == 0 else starting_in(rows, -1)
        detections = Detections(rows.box, _SURE * rows.score, rows.class_id)
        frames.append(Frame(number, image, detections, prompts))
    return frames


def _tracks(extent: Extent, frame: int, labels: list[Label]) -> Tracks:
    one = np.ones(len(labels))
    return Tracks(
        extent,
        frame=np.full(len(labels), frame),
        track=np.array([label.identity for label in labels], int),
        class_id=one,
        score=one,
        box=np.array([label.box for label in labels]).reshape(-1, 4),
        rle=coco_rle.encode(np.array([label.mask for label in labels])),
    )


def run(case: str, runner: Mapping[str, Any], frames: Iterable[Frame]) -> Iterator[TrackerOutput]:
    """Yield the outputs of a method for some frames.

    Args:
        case: Key of `CASES`.
        runner: Options that choose the engine and the precision, see `Runner`.
    """
    frames = list(frames)
    method, options = CASES[case]
    tracker = load_tracker(method, {**options, **runner})
    extent = Extent(HEIGHT, WIDTH, len(frames), _CLASSES)
    tracker.start(Sequence("synthetic", "crowd", extent, 25.0))
    yield from map(tracker.step, frames)


def agreement(
    case: str, runner: Mapping[str, Any], frames: list[Frame], expected: Iterable[TrackerOutput]
) -> Agreement:
    """Return how far the outputs of a method agree with the expected ones."""
    found = Agreement()
    for one, other in zip(expected, run(case, runner, frames), strict=True):
        found.add(one, other)
    return found


def export_networks(folder: Path) -> dict[str, str]:
    """Export the demo models in float16, unless done; return the networks of each method."""
    for name, program in (("sam2", sam2), ("masktrack", mask_rcnn)):
        if (folder / name / CARD).is_file():
            continue
        flags = [f"--weights={_DEMO.format(name)}", "--precision=fp16"]
        flags += ["--size=demo"] if name == "sam2" else []
        sys.argv = [program.__name__, *flags, f"--output={folder / name / CARD}"]
        program.main()
    return {
        method: str(folder / ("masktrack" if method == "masktrack_rcnn" else "sam2"))
        for method, _ in CASES.values()
    }


def compare(case: str, frames: list[Frame], networks: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows of the table for a method."""
    expected, rows = list(run(case, {}, frames)), []
    for name, runner in RUNNERS.items():
        chosen = dict(runner)
        if "engine" in runner:
            chosen["networks"] = networks[CASES[case][0]]
        found = agreement(case, chosen, frames, expected)
        rows.append({"method": case, "run": name, **found.summary(name.split()[0])})
    return rows


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--objects", type=int, default=2)
    parser.add_argument(
        "--workdir",
        type=Path,
        default=Path(".cache/bench/precision"),
        help="folder of the exported networks, which are exported once",
    )
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    content: dict[str, Any] = {
        "what": "Masks in low precision compared with those in float32, by method",
        "date": str(date.today()),
        "frames": args.frames,
        "objects": args.objects,
        "machine": describe_machine(),
        "min_mean_iou": MIN_MEAN_IOU,
    }
    networks, frames = export_networks(args.workdir), make_frames(args.frames, args.objects)
    one, rows = partial(compare, frames=frames, networks=networks), list[dict[str, Any]]()
    with ProcessPoolExecutor(usable_cores(), get_context("spawn")) as pool:
        for found in pool.map(one, CASES):
            rows += found
            for row in found:
                print(_LINE.format(**row), flush=True)
            agrees = all(row["agrees"] for row in rows)  # a run that is cut leaves what it had
            write_json(args.output, content | {"agrees": agrees, "rows": rows})


if __name__ == "__main__":
    sys.exit(run_main(main))
