"""Read and write the MOTChallenge text format.

Source: https://motchallenge.net/instructions. A line holds frame, identity, left, top, width,
height, score, followed by class and visibility in the ground truth of MOT16 and later, or by three
unused numbers in results and MOT15. Frames and pixels count from one in the file and from zero in
`Tracks`; this module is the only place where that changes.

As in TrackEval 1.3.0, columns are separated by commas, semicolons, tabs or spaces, and a line may
end with a separator.
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
from datasets.io.mended import count_mended
from datasets.io.text_lines import BYTE_ORDER_MARK, number_lines, read_text
from datasets.io.text_numbers import (
    check_frames,
    check_identities,
    check_numbers,
    mend_sizes,
    parse_numbers,
)
from datasets.types import Extent, Tracks

Kind = Literal["results", "truth", "mot15"]
_MIN_COLUMNS = 6  # frame, identity and box
_USED_COLUMNS = {"results": 8, "truth": 9, "mot15": 7}
_SCORE, _CLASS, _VISIBILITY = 6, 7, 8  # columns that may be absent
_UNUSED = re.compile(rb"\s*-1(\.0*)?\s*")  # a cell without information
_BLANKS = re.compile(rb"[ \t]+")
_NO_CLASS = (-1, 0)
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

    Without a column for the score, every score is 1.

    Args:
        kind: `truth`: columns 8 and 9 hold class and visibility, as in ground truth since MOT16. If
            there is only one class, the class may be missing, 0 or -1. The visibility is unknown if
            it is missing or not in 0 .. 1 in any row.
            `mot15`: every row is class 1. `results`, also detections: column 8 is the class if
            present; if it is missing, 0 or -1, see `unnamed_class`.

    Raises:
        ValueError: A line has too few columns, a value that is not a number, or no class where
            there are several, or breaks a rule of Tracks. Names file and line.
    """
    values = _read_numbers(path, _USED_COLUMNS[kind])
    near = values[:, 2:4] - 1
    try:
        check_frames(values[:, 0], 1, extent.frame_count)
        return Tracks(
            extent,
            frame=values[:, 0] - 1,
            track=values[:, 1],
            class_id=_classes(values, extent, kind),
            score=_column(values, _SCORE, 1.0),
            box=mend_sizes(np.concatenate([near, near + values[:, 4:6]], axis=1)),
            visibility=_visibility(values) if kind == "truth" else None,
        )
    except RowError as error:
        raise _row_error(path, error.row, error.reason) from error


def _column(values: np.ndarray, column: int, default: float) -> np.ndarray:
    """Return a column, or a default for a file without it."""
    return values[:, column] if values.shape[1] > column else np.full(len(values), default)


def _visibility(values: np.ndarray) -> np.ndarray | None:
    """Return the visibility of each row, None if that of any row is unknown."""
    if values.shape[1] <= _VISIBILITY:
        return None
    share = values[:, _VISIBILITY]
    unknown = ~((share >= 0) & (share <= 1))
    if unknown.any() and not unknown.all():
        what = "rows whose visibility is not in 0 .. 1, which makes that of their file unknown"
        count_mended(what, unknown.sum())
    return None if unknown.any() else share


def unnamed_class(extent: Extent) -> int | None:
    """Return the class of results whose class column is 0 or -1, None if it is ambiguous.

    It is the only class that is scored; for the classes of MOTChallenge itself, pedestrian.
    """
    scored = [key for key in extent.classes if key not in extent.ignored]
    if len(scored) == 1:
        return scored[0]
    return _PEDESTRIAN if extent.classes == CLASSES else None


