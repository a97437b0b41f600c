"""The size of an image according to its header, read before memory for its pixels is allocated.

A PNG of two megabytes can have 30,000 x 30,000 pixels: five gigabytes once decoded.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

Size = tuple[int, int]  # height and width
MAX_PIXELS = 1 << 28  # of a decoded image: 16384 x 16384
_PNG = struct.Struct(">8s4x4sII")  # signature, length, IHDR, width, height
_BMP = struct.Struct("<18xii")
_FILLED = re.compile(rb"\xff+")  # a marker starts with one or more of these
_SEGMENT = struct.Struct(">BH")  # the rest of a marker, and the segment length
_MAX_SEGMENTS = 1 << 16
_MIN_SEGMENT_LENGTH = 2  # segment length, including its own two bytes
_FRAME = struct.Struct(">BHxHH")  # the same, and precision, height, width
_SCAN = 0xDA
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the others are tables, or reserved


def check_size(path: Path, data: bytes, expected: Size | None = None) -> None:
    """Raise ValueError, as `refuse_larger`, for the image size, or if it cannot be read.

    Args:
        data: Content of the file at `path`.
    """
    size = image_size(data)
    if size is None:
        raise ValueError(f"{path}: not a readable image")
    check_pixel_count(str(path), size, expected)


def check_pixel_count(source: str, size: Size, expected: Size | None = None) -> None:
    """Raise ValueError, which names the source, for more pixels than expected, or than 2^28."""
    height, width = size
    found = f"{width} x {height}"
    if expected is not None and height * width > expected[0] * expected[1]:
        raise ValueError(f"{source}: expected size {expected[1]} x {expected[0]}, found {found}")
    if height * width > MAX_PIXELS:
        raise ValueError(f"{source}: expected at most {MAX_PIXELS} pixels, found {found}")


def image_size(data: bytes) -> Size | None:
    """Return height and width from the header of an image; None if it cannot be read."""
    kinds: Mapping[bytes, Callable[[bytes], Size | None]] = {
        b"\x89PNG": _size_of_png,
        b"\xff\xd8": _size_of_jpeg,
        b"BM": _size_of_bmp,
    }
    for begin, measure in kinds.items():
        if data.startswith(begin):
            try:
                return measure(data)
            except struct.error:
                return None
    return _size_of_other(data)


def _size_of_png(data: bytes) -> Size | None:
    _, kind, width, height = _PNG.unpack_from(data)
    return (height, width) if kind == b"IHDR" else None


def _size_of_bmp(data: bytes) -> Size:
    width, height = _BMP.unpack_from(data)
    return abs(height), abs(width)


def _size_of_jpeg(data: bytes) -> Size | None:
    place = 2
    for _ in range(_MAX_SEGMENTS):
        filled = _FILLED.match(data, place)
        if filled is None:
            return None
        marker, length = _SEGMENT.unpack_from(data, filled.end())
        if marker in _FRAMES:
            _, _, height, width = _FRAME.unpack_from(data, filled.end())
            return height, width
        if marker == _SCAN or length < _MIN_SEGMENT_LENGTH:
            return None
        place = filled.end() + 1 + length
    return None


def _size_of_other(data: bytes) -> Size | None:
    """Return the size of an image of another format."""
    from PIL import Image  # here: rarely needed

    try:
        with Image.open(BytesIO(data)) as image:
            return image.height, image.width
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
