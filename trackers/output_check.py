"""What a tracker reports for a frame, checked as soon as it does: `contract.Answer` has the rules.

Totals over a sequence cannot find what is wrong: one row too few in a frame and one too many in the
next shift every object between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from datasets.io.errors import RowError
from datasets.masks.mask_set import Masks
from datasets.types import Extent, Sequence
from trackers.contract import TrackerOutput

_LARGEST_ID = 2**53 - 1  # as far as a double counts
_FARTHEST = 2.0**31  # pixels, as in Tracks
_REAL, _INTEGER = "iuf", "iu"  # kinds of numpy.dtype
_COLUMNS: Mapping[str, tuple[int, ...]] = {"track": (), "box": (4,), "score": (), "class_id": ()}


class OutputCheck:
    """Refuses wrong output of one tracker on one sequence.

    Args:
        method: Title of the tracker's method, for messages.
        sequence: The sequence it is run on.
    """

    def __init__(self, method: str, sequence: Sequence) -> None:
        self._place = f"{method} on {sequence.dataset}/{sequence.name}"
        self._extent = sequence.extent
        self._masked: bool | None = None  # whether the objects so far had masks

    def check(self, frame: int, output: TrackerOutput) -> None:
        """Check the output for a frame, whose index counts from zero.

        Raises:
            ValueError: It breaks the contract. Names method, sequence, frame and field, what was
                found and what was expected.
        """
        try:
            _check_columns(output)
            _check_values(output, self._extent)
            _check_masks(output.mask, len(output.track), self._extent)
            self._check_presence(output)
        except ValueError as error:
            raise ValueError(f"{self._place}, frame {frame} (from 0): {error}") from error

    def _check_presence(self, output: TrackerOutput) -> None:
        """Check that either all objects of a sequence have masks or none has."""
        if len(output.track):
            masked = output.mask is not None
            if self._masked not in (None, masked):
                found, before = ("masks", "none") if masked else ("no masks", "masks")
                raise ValueError(
                    f"mask: {found} found and {before} in earlier frames, expected masks in all "
                    "frames or in none"
                )
            self._masked = masked


def _check_columns(output: Any) -> None:
    """Check that all columns are there, hold real numbers and have a row for each track."""
    if not isinstance(output, TrackerOutput):
        raise ValueError(f"{_kind(output)} found, expected a trackers.contract.Answer")
    for name, width in _COLUMNS.items():
        column = getattr(output, name)
        if not isinstance(column, np.ndarray):
            raise ValueError(f"{name}: {_kind(column)} found, expected a NumPy array")
        if column.dtype.kind not in _REAL:
            raise ValueError(f"{name}: {column.dtype} found, expected real numbers")
        if name == "track" and column.ndim != 1:
            raise ValueError(f"track: shape {column.shape} found, expected (objects,)")
        expected = (len(output.track), *width)
        if column.shape != expected:
            objects = f"track has {len(output.track)}"
            raise ValueError(f"{name}: shape {column.shape} found, expected {expected}: {objects}")


def _check_values(output: TrackerOutput, extent: Extent) -> None:
    for name in ("box", "score"):
        column = getattr(output, name)
        if not np.isfinite(column).all():
            row = int(np.argmin(np.isfinite(column).reshape(len(column), -1).all(axis=1)))
            raise ValueError(f"{name}: {column[row].tolist()} found, expected finite numbers")
    _check_boxes(output.box)
    for name in ("track", "class_id"):
        _check_whole(name, getattr(output, name))
    if (output.track < 0).any():
        raise ValueError(f"track: {output.track.min()} found, expected ids from 0")
    ids, counts = np.unique(output.track, return_counts=True)
    if len(ids) < len(output.track):
        raise ValueError(f"track: {ids[np.argmax(counts)]} found twice, expected each id once")
    unknown = [each for each in output.class_id.tolist() if each not in extent.classes]
    if unknown:
        known = dict(extent.classes)
        raise ValueError(f"class_id: {unknown[0]} found, expected one of {known}")


def _check_boxes(box: np.ndarray) -> None:
    wrong = (box[:, 2:] < box[:, :2]).any(axis=1)
    if wrong.any():
        found = box[np.argmax(wrong)].tolist()
        raise ValueError(
            f"box: {found} found, expected left, top, right, bottom with left <= right and "
            "top <= bottom"
        )
    if len(box) and max(box.max(), -box.min()) > _FARTHEST:
        raise ValueError(f"box: {abs(box).max()} found, expected at most {_FARTHEST:.0f} pixels")


def _check_whole(name: str, column: np.ndarray) -> None:
    """Check that numbers are whole, of whichever type, and that a double can hold them."""
    wrong = ~(abs(column) <= _LARGEST_ID)  # nor is NaN
    if column.dtype.kind == "f":
        wrong |= ~wrong & (np.where(wrong, 0, column) % 1 != 0)
    if wrong.any():
        found = column[np.argmax(wrong)]
        raise ValueError(f"{name}: {found} found, expected whole numbers of at most 2^53 - 1")


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
            f"mask: {_kind(mask)} found, expected a NumPy array, datasets.masks.mask_set.Masks or "
            "None"
        )


def _check_runs(masks: Masks, count: int, size: tuple[int, int]) -> None:
    if (masks.height, masks.width) != size:
        found = f"{masks.height} x {masks.width}"
        raise ValueError(f"mask: run lengths of {found} found, expected {size[0]} x {size[1]}")
    if len(masks) != count:
        raise ValueError(f"mask: {len(masks)} run lengths found, expected {count}, as track has")
    other = next((run for run in masks.runs if not isinstance(run, bytes)), None)
    if other is not None:
        raise ValueError(f"mask: a run length as {_kind(other)} found, expected bytes")
    try:
        Masks.read(masks.runs, *size)  # read, not kept: what it remembers would count as memory
    except RowError as error:
        raise ValueError(f"mask: of object {error.row}: {error.reason}") from error


def _check_pixels(mask: np.ndarray, expected: tuple[int, int, int]) -> None:
    if mask.shape != expected:
        raise ValueError(
            f"mask: shape {mask.shape} found, expected {expected}: objects, height, width"
        )
    if mask.dtype == bool:
        return
    if mask.dtype.kind not in _INTEGER:
        raise ValueError(f"mask: {mask.dtype} found, expected bool or whole numbers 0 and 1")
    if mask.size and mask.view(f"u{mask.itemsize}").max() > 1:  # in one pass, below 0 as well
        found = mask.max() if mask.max() > 1 else mask.min()
        raise ValueError(f"mask: pixels of {found} found, expected 0 and 1")


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
