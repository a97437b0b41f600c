"""Read and write the MOTS text format of KITTI-MOTS and MOTSChallenge.

Source: https://www.vision.rwth-aachen.de/page/mots. A line holds frame, identity, class, height,
width and a compressed COCO run length, separated by spaces. Frames count from zero in KITTI-MOTS
and from one in MOTSChallenge. Class 10 is an ignore region: its rows have no identity here. As in
TrackEval 1.3.0, rows of other classes than car and pedestrian and further columns are not used.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from datasets.io.errors import RowError, line_error
from datasets.io.files import replacing
from datasets.io.mended import count_mended
from datasets.io.text_lines import count_comments, number_rows, read_text
from datasets.io.text_numbers import as_numbered, check_frames, check_named
from datasets.masks.mask_set import Masks
from datasets.tables.columns import whole_number
from datasets.types import MAX_FRAMES, NO_TRACK, Extent, Tracks

CLASSES = {1: "car", 2: "pedestrian", 10: "ignore"}
IGNORE = 10
_IGNORE_IDENTITY = 10000
_COLUMNS = 6
_RUN = 5  # the last column that is read
_MAX_LINE_BYTES = 1 << 26  # more than a mask of 8192 x 8192 pixels needs
_BLOCK = 1 << 20
_MAX_NUMBER_DIGITS, _NINE = 15, 9  # digits of a number exact in float64; the largest digit


def mots_extent(height: int, width: int, frame_count: int) -> Extent:
    """Return the extent of a MOTS sequence, with the format's classes."""
    return Extent(height, width, frame_count, CLASSES, (IGNORE,))


def read_tracks(
    path: Path,
    extent: Extent | None = None,
    *,
    first_frame: int = 0,
    frame_count: int | None = None,
    named: bool = False,
) -> Tracks:
    """Return the masks of a MOTS file, with the tight box of each.

    Args:
        extent: Extent of the sequence; by default the image size of the first line, and frames up
            to the last one in the file.
        first_frame: Number of the first frame in the file: 0 in KITTI-MOTS, 1 in MOTSChallenge.
        frame_count: Number of frames of the sequence, if known and `extent` is not given.
        named: Whether each row must have an identity, except ignore regions.

    Raises:
        ValueError: A line has fewer than six columns, has a value that is not a number, another
            image size than `extent` or an invalid run length, or breaks a rule of Tracks. Names
            file and line. Or the file is empty and `extent` is not given.
    """
    numbers, runs = _read_columns(path)
    known = np.isin(numbers[:, 2], [*CLASSES])
    count_mended(f"masks of classes other than {[*CLASSES]}, skipped", int((~known).sum()))
    rows = np.flatnonzero(known)
    numbers, runs = numbers[rows], [runs[row] for row in rows.tolist()]
    if extent is None and not len(numbers):
        raise ValueError(f"{path}: the file is empty, so that the image size is unknown")
    try:
        extent = extent or _extent_of(numbers, first_frame, frame_count)
        _check_size(numbers, extent)
        masks = Masks.read(runs, extent.height, extent.width)
        check_frames(numbers[:, 0], first_frame, extent.frame_count)
        ignored = numbers[:, 2] == IGNORE
        if named:
            check_named(np.where(ignored, 0, numbers[:, 1]))
        return Tracks(
            extent,
            frame=numbers[:, 0] - first_frame,
            track=np.where(ignored, NO_TRACK, numbers[:, 1]),
            class_id=numbers[:, 2],
            score=np.ones(len(runs)),
            box=masks.boxes,
            rle=masks,
        )
    except RowError as error:
        number, _ = next(islice(number_rows(path.read_bytes()), int(rows[error.row]), None))
        raise line_error(path, number, as_numbered(error.reason, first_frame)) from error


def _extent_of(numbers: np.ndarray, first_frame: int, frame_count: int | None) -> Extent:
    last = min(max(int(numbers[:, 0].max()) - first_frame, 0), MAX_FRAMES - 1)
    try:
        return mots_extent(int(numbers[0, 3]), int(numbers[0, 4]), frame_count or last + 1)
    except ValueError as error:
        raise RowError(0, str(error)) from error


