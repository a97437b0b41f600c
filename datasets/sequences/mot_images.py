"""Images of a sequence folder in MOTChallenge layout: img1/, or a video file beside seqinfo.ini.

Where the frame rate varies, `timestamps.txt` beside seqinfo.ini has the seconds of each frame after
the first, one per line. It is an extension of this repository.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from datasets.io.errors import line_error
from datasets.io.text_lines import number_lines, read_text
from datasets.media.image_names import VIDEOS, visible
from datasets.media.video_facts import read_facts
from datasets.types import Extent


@dataclass(frozen=True)
class FoundImages:
    """The images of a sequence.

    Args:
        path: Image folder or video file; None if there are none.
        frame_rate: Frames per second; None if that of seqinfo.ini is right.
        timestamps: Seconds of each frame after the first, if the rate varies.
    """

    path: Path | None
    frame_rate: float | None = None
    timestamps: tuple[float, ...] | None = None


def times_path(folder: Path) -> Path:
    """Return the path of a sequence's frame times, which are optional."""
    return folder / "timestamps.txt"


def find_video(folder: Path) -> Path | None:
    """Return the video file of a sequence folder; None if there is none.

    Raises:
        ValueError: There are several videos and none or more than one has the folder's name.
    """
    videos = [path for path in visible(folder) if path.suffix.lower() in VIDEOS]
    named = [path for path in videos if path.stem == folder.name]
    chosen = videos if len(videos) == 1 else named
    if videos and len(chosen) != 1:
        names = ", ".join(path.name for path in videos)
        raise ValueError(f"{folder}: expected one video or one named {folder.name}, found {names}")
    return chosen[0] if chosen else None


def find_images(folder: Path, images: Path, extent: Extent) -> FoundImages:
    """Return the images of a sequence folder.

    A video is decoded once: it must be whole and match `extent`.

    Args:
        images: Image folder according to seqinfo.ini; a video is looked for if it is missing.
        extent: Image size and number of frames according to seqinfo.ini.

    Raises:
        ValueError: The video is damaged, or differs in size or number of frames from seqinfo.ini;
            or the frame times are invalid. Names the file.
    """
    times = _read_times(times_path(folder), extent.frame_count)
    if images.is_dir():
        return FoundImages(images.resolve(), timestamps=times)
    video = find_video(folder)
    if video is None:
        return FoundImages(None, timestamps=times)
    facts, expected = read_facts(video), f"as in {folder / 'seqinfo.ini'}"
    if facts.frame_count != extent.frame_count:
        counts = f"expected {extent.frame_count} frames {expected}, found {facts.frame_count}"
        raise ValueError(f"{video}: {counts}")
    if (facts.height, facts.width) != (extent.height, extent.width):
        size = f"{extent.width} x {extent.height} {expected}, found {facts.width} x {facts.height}"
        raise ValueError(f"{video}: expected size {size}")
    if facts.timestamps is None:
        return FoundImages(video.resolve(), timestamps=times)
    return FoundImages(video.resolve(), facts.frame_rate, facts.timestamps)


def write_times(folder: Path, timestamps: Many[float]) -> None:
    """Write the frame times of a sequence folder."""
    times_path(folder).write_text("".join(f"{each!r}\n" for each in timestamps))


def _read_times(path: Path, frame_count: int) -> tuple[float, ...] | None:
    if not path.is_file():
        return None
    times = []
    for number, line in number_lines(read_text(path)):
        try:
            times.append(float(line))
        except ValueError as error:
            raise line_error(
                path, number, f"expected seconds, found {line[:40].decode(errors='replace')!r}"
            ) from error
    if len(times) != frame_count:
        raise ValueError(f"{path}: expected {frame_count} lines, found {len(times)}")
    if times[:1] != [0] or not all(before < after for before, after in pairwise(times)):
        raise ValueError(f"{path}: expected seconds that increase from 0")
    return tuple(times)
