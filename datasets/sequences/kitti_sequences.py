"""Frame counts of KITTI's sequences, which their files do not provide.

Source of the table: the seqmaps of the KITTI-MOTS tools.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Many
from pathlib import Path

from datasets.io.errors import line_error
from datasets.io.files import read_small_text
from datasets.io.mended import count_mended
from datasets.tables.columns import whole_number
from datasets.types import MAX_FRAMES, Tracks

_LENGTHS = (
    154, 447, 233, 144, 314, 297, 270, 800, 390, 803, 294,
    373, 78, 340, 106, 376, 209, 145, 339, 1059, 837,
)  # fmt: skip
FRAME_COUNT = {f"{number:04d}": length for number, length in enumerate(_LENGTHS)}  # of training
_MIN_SHARE = 0.9  # of a sequence's frames that the benchmark's ground truth reaches
_NAME, _COUNT = 0, 3  # columns of a seqmap
_SEPARATOR = re.compile(r"[\s,;]+")
_MAX_DIGITS = 8


def read_seqmap(truth: Path, sequence: str, prefix: str) -> int | None:
    """Return the number in the seqmaps beside the ground truth, None if they lack the sequence.

    A line holds name, `empty`, first frame and the number, which is that of the frames in
    `evaluate_tracking.seqmap.training` and similar, as TrackEval 1.3.0 reads them, but the last
    frame in `evaluate_mots.seqmap.val` and similar.

    Args:
        truth: Folder of the ground truth; the seqmaps are in it or beside it.
        prefix: Start of the names of the seqmaps.

    Raises:
        ValueError: The number is not a whole number, or two seqmaps differ.
    """
    found: dict[int, Path] = {}
    for folder in (truth, truth.resolve().parent):
        for path in sorted(folder.glob(f"{prefix}*")):
            for number, line in enumerate(read_small_text(path, "replace").splitlines(), 1):
                cells = _SEPARATOR.split(line.strip())
                if sequence in _names(cells[_NAME]):
                    found.setdefault(_frame_number(path, number, cells), path)
    if len(found) > 1:
        both = " and ".join(f"{count} in {path}" for count, path in found.items())
        raise ValueError(f"{sequence}: expected one number of frames, found {both}")
    return next(iter(found), None)


def _names(cell: str) -> tuple[str, ...]:
    """Return the names of a sequence in a seqmap: 2 is 0002 too, as in TrackEval."""
    digits = cell.isascii() and cell.isdecimal() and len(cell) <= _MAX_DIGITS
    return (cell, f"{int(cell):04d}") if digits else (cell,)


def _frame_number(path: Path, line: int, cells: Many[str]) -> int:
    """Return the number in the fourth column; ValueError if it is not a whole number from 0."""
    if len(cells) <= _COUNT:
        reason = f"expected {_COUNT + 1} columns: name, `empty`, first frame, number of frames"
        raise line_error(path, line, f"{reason}, found {len(cells)}")
    try:
        number = whole_number(cells[_COUNT])
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_FRAMES:
        expected = f"a whole number up to {MAX_FRAMES} in column {_COUNT + 1}"
        raise line_error(path, line, f"expected {expected}, found {cells[_COUNT][:40]!r}")
    return number


def benchmark_frame_count(sequence: str, last: int) -> int | None:
    """Return the number of frames of KITTI's own sequence of that name, None for another one.

    KITTI's ground truth has rows up to the last frames. A file that ends much earlier, or later, is
    not KITTI's.

    Args:
        last: Number of frames up to the last row.
    """
    count = FRAME_COUNT.get(sequence, 0)
    return count if count * _MIN_SHARE <= last <= count and count else None


def count_frames(sequence: str, truth: Tracks, prediction: Tracks) -> int:
    """Return the number of frames of a sequence for which no seqmap or option gives it.

    It is that of the benchmark's sequence if the ground truth is the benchmark's, and else goes up
    to the last row of either side.
    """
    last, end = (int(each.frame.max(initial=-1)) + 1 for each in (truth, prediction))
    count = benchmark_frame_count(sequence, last)
    if count is None or end > count:
        count = max(last, end)
        if end > last:
            what = "sequences whose results end after the ground truth, scored up to the last row"
            count_mended(f"{what} (a seqmap or --frames gives the number of frames)")
        if sequence in FRAME_COUNT and count != FRAME_COUNT[sequence]:
            what = "sequences with a name but not the number of frames of KITTI's"
            count_mended(f"{what}, scored up to the last row")
    return count
