"""Read and write the MOTChallenge text format.

Source: https://motchallenge.net/instructions. A line holds frame, identity, left, top, width,
height, score, followed by class and visibility in the ground truth of MOT16 and later, or by three
unused numbers in results and MOT15. Frames and pixels count from one in the file and from zero in
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
_MIN_COLUMNS = {"results": 7, "truth": 9, "mot15": 7}
_CLASS = 7  # column of the class
_UNUSED = re.compile(rb"\s*-1(\.0*)?\s*")  # a cell without information
_PEDESTRIAN = 1  # the only class in results of MOTChallenge, whichever its ground truth has
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
            `mot15`: every row is class 1. `results`, also detections: column 8 is the class if
            present; if it is missing or -1, see `unnamed_class`.

    Raises:
        ValueError: A line has too few columns, a value that is not a number, or no class where
            there are several, or breaks a rule of Tracks. Names file and line.
    """
    values = _read_numbers(path, _MIN_COLUMNS[kind], with_class=kind == "results")
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
    """Return the class of results whose class column is -1, None if it is ambiguous.

    It is the only class that is scored; for the classes of MOTChallenge itself, pedestrian.
    """
    scored = [key for key in extent.classes if key not in extent.ignored]
    if len(scored) == 1:
        return scored[0]
    return _PEDESTRIAN if extent.classes == CLASSES else None


def _named_classes(path: Path, values: np.ndarray, extent: Extent) -> np.ndarray:
    """Return the classes of results; ValueError for a row without a class if there are several."""
    found = values[:, _CLASS] if values.shape[1] > _CLASS else np.full(len(values), -1.0)
    unnamed, key = found == -1, unnamed_class(extent)
    if key is not None or not unnamed.any():
        return np.where(unnamed, key, found) if key is not None else found
    known = ", ".join(f"{key} for {name}" for key, name in extent.classes.items())
    missing = "class -1" if values.shape[1] > _CLASS else "no class"
    raise _row_error(
        path,
        int(np.argmax(unnamed)),
        f"expected {known} in column 8, found {missing}: add the class to every line, or, if all "
        "lines have the same class, give it by an option (only_class, detected_class)",
    )


def count_unread(path: Path, kind: Kind = "results") -> dict[str, int]:
    """Return the fields of a readable file which Tracks cannot hold, and the count of lines."""
    first = {"mot15": _CLASS, "truth": _MIN_COLUMNS["truth"], "results": _CLASS + 1}[kind]
    rest = (line.split(b",")[first:] for _, line in number_lines(read_text(path)))
    count = sum(not all(map(_UNUSED.fullmatch, cells)) for cells in rest)
    return {f"columns from the {first + 1}th on": count} if count else {}


def write_tracks(path: Path, tracks: Tracks, kind: Kind = "results") -> None:
    """Write rows as numbers that read back as the same float64.

    Args:
        kind: `results`, `mot15`: ten columns, the last three -1; `results` have the class in column
            8 unless -1 is read as the same class. Masks, visibility and areas are dropped.
            `truth`: nine columns with class and visibility, which is 1 if unknown; masks and areas
            are dropped.

    Raises:
        ValueError: An identity is beyond the exact range of float64.
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
    """Return the columns after the score for each row."""
    classes = tracks.class_id.tolist()
    if kind == "truth":
        share = np.ones(len(tracks)) if tracks.visibility is None else tracks.visibility
        return [f"{key},{each!r}" for key, each in zip(classes, share.tolist(), strict=True)]
    known = tracks.extent.classes
    plain = (known == CLASSES or len(known) == 1) and {*classes} <= {unnamed_class(tracks.extent)}
    if kind == "mot15" or plain:
        return ["-1,-1,-1"] * len(classes)
    return [f"{key},-1,-1" for key in classes]


def _read_numbers(path: Path, columns: int, *, with_class: bool) -> np.ndarray:
    """Return the first `columns` columns, or the first eight if present and requested, float64."""
    data = read_text(path).removeprefix(BYTE_ORDER_MARK)
    if not data.strip():
        return np.zeros((0, columns))
    if with_class and next(number_lines(data))[1].count(b",") >= _CLASS:
        columns = _CLASS + 1
    cause = None
    if data.count(b"\r") == data.count(b"\r\n"):  # a lone \r would end a line for Arrow
        try:
            return parse_numbers(data, columns, ",")
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            cause = error
    bad = _first_bad_line(path, data, columns)
    if bad:
        raise bad from cause
    # otherwise lines of white space are the only possible cause
    return parse_numbers(b"\n".join(line for _, line in number_lines(data)), columns, ",")


def _first_bad_line(path: Path, data: bytes, minimum: int) -> ValueError | None:
    """Return the error for the first invalid line, None if there is none."""
    width = None
    for row, (number, line) in enumerate(number_lines(data)):
        try:
            width = _check_line(line, row, minimum, width)
        except RowError as error:
            return line_error(path, number, error.reason, _start_of(line))
    return None


def _check_line(line: bytes, row: int, minimum: int, width: int | None) -> int:
    """Return the number of columns of a line, which must equal `width` unless that is None."""
    columns = line.count(b",") + 1
    if b"\r" in line:
        raise RowError(row, "carriage return within the line")
    if columns < minimum:
        raise RowError(row, f"expected at least {minimum} columns, found {columns}")
    check_numbers(line.split(b",", minimum)[:minimum], row)
    if width not in (None, columns):
        raise RowError(row, f"expected {width} columns as in the first line, found {columns}")
    return columns


def _row_error(path: Path, row: int, reason: str) -> ValueError:
    number, line = next(islice(number_lines(path.read_bytes()), row, None))
    return line_error(path, number, reason, _start_of(line))


def _start_of(line: bytes) -> str:
    return line[:400].decode(errors="replace")