def _classes(values: np.ndarray, extent: Extent, kind: Kind) -> np.ndarray:
    """Return the class of each row; RowError for a missing or unknown class."""
    if kind == "mot15":
        return np.full(len(values), float(_PEDESTRIAN))
    found = _column(values, _CLASS, -1.0)
    key = unnamed_class(extent) if kind == "results" or len(extent.classes) == 1 else None
    known = np.isin(found, [*extent.classes])
    unnamed = ~known & np.isin(found, _NO_CLASS)
    if key is not None:
        found, known = np.where(unnamed, key, found), known | unnamed
    if not known.all():
        row = int(np.argmin(known))
        named = f"class {found[row]:g}" if values.shape[1] > _CLASS else "no class"
        raise RowError(row, _describe_classes(extent, kind, named, missing=bool(unnamed[row])))
    return found


def _describe_classes(extent: Extent, kind: Kind, found: str, *, missing: bool) -> str:
    """Return the reason for refusing a class, with what would help."""
    expected = ", ".join(f"{key} for {name}" for key, name in extent.classes.items())
    reason = f"expected {expected} in column 8, found {found}"
    if not missing:
        return f"{reason}: class names of one's own data are given in classes.yaml"
    if kind == "truth":
        return f"{reason}: ground truth without classes is scored with --protocol mot15 or plain"
    return (
        f"{reason}: add the class to every line, or, if all lines have the same class, give it by "
        "an option (only_class, detected_class)"
    )


def count_unread(path: Path, kind: Kind = "results") -> dict[str, int]:
    """Return the fields of a readable file which Tracks cannot hold, and the count of lines."""
    first = _USED_COLUMNS[kind]
    rest = (_tidy(line).split(b",")[first:] for _, line in number_lines(_read_commas(path)))
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


def _read_numbers(path: Path, used: int) -> np.ndarray:
    """Return the first `used` columns, or as many as there are, at least six, as float64."""
    data = _read_commas(path)
    if not data or data.isspace():
        return np.zeros((0, used))
    width = _tidy(next(number_lines(data))[1]).count(b",") + 1
    columns = min(max(width, _MIN_COLUMNS), used)
    cause = None
    if not _has_lone_return(data):
        try:
            return parse_numbers(data, columns, ",")
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            cause = error
    data = b"\n".join(map(_tidy, data.split(b"\n")))
    bad = _first_bad_line(path, data, columns)
    if bad:
        raise bad from cause
    # otherwise lines of white space and separators at line ends are the only possible causes
    return parse_numbers(b"\n".join(line for _, line in number_lines(data)), columns, ",")


def _has_lone_return(data: bytes) -> bool:
    """Return whether a carriage return, which ends a line for Arrow, has no line feed after it."""
    return b"\r" in data and data.count(b"\r") != data.count(b"\r\n")


def _read_commas(path: Path) -> bytes:
    """Return the text of a file, with commas in place of other separators.

    Raises:
        ValueError: A line has commas, but the first line another separator. Names file and line.
    """
    data = read_text(path).removeprefix(BYTE_ORDER_MARK)
    _, first = next(number_lines(data), (0, b","))
    cells = first.split(b";") if b";" in first else first.split()
    if b"," in first or len(cells) < _MIN_COLUMNS:
        return data
    if b"," in data:
        number, line = next(each for each in number_lines(data) if b"," in each[1])
        expected = "';'" if b";" in first else "white space"
        reason = f"expected {expected} between columns as in the first line, found ','"
        raise line_error(path, number, reason, _start_of(line))
    if b";" in first:
        return data.replace(b";", b",")
    lines = (line.removesuffix(b"\r").strip(b" \t") for line in data.split(b"\n"))
    return b"\n".join(_BLANKS.sub(b",", line) for line in lines)


def _tidy(line: bytes) -> bytes:
    """Return a line without the separator at its end, unless it holds nothing else."""
    kept = line.removesuffix(b"\r").rstrip(b" \t").removesuffix(b",")
    return kept if kept.strip() else line


def _first_bad_line(path: Path, data: bytes, minimum: int) -> ValueError | None:
    """Return the error for the first invalid line, None if there is none."""
    width = None
    for row, (_, line) in enumerate(number_lines(data)):
        try:
            width = _check_line(line, row, minimum, width)
        except RowError as error:
            return _row_error(path, row, error.reason)
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
