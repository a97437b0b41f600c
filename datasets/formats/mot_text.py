"""Read and write the MOTChallenge text format.

Source: https://motchallenge.net/instructions. A line is frame, identity, left, top, width, height,
score, then: in the ground truth of MOT16 and later class and visibility, in results and MOT15 three
numbers that are not used here. Frames and pixels count from one in the file and from zero in
`Tracks`; this module is the only place where that changes.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from datasets.io.errors import RowError, line_error
from datasets.io.files import replacing
from datasets.io.text_lines import BYTE_ORDER_MARK, number_lines, read_text
from datasets.io.text_numbers import check_identities, check_numbers, parse_numbers
from datasets.types import Extent, Tracks

Kind = Literal["results", "truth", "mot15"]
_LEAST = {"results": 7, "truth": 9, "mot15": 7}  # columns that must be there
_CLASS = 7  # column of the class
_UNUSED = re.compile(rb"\s*-1(\.0*)?\s*")  # a cell that says nothing
_PEDESTRIAN = 1  # all that results of MOTChallenge hold, whichever classes its ground truth has
CLASSES = {
    1: "pedestrian",
    2: "person_on_vehicle",
    3: "car",
    4: "bicycle",
    5: "motorbike",
    6: "non_mot_vehicle",
    7: "static_person",
    8: "distractor",
    9: "occluder",
    10: "occluder_on_ground",
    11: "occluder_full",
    12: "reflection",
    13: "crowd",
}  # of MOT16, MOT17 and MOT20


def read_tracks(path: Path, extent: Extent, kind: Kind = "results") -> Tracks:
    """Return the rows of a MOTChallenge file.

    Args:
        kind: `truth`: columns 8 and 9 hold class and visibility, as in ground truth since MOT16.
            `mot15`: every row is class 1. `results`, also detections: column 8 is the class, where
            there is one; without it or where it is -1, see `unnamed_class`.

    Raises:
        ValueError: A line has too few columns, something that is not a number, names no class where
            there are several, or breaks a rule of Tracks. Names file and line.
    """
    values = _read_numbers(path, _LEAST[kind], with_class=kind == "results")
    near = values[:, 2:4] - 1
    if kind == "truth":
        classes = values[:, _CLASS]
    elif kind == "mot15":
        classes = np.full(len(values), float(_PEDESTRIAN))
    else:
        classes = _named_classes(path, values, extent)
    try:
        return Tracks(
            extent,
            frame=values[:, 0] - 1,
            track=values[:, 1],
            class_id=classes,
            score=values[:, 6],
            box=np.concatenate([near, near + values[:, 4:6]], axis=1),
            visibility=values[:, 8] if kind == "truth" else None,
        )
    except RowError as error:
        raise _row_error(path, error.row, error.reason) from error


def unnamed_class(extent: Extent) -> int | None:
    """Return the class of results whose class column says -1, None where it cannot be known.

    It is the only class that is scored; of the classes of MOTChallenge itself, pedestrian.
    """
    scored = [key for key in extent.classes if key not in extent.ignored]
    if len(scored) == 1:
        return scored[0]
    return _PEDESTRIAN if extent.classes == CLASSES else None


def _named_classes(path: Path, values: np.ndarray, extent: Extent) -> np.ndarray:
    """Return the classes of results; ValueError for a row without one where there are several."""
    found = values[:, _CLASS] if values.shape[1] > _CLASS else np.full(len(values), -1.0)
    unnamed, key = found == -1, unnamed_class(extent)
    if key is not None or not unnamed.any():
        return np.where(unnamed, key, found) if key is not None else found
    known = ", ".join(f"{key} for {name}" for key, name in extent.classes.items())
    said = "class -1" if values.shape[1] > _CLASS else "no class"
    raise _row_error(
        path,
        int(np.argmax(unnamed)),
        f"{said} found and there are several: expected {known} in column 8, in every line where "
        "all are of one class, or the option that says which (only_class, detected_class)",
    )


def count_unread(path: Path, kind: Kind = "results") -> dict[str, int]:
    """Return what a file that can be read holds beyond Tracks, and in how many lines."""
    first = _CLASS if kind == "mot15" else _LEAST["truth"] if kind == "truth" else _CLASS + 1
    rest = (line.split(b",")[first:] for _, line in number_lines(read_text(path)))
    count = sum(not all(map(_UNUSED.fullmatch, cells)) for cells in rest)
    return {f"columns from the {first + 1}th on": count} if count else {}


def write_tracks(path: Path, tracks: Tracks, kind: Kind = "results") -> None:
    """Write rows whose numbers read back as the same double.

    Args:
        kind: `results`, `mot15`: ten columns, the last three -1; `results` name the class in column
            8 unless -1 there is read as it. Masks, visibility and areas are lost. `truth`: nine
            columns with class and visibility, 1 where it is not known; masks and areas are lost.

    Raises:
        ValueError: An identity is no double.
    """
    check_identities(path, tracks.track)
    near = tracks.box[:, :2] + 1
    size = tracks.box[:, 2:] - tracks.box[:, :2]
    endings = _endings(tracks, kind)
    with replacing(path) as part, part.open("w") as file:
        for row, ending in enumerate(endings):
            left, top = near[row].tolist()
            wide, high = size[row].tolist()
            file.write(
                f"{tracks.frame[row] + 1},{tracks.track[row]},{left!r},{top!r},{wide!r},{high!r},"
                f"{float(tracks.score[row])!r},{ending}\n"
            )


def _endings(tracks: Tracks, kind: Kind) -> list[str]:
    """Return what follows the score in each row."""
    classes = tracks.class_id.tolist()
    if kind == "truth":
        seen = np.ones(len(tracks)) if tracks.visibility is None else tracks.visibility
        return [f"{key},{share!r}" for key, share in zip(classes, seen.tolist(), strict=True)]
    known = tracks.extent.classes
    plain = (known == CLASSES or len(known) == 1) and {*classes} <= {unnamed_class(tracks.extent)}
    if kind == "mot15" or plain:
        return ["-1,-1,-1"] * len(classes)
    return [f"{key},-1,-1" for key in classes]


def _read_numbers(path: Path, least: int, *, with_class: bool) -> np.ndarray:
    """Return the first `least` columns, or the first eight where there are so many, float64."""
    data = read_text(path).removeprefix(BYTE_ORDER_MARK)
    if not data.strip():
        return np.zeros((0, least))
    if with_class and next(number_lines(data))[1].count(b",") >= _CLASS:
        least = _CLASS + 1
    cause = None
    if data.count(b"\r") == data.count(b"\r\n"):  # any other would end a line to Arrow
        try:
            return parse_numbers(data, least, ",")
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            cause = error
    bad = _first_bad_line(path, data, least)
    if bad:
        raise bad from cause
    # only lines of blanks are left to blame
    return parse_numbers(b"\n".join(line for _, line in number_lines(data)), least, ",")


def _first_bad_line(path: Path, data: bytes, least: int) -> ValueError | None:
    """Return the error for the first line that is not as the others should be, if there is one."""
    width = None
    for row, (number, line) in enumerate(number_lines(data)):
        try:
            width = _check_line(line, row, least, width)
        except RowError as error:
            return line_error(path, number, error.reason, _begin(line))
    return None


def _check_line(line: bytes, row: int, least: int, width: int | None) -> int:
    """Return the number of columns of a line, which must be that of the first if it is known."""
    columns = line.count(b",") + 1
    if b"\r" in line:
        raise RowError(row, "a carriage return found within the line")
    if columns < least:
        raise RowError(row, f"{columns} columns, expected at least {least}")
    check_numbers(line.split(b",", least)[:least], row)
    if width not in (None, columns):
        raise RowError(row, f"{columns} columns, the first line has {width}")
    return columns


def _row_error(path: Path, row: int, reason: str) -> ValueError:
    number, line = next(islice(number_lines(path.read_bytes()), row, None))
    return line_error(path, number, reason, _begin(line))


def _begin(line: bytes) -> str:
    return line[:400].decode(errors="replace")
