"""Prepare one's own images or video as a sequence, with prompts or class names.

    python -m datasets.own walk.mp4 --prompts first_frame.json --output data/own/walk
    python -m trackers.run --method sam2_prompted --sequence data/own/walk/sequence.json
        --output tracks.parquet

Instead of prompts, `--classes person car` names the classes which a detector looks for. Images of a
folder are sorted by the numbers in their names, otherwise alphabetically, and are used in place.
Every frame is decoded once, so that a broken frame is reported now and not in the middle of a run.
Exits with 2 and one line of explanation on invalid input, and then writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence as Many
from pathlib import Path

from datasets.formats.prompt_json import read_prompts, read_tracks
from datasets.io.files import printable
from datasets.io.flags import frames_per_second
from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.media.frames import decode_frames, read_frame_rate
from datasets.sequences.sequence_json import Prepared, write_prepared
from datasets.types import Extent, Sequence

DATASET = "own"
FRAME_RATE = 10.0  # default for a folder of images: that of the SAM2 tracker's videos
CLASSES = {1: "object"}  # default without prompts


def read_own(
    images: Path,
    name: str,
    prompts: Path | None = None,
    frame_rate: float | None = None,
    classes: Many[str] = (),
) -> Prepared:
    """Return the images of a folder or video as a sequence without ground truth.

    Each prompted object's name becomes a class of its own, numbered as the objects are.

    Args:
        images: Folder of image files, or video file.
        prompts: First-frame boxes as JSON; None for trackers that need none.
        frame_rate: Frames per second; by default that of the video, or FRAME_RATE.
        classes: Class names where there are no prompts; CLASSES by default.

    Raises:
        FileNotFoundError: The images or prompts do not exist.
        ValueError: There are no images, one cannot be decoded or differs in size from the first, or
            the prompts are invalid, which names the file; both prompts and classes are given, or
            a class is given twice.
    """
    if prompts is not None and classes:
        raise ValueError(f"expected classes or prompts, found both: {[*classes]} and {prompts}")
    height, width, count = _measure(images)
    objects = [] if prompts is None else read_prompts(prompts)
    names = dict(enumerate([each.name for each in objects] or classes, 1))
    extent = Extent(height, width, count, names or CLASSES)
    rate = frame_rate or (FRAME_RATE if images.is_dir() else read_frame_rate(images))
    sequence = Sequence(DATASET, name, extent, rate, str(images.resolve()))
    tracked = None if prompts is None else read_tracks(prompts, extent)
    return Prepared(sequence, truth=None, prompts=tracked)


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    name = args.output.resolve().name
    prepared = read_own(args.images, name, args.prompts, args.fps, args.classes)
    write_prepared(args.output / "sequence.json", prepared)
    extent, prompts = prepared.sequence.extent, prepared.prompts
    size, objects = f"{extent.width} x {extent.height}", 0 if prompts is None else len(prompts)
    path = args.output / "sequence.json"
    print(printable(f"{path}: frames: {extent.frame_count}, size: {size}, objects: {objects}"))


def _measure(images: Path) -> tuple[int, int, int]:
    """Return height, width and number of frames; ValueError if the image size changes."""
    first, size, count = "", (0, 0), 0
    for source, image in progress(decode_frames(images), images.name, "frame"):
        found = image.shape[0], image.shape[1]
        if not count:
            first, size = source, found
        if found != size:
            shown, expected = f"{found[1]} x {found[0]}", f"{size[1]} x {size[0]}"
            raise ValueError(f"{source}: expected size {expected} as in {first}, found {shown}")
        count += 1
    if not count:
        raise ValueError(f"{images}: expected .jpg, .jpeg, .png or .bmp images, found none")
    return *size, count


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", type=Path, help="folder of image files, or video file")
    parser.add_argument("--prompts", type=Path, help="boxes in the first frame, as JSON")
    parser.add_argument("--classes", nargs="+", default=(), help="class names for a detector")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--fps", type=frames_per_second, help="frame rate, if the images do not provide it"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
