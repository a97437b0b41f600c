"""Prepare one's own images or video as a sequence, with prompts or class names.

    python -m datasets.own walk.mp4 --prompts first_frame.json --output data/own/walk
    python -m trackers.run --method sam2_prompted --sequence data/own/walk/sequence.json
        --output tracks.parquet

Instead of prompts, `--classes person car` names the classes which a detector looks for. Images of a
folder are sorted by the numbers in their names, otherwise alphabetically, and are used in place.
Every frame is decoded once: a damaged video is refused, with the numbers of its frames, unless
`--accept-damaged` is given. What is left out or read in a way that could surprise is counted on
standard error. Exits with 2 and one line of explanation on invalid input, and then writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence as Many
from pathlib import Path

from datasets.io.files import printable
from datasets.io.flags import frames_per_second
from datasets.io.mended import count_mended
from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.media.frames import list_images, read_image
from datasets.media.image_notes import count_folder_notes, count_image_notes
from datasets.media.source import check_source
from datasets.media.video_facts import VideoFacts, read_facts
from datasets.media.video_reader import ACCEPT
from datasets.prompts.prompt_files import list_prompt_files, prompt_names, read_prompt_files
from datasets.sequences.frame_names import frame_names
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
    *,
    accept_damaged: bool = False,
) -> Prepared:
    """Return the images of a folder or video as a sequence without ground truth.

    Each name of prompted objects becomes a class, numbered in the order of the objects. How images
    are read, where a user could expect otherwise, is counted, see `datasets.io.mended`.

    Args:
        images: Folder of image files, or video file.
        prompts: First-frame boxes as JSON, or a LabelMe file or folder; None for trackers that need
            none.
        frame_rate: Frames per second, a constant rate; by default that of the video with its frame
            times, or FRAME_RATE.
        classes: Class names where there are no prompts; CLASSES by default.
        accept_damaged: Whether a damaged or truncated video is read as far as it can be.

    Raises:
        FileNotFoundError: The images or prompts do not exist.
        ValueError: There are no images, one cannot be decoded or differs in size from the first,
            the order of the images is ambiguous, the video is damaged, or the prompts are invalid,
            which names the file; both prompts and classes are given, or a class is given twice.
    """
    if prompts is not None and classes:
        raise ValueError(f"expected classes or prompts, found both: {[*classes]} and {prompts}")
    check_source(images)
    facts = (
        _measure(images) if images.is_dir() else read_facts(images, accept_damaged=accept_damaged)
    )
    files = [] if prompts is None else list_prompt_files([prompts])
    names = dict(enumerate(prompt_names(files) if files else classes, 1))
    extent = Extent(facts.height, facts.width, facts.frame_count, names or CLASSES)
    if frame_rate is not None and facts.timestamps is not None:
        count_mended("frame times of the video, replaced by --fps", facts.frame_count)
    sequence = Sequence(
        DATASET,
        name,
        extent,
        frame_rate or facts.frame_rate,
        str(images.resolve()),
        timestamps=facts.timestamps if frame_rate is None else None,
        damaged=None if facts.is_intact else facts.damaged,
    )
    tracked = read_prompt_files(files, extent, frame_names(sequence)) if files else None
    return Prepared(sequence, truth=None, prompts=tracked)


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    name = args.output.resolve().name
    prepared = read_own(
        args.images,
        name,
        args.prompts,
        args.fps,
        args.classes,
        accept_damaged=args.accept_damaged,
    )
    write_prepared(args.output / "sequence.json", prepared)
    sequence, prompts = prepared.sequence, prepared.prompts
    extent, objects = sequence.extent, 0 if prompts is None else len(prompts)
    size = f"size: {extent.width} x {extent.height}, objects: {objects}"
    times = "" if sequence.timestamps is None else ", frame rate: varies, frame times are kept"
    path = args.output / "sequence.json"
    print(printable(f"{path}: frames: {extent.frame_count}, {size}{times}"))


def _measure(folder: Path) -> VideoFacts:
    """Return size and number of the images in a folder, after decoding each of them.

    Raises:
        ValueError: There are no images, or one cannot be decoded or differs in size from the first.
    """
    paths = list_images(folder)
    count_folder_notes(folder, paths)
    size = (0, 0)
    for path in progress(paths, folder.name, "frame"):
        image = read_image(path)
        count_image_notes(path)
        found = image.shape[0], image.shape[1]
        size = found if path == paths[0] else size
        if found != size:
            shown, expected = f"{found[1]} x {found[0]}", f"{size[1]} x {size[0]}"
            raise ValueError(f"{path}: expected size {expected} as in {paths[0]}, found {shown}")
    return VideoFacts(*size, len(paths), FRAME_RATE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", type=Path, help="folder of image files, or video file")
    parser.add_argument(
        "--prompts",
        type=Path,
        help="boxes in the first frame as JSON, or a LabelMe file, or a folder of them",
    )
    parser.add_argument("--classes", nargs="+", default=(), help="class names for a detector")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--fps",
        type=frames_per_second,
        help="constant frame rate: if the images do not provide it, or instead of the video's",
    )
    parser.add_argument(
        ACCEPT, action="store_true", help="read a damaged or truncated video as far as possible"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
