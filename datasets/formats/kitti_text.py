"""Read and write the text format of KITTI's tracking benchmark: only the boxes in the image.

Source: http://www.cvlibs.net/datasets/kitti/eval_tracking.php and TrackEval 1.3.0, kitti_2d_box. A
line holds frame, identity, type, truncated, occluded, alpha, left, top, right, bottom, three sizes,
three coordinates and the rotation of the 3-D box, and in results a score, separated by spaces. As
in TrackEval, the separator may be another one, all columns after the bottom may be missing, and
lines of different frames may differ in their number of columns. Frames count from zero. Corners are
used unchanged, as in TrackEval. DontCare marks an ignore region: its rows have no identity here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from datasets.io.errors import RowError
from datasets.io.files import replacing
from datasets.io.mended import count_mended
from datasets.io.text_lines import count_comments, number_rows, read_text
from datasets.io.text_numbers import (
    as_numbered,
    check_frames,
    check_identities,
    check_numbers,
    to_numbers,
)
from datasets.overlap import mend_sizes
from datasets.tables.columns import check_widths, find_separator, unquote
from datasets.tables.table import Table, naming_line, row_error
from datasets.types import NO_TRACK, Extent, Tracks

Kind = Literal["results", "truth"]
CLASSES = {
    1: "car",
    2: "van",
    3: "truck",
    4: "pedestrian",
    5: "person_sitting",  # Person in the files; a standing person is a pedestrian
    6: "cyclist",
    7: "tram",
    8: "misc",
    9: "dontcare",
}
DONT_CARE = 9
_TYPES = {key: name.capitalize() for key, name in CLASSES.items()} | {5: "Person", 9: "DontCare"}
_IDS = {name.encode(): b"%d" % key for key, name in CLASSES.items()} | {
    b"person": b"5",
    b"car_2": b"1",  # as in TrackEval
}

_FIRST_FRAME = 0
_MIN_COLUMNS, _USED_COLUMNS = 10, 18
_FRAME, _IDENTITY, _TYPE, _TRUNCATED, _OCCLUDED, _SOLID_HEIGHT, _SCORE = 0, 1, 2, 3, 4, 10, 17
_BOX = slice(6, 10)
_MAX_TRUNCATED, _MAX_OCCLUDED = 0, 2  # what KITTI still scores
_LEVELS = (0, 3)  # written levels of occlusion: scored, not scored
_NO_ALPHA, _NO_BOX = "-10", "-1 -1 -1 -1000 -1000 -1000 -10"  # KITTI's values for unknown


def kitti_extent(height: int, width: int, frame_count: int) -> Extent:
    """Return the extent of a KITTI sequence, with the format's classes."""
    return Extent(height, width, frame_count, CLASSES, (DONT_CARE,))


def read_tracks(path: Path, extent: Extent, kind: Kind = "results") -> Tracks:
    """Return the boxes of a KITTI file.

    Args:
        extent: Extent with the format's classes.
        kind: `truth`: rows too occluded or truncated to be scored get score 0; a column of scores
            is not used. `results`: 18 columns; with fewer, the score is 1.

    A negative identity is none. If classes share an identity in a frame, which TrackEval allows,
    identities are numbered anew.

    Raises:
        ValueError: A line has the wrong number of columns, a value that is not a number or an
            unknown type, or breaks a rule of Tracks. Names file and line.
    """
    try:
        table = _read_table(path)
        values = table.values
        ignored = values[:, _TYPE] == DONT_CARE
        track = values[:, _IDENTITY]
        nameless = ignored | ((track < 0) & np.isfinite(track))
        check_widths(table.width, _MIN_COLUMNS, nameless, ignored, values[:, _FRAME])
        check_frames(values[:, _FRAME], _FIRST_FRAME, extent.frame_count)
        return Tracks(
            extent,
            frame=values[:, _FRAME],
            track=_identities(values, nameless),
            class_id=values[:, _TYPE],
            score=_scores(table, ignored, kind),
            box=mend_sizes(values[:, _BOX]),
        )
    except RowError as error:
        raise row_error(path, error.row, as_numbered(error.reason, _FIRST_FRAME)) from error


def _identities(values: np.ndarray, nameless: np.ndarray) -> np.ndarray:
    """Return the identity of each row, unique within a frame if it is so within each class."""
    track = values[:, _IDENTITY]
    frame, name, kind = values[~nameless][:, [_FRAME, _IDENTITY, _TYPE]].T
    if _repeat(name, frame) and not _repeat(kind, name, frame):
        count_mended("KITTI files in which classes share identities, numbered anew")
        _, number = np.unique(np.column_stack([name, kind]), axis=0, return_inverse=True)
        track = track.copy()
        track[~nameless] = number.ravel()
    return np.where(nameless, NO_TRACK, track)


