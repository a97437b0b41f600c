"""Read and write the MOTS text format of KITTI-MOTS and MOTSChallenge.

Source: https://www.vision.rwth-aachen.de/page/mots. A line is frame, identity, class, height, width
and a compressed COCO run length, separated by blanks. Frames count from zero in KITTI-MOTS and from
one in MOTSChallenge. Class 10 is a region to ignore: its rows have no identity here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.errors import RowError, line_error
from datasets.files import replacing
from datasets.runs import Masks
from datasets.types import NO_TRACK, Extent, Tracks

CLASSES = {1: "car", 2: "pedestrian", 10: "ignore"}
IGNORE = 10
_IGNORE_IDENTITY = 10000
_COLUMNS = 6


def mots_extent(height: int, width: int, frame_count: int) -> Extent:
    """Return the extent of a sequence with the classes of the format."""
    return Extent(height, width, frame_count, CLASSES, (IGNORE,))


def read_tracks(path: Path, extent: Extent, *, first_frame: int = 0) -> Tracks:
    """Return the masks of a MOTS file, with the tight box of each.

    Args:
        first_frame: Number of the first frame in the file: 0 in KITTI-MOTS, 1 in MOTSChallenge.

    Raises:
        ValueError: A line has not six columns, something that is not a number, another image size
            than `extent`, a broken run length, or breaks a rule of Tracks. Names file and line.
    """
    numbers, runs, lines = _read_lines(path)
    try:
        _check_size(numbers, extent)
        masks = Masks.read(runs, extent.height, extent.width)
        ignored = numbers[:, 2] == IGNORE
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
        raise line_error(path, lines[error.row], error.reason) from error


def read_size(path: Path) -> tuple[int, int, int]:
    """Return height and width of the images of a MOTS file, and the largest frame number in it.

    Raises:
        ValueError: A line is broken, or the file is empty.
    """
    numbers, _, _ = _read_lines(path)
    if not len(numbers):
        raise ValueError(f"{path}: empty: the image size cannot be known")
    return int(numbers[0, 3]), int(numbers[0, 4]), int(numbers[:, 0].max())


def write_tracks(path: Path, tracks: Tracks, *, first_frame: int = 0) -> None:
    """Write masks. Scores, boxes and visibility are lost.

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


def _read_lines(path: Path) -> tuple[np.ndarray, list[bytes], list[int]]:
    """Return the five numbers of each line, (N, 5) int64, its run length and its line number."""
    numbers, runs, lines = [], [], []
    for number, line in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        cells = line.split()
        if not cells:
            continue
        if len(cells) != _COLUMNS:
            raise line_error(path, number, f"{len(cells)} columns, expected {_COLUMNS}")
        try:
            numbers.append([_whole(cell) for cell in cells[:-1]])
        except ValueError as error:
            raise line_error(path, number, str(error)) from error
        runs.append(cells[-1])
        lines.append(number)
    return np.array(numbers, np.int64).reshape(-1, _COLUMNS - 1), runs, lines


def _whole(cell: bytes) -> int:
    if not cell.removeprefix(b"-").isdigit() or len(cell) > len("-9007199254740992"):
        raise ValueError(f"{cell[:40].decode(errors='replace')!r} found, expected a whole number")
    return int(cell)


def _check_size(numbers: np.ndarray, extent: Extent) -> None:
    other = (numbers[:, 3:5] != [extent.height, extent.width]).any(axis=1)
    if other.any():
        row = int(np.argmax(other))
        found = " x ".join(map(str, numbers[row, 3:5]))
        raise RowError(row, f"size {found} found, expected {extent.height} x {extent.width}")
