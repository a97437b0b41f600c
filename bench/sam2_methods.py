"""Time per frame of `masktracker` and `yolo_sam2`, by number of objects.

    python -m bench.sam2_methods --size tiny --device cuda --precision bf16 --torch-mode graphs \
        --output bench/sam2_methods_tiny.json

The detections are boxes moving over 1920 x 1080 noise. Weights are random unless given: the time
does not depend on the image. Options are loosened: all objects stay alive and none are added.
`masktracker` prompts SAM 2 with each of them in every frame, `yolo_sam2` detects in the first frame
only. Frames count once all memory banks are full. The time of a frame is fitted as a constant plus
a share per object.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from bench.sam2_objects import fit
from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.types import Detections, Extent, Frame, Sequence
from trackers.contract import Tracker, load_tracker
from trackers.engines.runner import ENGINES, PRECISIONS, Runner
from trackers.profiling.machine import describe_machine
from trackers.sam2.loading import RANDOM

_FULL = 20  # frames until every object is reported and has all memories and pointers
_SURE = 0.9
_LONG = 10**6  # frames
_NEVER = -1e9  # a threshold below every score
_BOX = np.array([60.0, 150.0])


def make_trackers(model: Mapping[str, Any]) -> dict[str, Tracker]:
    """Return both methods, with options under which no object is removed."""
    rules = {
        "masktracker": {"min_tracker_confidence": 0.0, "min_prompt_update_confidence": 0.0},
        "yolo_sam2": {
            "suspicious_score": _NEVER,
            "interval": _LONG,
            "match_iou": 0.0,  # the masks of random weights match nothing
            "min_mask_share": 0.0,
        },
    }
    return {method: load_tracker(method, {**model, **each}) for method, each in rules.items()}


def video(targets: int, frames: int, size: tuple[int, int]) -> Iterator[Frame]:
    """Yield noise frames of a size (height, width), with slowly moving boxes as detections."""
    draw = np.random.default_rng(0)
    noise = draw.integers(0, 256, (*size, 3), dtype=np.uint8)
    columns = int(np.ceil(targets**0.5))
    place = np.stack(np.divmod(np.arange(targets), columns)[::-1], 1) + 0.25
    corner = place * (np.array(size[::-1]) / columns)
    one = np.ones(targets, np.int64)
    for number in range(frames):
        left_top = corner + number
        box = np.concatenate([left_top, left_top + _BOX], 1)
        image = np.roll(noise, number, (0, 1))
        yield Frame(number, image, Detections(box, _SURE * one, one))


def measure(tracker: Tracker, targets: int, args: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds of each frame with full memory banks, in the form `fit` takes."""
    height, width = args.image
    extent = Extent(height, width, args.frames, {1: "person"})
    tracker.start(Sequence("noise", str(targets), extent, 25.0))
    seconds = []
    for frame in video(targets, args.frames, (height, width)):
        begin = perf_counter()
        tracker.step(frame)
        seconds.append(perf_counter() - begin)
    full = seconds[_FULL:]
    return {"objects": targets, "median_seconds": {"frame": median(full)}, "seconds": full}


def parse() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="demo")
    parser.add_argument("--weights", default=RANDOM)
    parser.add_argument("--engine", choices=ENGINES, default="torch")
    parser.add_argument("--networks", help="folder of networks, for the other two engines")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--torch-mode", default="eager")
    parser.add_argument("--targets", type=int, nargs="+", default=[4, 8, 16])
    parser.add_argument("--frames", type=int, default=60)
    size = ("HEIGHT", "WIDTH")
    parser.add_argument("--image", type=int, nargs=2, default=[1080, 1920], metavar=size)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    if args.frames <= _FULL:
        parser.error(f"--frames: expected more than {_FULL}, found {args.frames}")
    return args


def main() -> None:
    """Run the command line program."""
    args = parse()
    names = ("size", "weights", *(field.name for field in fields(Runner)))
    model = {name: getattr(args, name) for name in names}
    runs: dict[str, list[dict[str, Any]]] = {}
    for method, tracker in make_trackers(model).items():
        for targets in args.targets:
            each = measure(tracker, targets, args)
            runs.setdefault(method, []).append(each)
            speed = 1 / each["median_seconds"]["frame"]
            print(f"{method:12} {targets:4} objects: {speed:7.2f} fps", flush=True)
    fits = {method: fit(found, "frame") for method, found in runs.items()}
    for method, each in fits.items():
        print(f"{method}: {1e3 * each['frame']:.1f} ms + {1e3 * each['object']:.1f} ms per object")
    content = {
        "what": "Time per frame of each method, by number of objects",
        "date": str(date.today()),
        **model,
        "image": args.image,
        "fit_seconds": fits,
        "runs": runs,
        "machine": describe_machine(),
    }
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