def _repeat(*columns: np.ndarray) -> bool:
    """Return whether two rows are equal in all columns."""
    order = np.lexsort(columns)
    return bool(np.all([np.diff(column[order]) == 0 for column in columns], axis=0).any())


def count_unread(path: Path, kind: Kind = "results") -> dict[str, int]:
    """Return the fields of a readable file which Tracks cannot hold, and the count of lines."""
    values = _read_table(path).values
    solid = values[:, _SOLID_HEIGHT : _SOLID_HEIGHT + 1] > 0  # no column if the lines are short
    present = {"3-D boxes": int(solid.sum())}
    if kind == "truth":
        written = (values[:, _TRUNCATED] == 0) & np.isin(values[:, _OCCLUDED], _LEVELS)
        graded = ~written & (values[:, _TYPE] != DONT_CARE)
        present["occlusion and truncation levels"] = int(graded.sum())
    return {name: count for name, count in present.items() if count}


def write_tracks(path: Path, tracks: Tracks, kind: Kind = "results") -> None:
    """Write boxes as numbers that read back as the same float64.

    Masks, visibility and areas are dropped.

    Args:
        kind: `results`: with scores. `truth`: without; a score of 0 becomes occluded 3, which is
            not scored, and other scores are dropped.

    Raises:
        ValueError: A row has a class that is not KITTI's, or an identity beyond the exact range of
            float64.
    """
    for key in np.unique(tracks.class_id).tolist():
        if tracks.extent.classes[key] != CLASSES.get(key):
            found = f"{tracks.extent.classes[key]!r} for class {key}"
            raise ValueError(f"{path}: expected one of {CLASSES}, found {found}")
    check_identities(path, tracks.track)
    with replacing(path) as part, part.open("w") as file:
        for row, box in enumerate(tracks.box.tolist()):
            class_id, score = int(tracks.class_id[row]), float(tracks.score[row])
            ignored = class_id == DONT_CARE
            identity = NO_TRACK if ignored else tracks.track[row]
            hidden = "-1 -1" if ignored or kind == "results" else f"0 {_LEVELS[score == 0]}"
            file.write(
                f"{tracks.frame[row]} {identity} {_TYPES[class_id]} {hidden} {_NO_ALPHA} "
                f"{' '.join(map(repr, box))} {_NO_BOX}{'' if kind == 'truth' else f' {score!r}'}\n"
            )


def _read_table(path: Path) -> Table:
    """Return the columns as numbers, with the type as class id; RowError for an invalid line."""
    data = unquote(read_text(path))
    count_comments(data)
    lines = list(number_rows(data))
    with naming_line(path, *next(iter(lines), (1, b""))):
        separator = find_separator(lines[0][1], _MIN_COLUMNS) if lines else None
    cells = [_split(line, separator) for _, line in lines]
    for number, row in enumerate(cells):
        if len(row) < _MIN_COLUMNS:
            raise RowError(number, f"expected at least {_MIN_COLUMNS} columns, found {len(row)}")
        check_numbers(row[:1], number)
        key = _IDS.get(row[_TYPE].lower())
        if key is None:
            found = repr(row[_TYPE][:40].decode(errors="replace"))
            raise RowError(number, f"type: expected one of {[*_TYPES.values()]}, found {found}")
        row[_TYPE] = key
    width = np.array([len(row) for row in cells], np.int64)
    columns = min(int(width.max(initial=_MIN_COLUMNS)), _USED_COLUMNS)
    padded = [[*row[:columns], *[b"nan"] * (columns - len(row))] for row in cells]
    return Table(to_numbers(padded, columns), width)


def _split(line: bytes, separator: bytes | None) -> list[bytes]:
    """Return the cells of a line, without the empty one after a separator at its end."""
    cells = [cell.strip() for cell in line.split(separator)]
    return cells if cells[-1] else cells[:-1]


def _scores(table: Table, ignored: np.ndarray, kind: Kind) -> np.ndarray:
    """Return the score of each row; in ground truth, 0 for rows that are not scored."""
    if kind == "results":
        return table.column(_SCORE, 1.0)
    values = table.values
    truncated, occluded = values[:, _TRUNCATED], values[:, _OCCLUDED]
    broken = ~(np.isfinite(truncated) & np.isfinite(occluded))
    if broken.any():
        row = int(np.argmax(broken))
        found = f"truncated {truncated[row]}, occluded {occluded[row]}"
        raise RowError(row, f"expected finite numbers, found {found}")
    # levels are truncated to whole numbers first, so that 0.5 counts as 0, as in TrackEval
    visible = (np.trunc(truncated) <= _MAX_TRUNCATED) & (np.trunc(occluded) <= _MAX_OCCLUDED)
    return np.where(ignored | visible, 1.0, 0.0)
