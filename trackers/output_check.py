"""Check a tracker's output for each frame against the rules of `contract.TrackerOutput`.

The check is per frame because totals over a sequence hide errors: one row too few in a frame and
one too many in the next shift every object between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from datasets.io.errors import RowError
from datasets.masks.mask_set import Masks
from datasets.types import Extent, Sequence
from trackers.contract import TrackerOutput

_MAX_ID = 2**53 - 1  # largest integer that a double holds exactly with all smaller ones
_MAX_COORDINATE = 2.0**31  # pixels, as in Tracks
_REAL, _INTEGER = "iuf", "iu"  # kinds of numpy.dtype
_COLUMNS: Mapping[str, tuple[int, ...]] = {"track": (), "box": (4,), "score": (), "class_id": ()}


class OutputCheck:
    """Checks the output of one tracker on one sequence.

    Args:
        method: Title of the tracker's method, for messages.
        sequence: The sequence that the tracker runs on.
    """

    def __init__(self, method: str, sequence: Sequence) -> None:
        self._place = f"{method} on {sequence.dataset}/{sequence.name}"
        self._extent = sequence.extent
        self._masked: bool | None = None  # whether objects so far had masks; None before the first

    def check(self, frame: int, output: TrackerOutput) -> None:
        """Check the output for a frame, whose index counts from zero.

        Raises:
            ValueError: The output breaks the contract. The message names method, sequence, frame
                and field, what was expected and what was found.
        """
        try:
            _check_columns(output)
            _check_values(output, self._extent)
            _check_masks(output.mask, len(output.track), self._extent)
            self._check_presence(output)
        except ValueError as error:
            raise ValueError(f"{self._place}, frame {frame} (from 0): {error}") from error

    def _check_presence(self, output: TrackerOutput) -> None:
        """Check that either all objects of the sequence have masks or none does."""
        if len(output.track):
            masked = output.mask is not None
            if self._masked not in (None, masked):
                found, before = ("masks", "none") if masked else ("no masks", "masks")
                raise ValueError(
                    f"mask: expected masks in all frames or in none, found {found} here and "
                    f"{before} in earlier frames"
                )
            self._masked = masked


def _check_columns(output: Any) -> None:
    """Check that all columns are present, hold real numbers and have one row per track."""
    if not isinstance(output, TrackerOutput):
        raise ValueError(f"expected a trackers.contract.TrackerOutput, found {_kind(output)}")
    for name, width in _COLUMNS.items():
        column = getattr(output, name)
        if not isinstance(column, np.ndarray):
            raise ValueError(f"{name}: expected a NumPy array, found {_kind(column)}")
        if column.dtype.kind not in _REAL:
            raise ValueError(f"{name}: expected real numbers, found {column.dtype}")
        if name == "track" and column.ndim != 1:
            raise ValueError(f"track: expected shape (objects,), found {column.shape}")
        expected = (len(output.track), *width)
        if column.shape != expected:
            rows = f"track has {len(output.track)} rows"
            raise ValueError(
                f"{name}: expected shape {expected}, because {rows}, found {column.shape}"
            )


def _check_values(output: TrackerOutput, extent: Extent) -> None:
    for name in ("box", "score"):
        column = getattr(output, name)
        if not np.isfinite(column).all():
            row = int(np.argmin(np.isfinite(column).reshape(len(column), -1).all(axis=1)))
            raise ValueError(f"{name}: expected finite numbers, found {column[row].tolist()}")
    _check_boxes(output.box)
    for name in ("track", "class_id"):
        _check_whole(name, getattr(output, name))
    if (output.track < 0).any():
        raise ValueError(f"track: expected ids from 0, found {output.track.min()}")
    ids, counts = np.unique(output.track, return_counts=True)
    if len(ids) < len(output.track):
        raise ValueError(f"track: expected each id once, found {ids[np.argmax(counts)]} twice")
    unknown = [each for each in output.class_id.tolist() if each not in extent.classes]
    if unknown:
        known = dict(extent.classes)
        raise ValueError(f"class_id: expected one of {known}, found {unknown[0]}")


def _check_boxes(box: np.ndarray) -> None:
    wrong = (box[:, 2:] < box[:, :2]).any(axis=1)
    if wrong.any():
        found = box[np.argmax(wrong)].tolist()
        raise ValueError(
            "box: expected left, top, right, bottom with left <= right and top <= bottom, found "
            f"{found}"
        )
    if len(box) and max(box.max(), -box.min()) > _MAX_COORDINATE:
        raise ValueError(
            f"box: expected coordinates of at most {_MAX_COORDINATE:.0f} pixels, found "
            f"{abs(box).max()}"
        )


def _check_whole(name: str, column: np.ndarray) -> None:
    """Check that numbers of any type are integers that a double holds exactly."""
    wrong = ~(abs(column) <= _MAX_ID)  # also true for NaN
    if column.dtype.kind == "f":
        wrong |= ~wrong & (np.where(wrong, 0, column) % 1 != 0)
    if wrong.any():
        found = column[np.argmax(wrong)]
        raise ValueError(f"{name}: expected integers of at most 2^53 - 1, found {found}")


def _check_masks(mask: Any, count: int, extent: Extent) -> None:
    if mask is None:
        return
    size = (extent.height, extent.width)
    if isinstance(mask, Masks):
        _check_runs(mask, count, size)
    elif isinstance(mask, np.ndarray):
        _check_pixels(mask, (count, *size))
    else:
        raise ValueError(
            "mask: expected a NumPy array, datasets.masks.mask_set.Masks or None, found "
            f"{_kind(mask)}"
        )


def _check_runs(masks: Masks, count: int, size: tuple[int, int]) -> None:
    if (masks.height, masks.width) != size:
        found = f"{masks.height} x {masks.width}"
        raise ValueError(f"mask: expected run lengths of {size[0]} x {size[1]}, found {found}")
    if len(masks) != count:
        raise ValueError(f"mask: expected {count} run lengths, one per track, found {len(masks)}")
    other = next((run for run in masks.runs if not isinstance(run, bytes)), None)
    if other is not None:
        raise ValueError(f"mask: expected run lengths as bytes, found {_kind(other)}")
    try:
        Masks.read(masks.runs, *size)  # result not kept: its caches would count as memory
    except RowError as error:
        raise ValueError(f"mask: of object {error.row}: {error.reason}") from error


def _check_pixels(mask: np.ndarray, expected: tuple[int, int, int]) -> None:
    if mask.shape != expected:
        raise ValueError(
            f"mask: expected (objects, height, width), {expected}, found shape {mask.shape}"
        )
    if mask.dtype == bool:
        return
    if mask.dtype.kind not in _INTEGER:
        raise ValueError(f"mask: expected bool or integers 0 and 1, found {mask.dtype}")
    if mask.size and mask.view(f"u{mask.itemsize}").max() > 1:  # one pass, finds values below 0 too
        found = mask.max() if mask.max() > 1 else mask.min()
        raise ValueError(f"mask: expected pixels of 0 and 1, found {found}")


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
