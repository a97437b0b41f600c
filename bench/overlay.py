"""How fast overlays are drawn: 1080p, ten objects with masks, boxes, labels and 1 s trails.

    python -m bench.overlay --output bench/overlay.json

`draw` is the drawing alone, on frames in memory; `draw and encode` also writes the H.264 video.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.media.video import writing_video
from datasets.types import Extent, Sequence, Tracks
from reports.overlay import painter
from trackers.profiling.machine import describe_machine

_HEIGHT, _WIDTH, _RATE = 1080, 1920, 30
_OBJECTS, _TALL, _WIDE = 10, 420, 160  # pixels of an ellipse
_FRAMES = 90
_STEP = 6.0  # pixels a frame


def walkers() -> Tracks:
    """Return person-sized ellipses that move across the image and back."""
    extent = Extent(_HEIGHT, _WIDTH, _FRAMES, {1: "person"})
    rows = [(frame, track) for frame in range(_FRAMES) for track in range(_OBJECTS)]
    frame, track = np.array(rows).T
    across = track * (_WIDTH - _WIDE) / _OBJECTS + _STEP * abs(frame - _FRAMES / 2)
    left = across.round().clip(0, _WIDTH - _WIDE)
    top = (track * (_HEIGHT - _TALL) / _OBJECTS).round()
    box = np.stack([left, top, left + _WIDE, top + _TALL], axis=1)
    down, right = np.mgrid[:_TALL, :_WIDE]
    ellipse = (2 * down / _TALL - 1) ** 2 + (2 * right / _WIDE - 1) ** 2 <= 1
    masks: list[bytes] = []
    for corner in box.astype(int):
        mask = np.zeros((_HEIGHT, _WIDTH), bool)
        mask[corner[1] : corner[3], corner[0] : corner[2]] = ellipse
        masks += coco_rle.encode(mask[None]).runs
    ones = np.ones(len(rows))
    return Tracks(extent, frame, track, ones, ones, box, Masks(tuple(masks), _HEIGHT, _WIDTH))


def frames_per_second(work: Callable[[], None], repeats: int) -> dict[str, float]:
    """Return the median, slowest and fastest frame rate of repeated runs over all frames."""
    rates = []
    for _ in range(repeats):
        begin = perf_counter()
        work()
        rates.append(_FRAMES / (perf_counter() - begin))
    return {"fps": median(rates), "slowest": min(rates), "fastest": max(rates)}


def measure(repeats: int) -> dict[str, dict[str, float]]:
    """Return the frames per second of each stage."""
    tracks = walkers()
    sequence = Sequence("bench", "walkers", tracks.extent, _RATE, images="")
    coarse = np.random.default_rng(0).integers(0, 256, (_HEIGHT // 8, _WIDTH // 8, 3), np.uint8)
    image = np.kron(coarse, np.ones((8, 8, 1), np.uint8))
    paint = painter(sequence, tracks, trail=_RATE)

    def draw() -> None:
        for index in range(_FRAMES):
            paint(image, index)

    def draw_and_encode() -> None:
        with (
            TemporaryDirectory() as workdir,
            writing_video(Path(workdir) / "v.mp4", _RATE, _HEIGHT, _WIDTH) as write,
        ):
            for index in range(_FRAMES):
                shown = image.copy()
                paint(shown, index)
                write(shown)

    draw()  # fonts and labels are cached by the first call
    works = {"draw": draw, "draw and encode": draw_and_encode}
    return {name: frames_per_second(work, repeats) for name, work in works.items()}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    found = measure(args.repeats)
    for name, rates in found.items():
        print(
            f"{name:16}{rates['fps']:8.1f} fps  ({rates['slowest']:.1f} to {rates['fastest']:.1f})"
        )
    what = f"{_WIDTH} x {_HEIGHT}, {_OBJECTS} masks, trails of {_RATE} frames, {_FRAMES} frames"
    about = {"what": what, "date": str(date.today()), "machine": describe_machine()}
    write_json(args.output, about | {"stages": found})


if __name__ == "__main__":
    sys.exit(run_main(main))
