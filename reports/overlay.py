"""Draw tracker output on the frames of a sequence: annotated images, a video, or both.

    python -m reports.overlay --tracks results/sort/synthetic/crowd/tracks.parquet
        --sequence data/synthetic/crowd/sequence.json --video crowd.mp4 --frames crowd/

Several results are shown side by side in step, each below its title, after the ground truth:

    python -m reports.overlay --sequence data/synthetic/crowd/sequence.json --video both.mp4
        --tracks results/{sort,bytetrack}/synthetic/crowd/tracks.parquet --titles SORT ByteTrack
        --truth data/synthetic/crowd/truth.parquet

Images are JPEG files named after the images of the sequence, or 000000.jpg, 000001.jpg ... for a
video. On invalid input the exit code is 2 and one line gives the reason. Output is never partial.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Many
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from datasets.formats.parquet import read_tracks
from datasets.io.flags import frames_per_second, json_value
from datasets.io.folders import replacing_folder
from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.media.frames import list_images, sequence_frames, write_image
from datasets.media.video import FrameWriter, writing_video
from datasets.sequences.same_sequence import check_extent, check_tracks_of
from datasets.sequences.sequence_json import read_sequence
from datasets.types import Sequence, Tracks
from datasets.zone import Zone
from reports.overlays.drawing import draw, draw_trails, draw_zone
from reports.overlays.panels import arrange, compose

_MAX_TRAIL_S = 60
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]

Painter = Callable[[np.ndarray, int], None]  # draws on the image of a frame, which changes


def painter(
    sequence: Sequence, tracks: Tracks, zone: Zone | None = None, trail: int = 0
) -> Painter:
    """Return a function that draws the objects of a frame, and a zone, on its image.

    Args:
        trail: Length of the trails behind objects, in frames; 0 for none.

    Raises:
        ValueError: The sequence has no images, the tracks have another image size or length,
            or the zone is outside the images.
    """
    _check(sequence, tracks, zone)
    ranks = {track: rank for rank, track in enumerate(np.unique(tracks.track).tolist())}
    unmasked = replace(tracks, rle=None)

    def paint(image: np.ndarray, index: int) -> None:
        if zone is not None:
            draw_zone(image, zone)
        if trail:
            frames = range(index - trail, index + 1)
            draw_trails(image, _rows(unmasked, frames), ranks, frames)
        draw(image, _rows(tracks, range(index, index + 1)), ranks)

    return paint


def painted_frames(
    sequence: Sequence, painters: Many[Painter], titles: Many[str]
) -> Iterator[np.ndarray]:
    """Yield each frame of a sequence with the drawings of all painters side by side.

    Args:
        titles: One title per painter; empty for a single painter without a title.
    """
    extent = sequence.extent
    grid = arrange(len(painters), extent.height, extent.width)
    for index, image in enumerate(sequence_frames(sequence)):
        images = [image, *(image.copy() for _ in painters[1:])]
        for paint, each in zip(painters, images, strict=True):
            paint(each, index)
        yield compose(images, titles, grid) if titles else image


def _check(sequence: Sequence, tracks: Tracks, zone: Zone | None) -> None:
    extent = sequence.extent
    if sequence.images is None:
        raise ValueError(f"{sequence.name}: this sequence has no images to draw on")
    check_extent(f"{sequence.name}, tracks", tracks.extent, extent)
    if zone is not None:
        zone.check(extent.height, extent.width)


def _rows(tracks: Tracks, frames: range) -> Tracks:
    return tracks.take(np.arange(*np.searchsorted(tracks.frame, [frames.start, frames.stop])))


@contextmanager
def writing_frames(folder: Path, names: list[str]) -> Iterator[FrameWriter]:
    """Yield a function that writes the next image; the folder appears once all are written.

    Raises:
        FileExistsError: The folder exists and is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: not empty: choose another folder or empty this one")
    with replacing_folder(folder) as part:
        left = iter(names)
        yield lambda image: write_image(part / next(left), image, _JPEG)


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    sequence = read_sequence(args.sequence)
    results = [_scored(read_tracks(args.truth))] if args.truth else []
    for path in args.tracks:
        check_tracks_of(path, args.sequence)
        results.append(read_tracks(path))
    titles = (["truth"] if args.truth else []) + args.titles
    zone = None if args.zone is None else Zone.of(args.zone)
    trail = round(args.trail * sequence.frame_rate)
    painters = [painter(sequence, tracks, zone, trail) for tracks in results]
    extent = sequence.extent
    height, width = extent.height, extent.width
    if titles:
        height, width = arrange(len(results), height, width).shape
    with ExitStack() as stack:
        writers: list[FrameWriter] = []
        if args.frames is not None:
            writers.append(stack.enter_context(writing_frames(args.frames, _names(sequence))))
        if args.video is not None:
            rate = args.fps or sequence.frame_rate
            times = sequence.timestamps if args.fps is None else None
            video = writing_video(args.video, rate, height, width, timestamps=times)
            writers.append(stack.enter_context(video))
        images = painted_frames(sequence, painters, titles)
        for image in progress(images, sequence.name, "frame", extent.frame_count):
            for write in writers:
                write(image)


def _scored(truth: Tracks) -> Tracks:
    """Return the ground-truth rows that are scored."""
    return truth.take((truth.score > 0) & ~np.isin(truth.class_id, truth.extent.ignored))


def _names(sequence: Sequence) -> list[str]:
    images = Path(sequence.images or "")
    if images.is_dir():
        return [f"{path.stem}.jpg" for path in list_images(images)]
    return [f"{index:06}.jpg" for index in range(sequence.extent.frame_count)]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _MAX_TRAIL_S:
        raise argparse.ArgumentTypeError(f"expected 0 to {_MAX_TRAIL_S} seconds, found {text!r}")
    return seconds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--tracks", type=Path, nargs="+", required=True, help="tracks.parquet of each result"
    )
    parser.add_argument(
        "--titles",
        nargs="+",
        action="extend",
        default=[],
        help="one title for each of --tracks; needed with several or with --truth",
    )
    parser.add_argument("--truth", type=Path, help="truth.parquet, shown before the results")
    parser.add_argument(
        "--sequence", type=Path, required=True, help="sequence.json of the sequence"
    )
    parser.add_argument("--frames", type=Path, metavar="FOLDER", help="output folder of the images")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4", help="output video")
    parser.add_argument(
        "--fps",
        type=frames_per_second,
        help="constant frame rate of the video (default: the frame times of the sequence)",
    )
    parser.add_argument(
        "--zone", type=json_value, help="zone to draw: JSON, [left, top, width, height] or corners"
    )
    parser.add_argument(
        "--trail", type=_seconds, default=1, help="length of the trails in seconds; 0 for none"
    )
    args = parser.parse_args()
    several = len(args.tracks) > 1 or args.truth is not None
    if len(args.titles) != len(args.tracks) and (several or args.titles):
        parser.error(f"--titles: expected one title for each of --tracks, found {len(args.titles)}")
    if args.frames is None and args.video is None:
        parser.error("expected --frames or --video, found neither")
    if args.video is not None and args.video.suffix.lower() != ".mp4":
        parser.error(f"--video: expected a name that ends in .mp4, found {args.video}")
    return args


if __name__ == "__main__":
    sys.exit(run_main(main))
