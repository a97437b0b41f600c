"""Notice that the end of a video file is missing, and how many frames its container promises."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_MICROSECONDS = 1_000_000
_DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_GIF_END, _PADDING = b"\x3b", b"\x00"
_TAIL = 64  # bytes
_SEGMENT = b"\x18\x53\x80\x67"  # identifier of Matroska's outermost element
_HEAD = 4096  # bytes in which it starts
_BOX = 8  # bytes of the length and the type of an MP4 box
_FLV_SIZE = 4  # bytes of a tag's size, which follows it
_FLV_TYPES = (8, 9, 18)  # sound, video, data


def missing_frames(
    container: InputContainer, stream: VideoStream, packets: int, last: int | None, rate: float
) -> int:
    """Return how many frames a container promises beyond those that were read.

    MP4 and MOV list every frame. For others it is an estimate, from the end of the video according
    to the container, and right only if the end of the file is missing: AVI counts frames which were
    dropped while recording, and the last frame of a Matroska file may be shown for any time.

    Args:
        packets: Number of packets that were read.
        last: Time of the last frame, in ticks of the stream.
        rate: Frames per second.
    """
    if is_listed(container):
        return max(0, len(stream.index_entries) - packets)
    promised = _seconds(container, stream)
    if promised is None or last is None or stream.time_base is None:
        return 0
    return max(0, round((promised - float(last * stream.time_base)) * rate) - 1)


def is_listed(container: InputContainer) -> bool:
    """Return whether a container lists every frame."""
    return "mp4" in container.format.name


def _seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """Return the end of the stream, or that of the container if it has no other stream."""
    if stream.frames and stream.time_base and container.format.name == "avi":
        return float(stream.frames * stream.time_base)
    found = _DURATION.match(stream.metadata.get("DURATION", ""))
    if found:
        hours, minutes, seconds = found.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    duration = container.duration if len(container.streams) == 1 else None
    return duration / _MICROSECONDS if duration else None


def has_end(path: Path, name: str) -> bool:
    """Return whether a file ends where its structure says, which FFmpeg does not check.

    Args:
        name: FFmpeg's name of the format. True for formats that do not say.
    """
    with path.open("rb") as file:
        return _CHECKS[name](file, path.stat().st_size) if name in _CHECKS else True


def _gif_ends(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - _TAIL))
    return file.read().rstrip(_PADDING).endswith(_GIF_END)


def _avi_ends(file: BinaryIO, size: int) -> bool:
    """Return whether the file holds its RIFF chunks, of which a large file has several."""
    end = 0
    while end < size:
        file.seek(end)
        head = file.read(8)
        if head[:4] != b"RIFF":
            return True  # something else after them
        length = int.from_bytes(head[4:], "little")
        end += 8 + length + length % 2
        if not length:
            return True  # not written: nothing is promised
    return end <= size + 1


def _mp4_ends(file: BinaryIO, size: int) -> bool:
    """Return whether the file holds its outermost boxes."""
    end = 0
    while end + _BOX <= size:
        file.seek(end)
        head = file.read(2 * _BOX)
        length = int.from_bytes(head[:4])
        if not head[4:_BOX].isascii() or not length:
            return True  # something else after them, or a box up to the end
        end += int.from_bytes(head[_BOX:]) if length == 1 else max(length, _BOX)
    return end <= size


def _matroska_ends(file: BinaryIO, size: int) -> bool:
    """Return whether the file holds its segment; a live recording does not give the length."""
    head = file.read(_HEAD)
    place = head.find(_SEGMENT) + len(_SEGMENT)
    if place < len(_SEGMENT) or place >= len(head) or not head[place]:
        return True
    width = 9 - head[place].bit_length()  # bytes of the length, from its leading zeros
    length = int.from_bytes(head[place : place + width]) & ((1 << 7 * width) - 1)
    unknown = length == (1 << 7 * width) - 1
    return unknown or place + width + length <= size


def _flv_ends(file: BinaryIO, size: int) -> bool:
    """Return whether the last tag is followed by its size."""
    file.seek(max(0, size - _FLV_SIZE))
    start = size - _FLV_SIZE - int.from_bytes(file.read())
    file.seek(max(0, start))
    return file.read(1)[:1] in [bytes([each]) for each in _FLV_TYPES]


_CHECKS: Mapping[str, Callable[[BinaryIO, int], bool]] = {
    "avi": _avi_ends,
    "flv": _flv_ends,
    "gif": _gif_ends,
    "matroska,webm": _matroska_ends,
    "mov,mp4,m4a,3gp,3g2,mj2": _mp4_ends,
}
