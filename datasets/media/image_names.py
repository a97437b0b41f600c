"""Order the images of a folder by the numbers in their names.

A number with a decimal point is one number, unless more points follow as in a date. A dash is a
sign at the start of a name or after a separator, and a dash otherwise, as in a date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Many
from fractions import Fraction
from itertools import pairwise
from math import inf
from pathlib import Path

IMAGES = frozenset(
    {".avif", ".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".pgm", ".png", ".pnm", ".ppm", ".tif"}
    | {".tiff", ".webp"}
)
VIDEOS = frozenset(
    {".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"}
    | {".ogv", ".ts", ".webm", ".wmv"}
)
_UNREADABLE = {
    **dict.fromkeys((".heic", ".heif", ".hif"), "heif-convert or ImageMagick"),
    **dict.fromkeys((".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"), "darktable"),
    **dict.fromkeys((".exr", ".hdr", ".jxl", ".psd", ".svg", ".tga"), "ImageMagick"),
}  # formats of images that are not read, and what converts them
_OF_SYSTEMS = frozenset({"__macosx", "desktop.ini", "thumbs.db"})
_NUMBER = re.compile(
    r"(?P<chain>[0-9]+(?:\.[0-9]+){2,})|"
    r"(?P<sign>(?:(?<=[_=(])|^)-)?(?P<whole>[0-9]+)(?:\.(?P<fraction>[0-9]+))?"
)
_DAY_FIRST = re.compile(
    r"(?<![0-9])([0-9]{1,2})[-._ ]([0-9]{1,2})[-._ ]((?:19|20)[0-9]{2})(?![0-9])"
)
_SHOWN = 3  # names in a message

Key = tuple[tuple[Fraction | int | float, str], ...]


def sort_images(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted by the numbers in their names, then the text.

    `2.jpg` comes before `10.jpg`, `b2.png` before `b10.png`, `0.25.png` before `0.5.png`, and
    `-1.png` before `0.png`. Hidden files and other files than images are left out.

    Raises:
        ValueError: Two names differ only in their suffix or in leading zeros, the names have two
            readings that give different orders, or images are in a format that is not read.
    """
    files = visible(folder)
    _refuse_unreadable(folder, files)
    paths = [path for path in files if path.suffix.lower() in IMAGES]
    found = sorted(paths, key=lambda path: (order(path.stem), path.name))
    for one, other in pairwise(found):
        if order(one.stem) == order(other.stem):
            raise ValueError(f"{folder}: {one.name} and {other.name} are the same frame")
    _refuse_two_readings(folder, found)
    return found


def visible(folder: Path) -> list[Path]:
    """Return the files and folders in a folder by name, without hidden ones."""
    names = sorted(path.name for path in folder.iterdir())
    shown = [name for name in names if not name.startswith(".")]
    return [folder / name for name in shown if name.lower() not in _OF_SYSTEMS]


def order(stem: str, *, decimal: bool | None = None) -> Key:
    """Return a name split into its numbers and the text between them, for sorting.

    Args:
        decimal: Whether a number with one decimal point is one number; by default, only where no
            letter is directly before it.
    """
    parts: list[tuple[Fraction | int | float, str]] = []
    end = 0
    for found in _NUMBER.finditer(stem):
        parts += [(-inf, stem[end : found.start()])] if found.start() > end else []
        free = not stem[found.start() - 1 : found.start()].isalpha()
        parts += _numbers(found, decimal=free if decimal is None else decimal)
        end = found.end()
    return (*parts, (-inf, stem[end:])) if end < len(stem) else tuple(parts)


def _numbers(found: re.Match[str], *, decimal: bool) -> list[tuple[Fraction | int | float, str]]:
    """Return the numbers of a match: one, or several with points between them."""
    if found["chain"] or (found["fraction"] and not decimal):
        text = found["chain"] or f"{found['whole']}.{found['fraction']}"
        return [(int(each), "") for each in text.split(".")]
    number = Fraction(found["whole"] + (f".{found['fraction']}" if found["fraction"] else ""))
    return [(-number if found["sign"] else number, "")]


def has_decimals(paths: Many[Path]) -> bool:
    """Return whether the order of images depends on reading decimal points as such."""
    if not any("." in path.stem for path in paths):
        return False
    return [*paths] != sorted(paths, key=lambda path: order(path.stem, decimal=False))


def _refuse_two_readings(folder: Path, paths: Many[Path]) -> None:
    """Raise ValueError if numbers with points, or dates with the year last, are ambiguous."""
    if any("." in path.stem for path in paths):
        _refuse_two_orders(folder, paths)
    if paths and _DAY_FIRST.search(paths[0].stem):
        _refuse_years_last(folder, paths)


def _refuse_two_orders(folder: Path, paths: Many[Path]) -> None:
    orders = [
        sorted(paths, key=lambda path: order(path.stem, decimal=True)),
        sorted(paths, key=lambda path: order(path.stem, decimal=False)),
    ]
    if orders[0] != orders[1] and ([*paths] == orders[1] or _has_uneven_zeros(paths)):
        one, other = next(pair for pair in zip(*orders, strict=True) if pair[0] != pair[1])
        raise ValueError(
            f"{folder}: the names have two orders: as decimal numbers, {one.name} comes before "
            f"{other.name}; as numbers with a point between them, after it: rename the images"
        )


def _refuse_years_last(folder: Path, paths: Many[Path]) -> None:
    dated = [path for path in paths if _DAY_FIRST.search(path.stem)]
    times = [(_chronological(path), order(path.stem)) for path in dated]
    if len(dated) == len(paths) and times != sorted(times):
        shown = ", ".join(path.name for path in paths[:_SHOWN])
        raise ValueError(
            f"{folder}: expected names that sort by time, found dates with the year last: "
            f"{shown}: rename the images with the year first"
        )


def _chronological(path: Path) -> tuple[int, int, int]:
    found = _DAY_FIRST.search(path.stem)
    assert found is not None
    day, month, year = map(int, found.groups())
    return year, month, day


def _has_uneven_zeros(paths: Many[Path]) -> bool:
    """Return whether fractions end in 0 and differ in length: 1.9 and 1.10 may be counted."""
    found = [each["fraction"] for path in paths for each in _NUMBER.finditer(path.stem)]
    fractions = [each for each in found if each]
    ending = any(each.endswith("0") and len(each) > 1 for each in fractions)
    return ending and len({len(each) for each in fractions}) > 1


def _refuse_unreadable(folder: Path, files: Many[Path]) -> None:
    for path in files:
        converter = _UNREADABLE.get(path.suffix.lower())
        if converter is not None:
            kind = path.suffix[1:].upper()
            raise ValueError(
                f"{path}: {kind} images are not read: convert all images of {folder.name} to JPEG "
                f"or PNG, for example with {converter}"
            )
