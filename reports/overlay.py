"""What a tracker answered, drawn on the frames: annotated images, a video, or both.

    python -m reports.overlay --tracks results/sort/synthetic/crowd/tracks.parquet
        --sequence data/synthetic/crowd/sequence.json --video crowd.mp4 --frames crowd/

Images are JPEG files called as the sequence's, or 000000.jpg, 000001.jpg ... of a video. Exits with
2 and one line of reason on bad input; what it writes is whole or not there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from datasets.flags import frames_per_second
from datasets.frames import list_images, read_frames
from datasets.parquet import read_tracks
from datasets.sequence_json import read_sequence
from datasets.types import Sequence, Tracks
from datasets.video import Writer, writing_video
from datasets.zone import Zone
from reports.drawing import draw, draw_zone

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]


def drawn(sequence: Sequence, tracks: Tracks, zone: Zone | None = None) -> Iterator[np.ndarray]:
    """Yield each frame of a sequence with its objects drawn, and a zone.

    Raises:
        ValueError: The sequence has no images, the tracks are of another image size or longer, or
            the zone is outside the images.
    """
    extent = sequence.extent
    if sequence.images is None:
        raise ValueError(f"{sequence.name}: this sequence has no images to draw on")
    there = tracks.extent.height, tracks.extent.width
    if there != (extent.height, extent.width):
        raise ValueError(
            f"tracks in images of {there[1]} x {there[0]} found, those of {sequence.name} are of "
            f"{extent.width} x {extent.height}"
        )
    if tracks.frame.max(initial=0) >= extent.frame_count:
        raise ValueError(
            f"tracks in frame {tracks.frame.max()} (from 0) found, {sequence.name} has "
            f"{extent.frame_count} frames"
        )
    if zone is not None:
        zone.check(extent.height, extent.width)
    ranks = {track: rank for rank, track in enumerate(np.unique(tracks.track).tolist())}
    for index, image in enumerate(read_frames(Path(sequence.images), extent)):
        rows = np.arange(*np.searchsorted(tracks.frame, [index, index + 1]))
        if zone is not None:
            draw_zone(image, zone)
        draw(image, tracks.take(rows), ranks)
        yield image


@contextmanager
def writing_frames(folder: Path, names: list[str]) -> Iterator[Writer]:
    """Yield a function that takes the images; the folder is there when all are written.

    Raises:
        FileExistsError: There is something in the folder.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: not empty: name another folder, or remove what is in it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part, left = folder.with_name(f".{folder.name}.{os.getpid()}.part"), iter(names)
    part.mkdir()

    def write(image: np.ndarray) -> None:
        path = part / next(left)
        if not cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), _JPEG):
            raise OSError(f"{folder / path.name}: the image could not be written")

    try:
        yield write
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def main() -> int:
    """Run the command line program; return its exit code."""
    given = _arguments()
    try:
        _run(given)
    except (ValueError, OSError) as error:
        print(f"error: {error}".replace("\n", " "), file=sys.stderr)
        return 2
    return 0


def _run(given: argparse.Namespace) -> None:
    sequence, tracks = read_sequence(given.sequence), read_tracks(given.tracks)
    extent = sequence.extent
    with ExitStack() as stack:
        writers: list[Writer] = []
        if given.frames is not None:
            writers.append(stack.enter_context(writing_frames(given.frames, _names(sequence))))
        if given.video is not None:
            rate = given.fps or sequence.frame_rate
            video = writing_video(given.video, rate, extent.height, extent.width)
            writers.append(stack.enter_context(video))
        images = drawn(sequence, tracks, None if given.zone is None else Zone.of(given.zone))
        for image in tqdm(images, desc=sequence.name, total=extent.frame_count, unit="frame"):
            for write in writers:
                write(image)


def _names(sequence: Sequence) -> list[str]:
    images = Path(sequence.images or "")
    if images.is_dir():
        return [f"{path.stem}.jpg" for path in list_images(images)]
    return [f"{index:06}.jpg" for index in range(sequence.extent.frame_count)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracks", type=Path, required=True, help=".../tracks.parquet")
    parser.add_argument("--sequence", type=Path, required=True, help=".../sequence.json")
    parser.add_argument("--frames", type=Path, metavar="FOLDER", help="where images are written")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4")
    parser.add_argument(
        "--fps", type=frames_per_second, help="of the video, if not that of the sequence"
    )
    parser.add_argument(
        "--zone", type=json.loads, help="drawn too: JSON, [left, top, width, height] or corners"
    )
    given = parser.parse_args()
    if given.frames is None and given.video is None:
        parser.error("--frames or --video is needed: nothing would be written")
    if given.video is not None and given.video.suffix.lower() != ".mp4":
        parser.error(f"--video: {given.video} found, expected a name that ends in .mp4")
    return given


if __name__ == "__main__":
    sys.exit(main())
