"""How many frames a video's container promises, which shows that the end of a file is missing."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_MICROSECONDS = 1_000_000
_FRAMES_SHORT = 1.5  # frames by which a video may end before the time its container gives
_DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_GIF_END, _PADDING = b"\x3b", b"\x00"
_TAIL = 64  # bytes


def missing_frames(
    container: InputContainer, stream: VideoStream, packets: int, end: int | None, rate: float
) -> int:
    """Return how many frames the container promises beyond those that were read.

    MP4 and MOV list every frame; AVI has the number of frames with those that were dropped while
    recording; Matroska and WebM have the duration. Others promise nothing.

    Args:
        packets: Number of packets that were read.
        end: End of the last packet, in ticks of the stream.
        rate: Frames per second.
    """
    name = container.format.name
    if "mp4" in name:
        return max(0, len(stream.index_entries) - packets)
    if name == "avi" and end is not None:
        return max(0, stream.frames - end)
    seconds = _seconds(container, stream) if "matroska" in name else None
    if seconds is None or end is None or stream.time_base is None:
        return 0
    left = (seconds - float(end * stream.time_base)) * rate
    return round(left) if left > _FRAMES_SHORT else 0


def _seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """Return the duration of the stream, or that of the container if it has no other stream."""
    found = _DURATION.match(stream.metadata.get("DURATION", ""))
    if found:
        hours, minutes, seconds = found.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    alone = len(container.streams) == 1 and container.duration
    return container.duration / _MICROSECONDS if alone else None


def has_end(path: Path, name: str) -> bool:
    """Return whether a file has the mark at its end that its format requires.

    Args:
        name: FFmpeg's name of the format. Only GIF is checked: FFmpeg does not notice.
    """
    if name != "gif":
        return True
    with path.open("rb") as file:
        file.seek(-min(_TAIL, path.stat().st_size), os.SEEK_END)
        return file.read().rstrip(_PADDING).endswith(_GIF_END)
