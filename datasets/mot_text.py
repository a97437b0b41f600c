"""Read and write the MOTChallenge text format.

Source: https://motchallenge.net/instructions. A line is frame, identity, left, top, width, height,
score, then: in the ground truth of MOT16 and later class and visibility, in results and MOT15 three
numbers that are not used here. Frames and pixels count from one in the file and from zero in
`Tracks`; this module is the only place where that changes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.files import replacing
from datasets.types import Extent, RowError, Tracks

_LABELLED, _PLAIN = 9, 7  # columns that must be there, with and without class and visibility
_UNNAMED_CLASS = 1  # a file without classes holds pedestrians, class 1 of every MOTChallenge


def read_tracks(path: Path, extent: Extent, *, labelled: bool = False) -> Tracks:
    """Return the rows of a MOTChallenge file.

    Args:
        labelled: Columns 8 and 9 hold class and visibility, as in ground truth since MOT16.
            Otherwise every row is class 1, a pedestrian.

    Raises:
        ValueError: A line has too few columns, something that is not a number, or breaks a rule of
            Tracks. Names file and line.
    """
    values, lines = _read_numbers(path, _LABELLED if labelled else _PLAIN)
    near = values[:, 2:4] - 1
    try:
        return Tracks(
            extent,
            frame=values[:, 0] - 1,
            track=values[:, 1],
            class_id=values[:, 7] if labelled else np.full(len(values), _UNNAMED_CLASS),
            score=values[:, 6],
            box=np.concatenate([near, near + values[:, 4:6]], axis=1),
            visibility=values[:, 8] if labelled else None,
        )
    except RowError as error:
        raise _line_error(path, lines[error.row], error.reason + ", counting from 0") from error


def write_tracks(path: Path, tracks: Tracks) -> None:
    """Write results: ten columns, the last three -1. Masks, classes and visibility are lost.

    Numbers are written so that they read back as the same double.
    """
    near = tracks.box[:, :2] + 1
    size = tracks.box[:, 2:] - tracks.box[:, :2]
    with replacing(path) as part, part.open("w") as file:
        for row in range(len(tracks)):
            left, top = near[row].tolist()
            wide, high = size[row].tolist()
            file.write(
                f"{tracks.frame[row] + 1},{tracks.track[row]},{left!r},{top!r},{wide!r},{high!r},"
                f"{float(tracks.score[row])!r},-1,-1,-1\n"
            )


def _read_numbers(path: Path, least: int) -> tuple[np.ndarray, list[int]]:
    """Return the first `least` columns, (N, least) float64, and the line number of each row."""
    text = path.read_text()
    lines = [n for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        return np.zeros((0, least)), []
    try:
        values = np.loadtxt(
            text.splitlines(), delimiter=",", usecols=range(least), ndmin=2, comments=None
        )
    except ValueError as error:
        raise _first_bad_line(path, text, least) or error from error
    whole = np.isfinite(values[:, :2]).all(axis=1) & (values[:, :2] % 1 == 0).all(axis=1)
    if not whole.all():
        raise _line_error(
            path, lines[int(np.argmin(whole))], "expected whole numbers as frame and identity"
        )
    return values, lines


def _first_bad_line(path: Path, text: str, least: int) -> ValueError | None:
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split(",")
        if line.strip() and len(cells) < least:
            return _line_error(path, number, f"{len(cells)} columns, expected at least {least}")
        for cell in cells[:least] if line.strip() else ():
            if not _is_number(cell):
                return _line_error(path, number, f"{cell!r} found where a number was expected")
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _line_error(path: Path, number: int, reason: str) -> ValueError:
    line = path.read_text().splitlines()[number - 1]
    return ValueError(f"{path}, line {number} ({line[:80]!r}): {reason}")