def write_tracks(path: Path, tracks: Tracks, *, first_frame: int = 0) -> None:
    """Write masks. Scores, boxes and visibility are dropped.

    Raises:
        ValueError: The tracks have no masks.
    """
    if tracks.rle is None and len(tracks):
        raise ValueError(f"{path}: the tracks have no masks to write")
    size = f"{tracks.extent.height} {tracks.extent.width}"
    with replacing(path) as part, part.open("w") as file:
        for row, run in enumerate(() if tracks.rle is None else tracks.rle.runs):
            ignored = tracks.class_id[row] == IGNORE
            identity = _IGNORE_IDENTITY if ignored else tracks.track[row]
            frame, class_id = tracks.frame[row] + first_frame, tracks.class_id[row]
            file.write(f"{frame} {identity} {class_id} {size} {run.decode()}\n")


def _read_columns(path: Path) -> tuple[np.ndarray, list[bytes]]:
    """Return the five numbers of each line, (N, 5) int64, and the run length of each line."""
    data = read_text(path, _MAX_LINE_BYTES)
    return _split(data) or _read_lines(path, data)


def _split(data: bytes) -> tuple[np.ndarray, list[bytes]] | None:
    """Return the columns of a file of numbers and a word, separated by single spaces.

    None if the file is not of this form: `_read_lines` then names the line, or reads it.
    """
    letters = np.frombuffer(data, np.uint8)
    if not data.endswith(b"\n") or _count_blanks(letters) != data.count(b"\n") * _COLUMNS:
        return None
    edges = np.flatnonzero(letters <= ord(" "))
    kind = letters[edges]
    ends, blanks = edges[kind == ord("\n")], edges[kind == ord(" ")]
    if len(blanks) != len(ends) * (_COLUMNS - 1) or b"\r" in data:
        return None
    edges = np.column_stack([np.append(0, ends[:-1] + 1), blanks.reshape(len(ends), -1) + 1])
    sizes = np.diff(edges) - 1
    if sizes.min() < 1 or sizes.max() > _MAX_NUMBER_DIGITS or (edges[:, -1] >= ends).any():
        return None
    numbers = np.zeros(sizes.shape, np.int64)
    for place in range(int(sizes.max())):
        present = place < sizes
        digit = letters[np.where(present, edges[:, :-1] + place, 0)].astype(np.int64) - ord("0")
        if ((digit < 0) | (digit > _NINE))[present].any():
            return None
        numbers = np.where(present, numbers * 10 + digit, numbers)
    begins = edges[:, -1].tolist()
    return numbers, [data[a:b] for a, b in zip(begins, ends.tolist(), strict=True)]


def _count_blanks(letters: np.ndarray) -> int:
    """Return the number of white-space characters, counted in little memory."""
    blocks = range(0, len(letters), _BLOCK)
    return sum(int(np.count_nonzero(letters[at : at + _BLOCK] <= ord(" "))) for at in blocks)


def _read_lines(path: Path, data: bytes) -> tuple[np.ndarray, list[bytes]]:
    """Return the same, read line by line: slower, with any white space, and with error lines."""
    numbers, runs = [], []
    count_comments(data)
    for number, line in number_rows(data):
        cells = line.split(None, _COLUMNS)
        if len(cells) < _COLUMNS:
            reason = f"expected {_COLUMNS} columns, separated by spaces, found {len(cells)}"
            raise line_error(path, number, reason)
        try:
            numbers.append([whole_number(cell.decode(errors="replace")) for cell in cells[:_RUN]])
        except ValueError as error:
            raise line_error(path, number, str(error)) from error
        runs.append(cells[_RUN])
    return np.array(numbers, np.int64).reshape(-1, _COLUMNS - 1), runs


def _check_size(numbers: np.ndarray, extent: Extent) -> None:
    other = (numbers[:, 3:5] != [extent.height, extent.width]).any(axis=1)
    if other.any():
        row = int(np.argmax(other))
        found = " x ".join(map(str, numbers[row, 3:5]))
        raise RowError(row, f"expected size {extent.height} x {extent.width}, found {found}")
