"""Differences between two results of one sequence."""

from __future__ import annotations

import numpy as np

from datasets.masks import coco_rle
from datasets.types import Tracks


def describe_changes(then: Tracks, now: Tracks) -> list[str]:
    """Return a line for each difference; rows with equal frame and track id are compared."""
    lines = [
        f"{what}: {before} before, {after} now"
        for what, before, after in (
            ("rows", len(then.frame), len(now.frame)),
            ("track ids", len(np.unique(then.track)), len(np.unique(now.track))),
            ("image size, frames and classes", then.extent, now.extent),
        )
        if before != after
    ]
    rows_then, rows_now = _common_rows(then, now)
    unmatched = len(then.frame) + len(now.frame) - 2 * len(rows_then)
    if unmatched:
        lines.append(f"rows without a row of the same frame and track id: {unmatched}")
    return lines + _compare_rows(then.take(rows_then), now.take(rows_now))


def _common_rows(then: Tracks, now: Tracks) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices, (N,) each, of the rows whose frame and track id both results have."""
    indices = [
        {key: row for row, key in enumerate(zip(*map(np.ndarray.tolist, each), strict=True))}
        for each in ((then.frame, then.track), (now.frame, now.track))
    ]
    common = sorted(indices[0].keys() & indices[1].keys())
    first, second = (np.array([index[key] for key in common], np.int64) for index in indices)
    return first, second


def _compare_rows(then: Tracks, now: Tracks) -> list[str]:
    if not len(then.frame):
        return []
    lines = []
    for what, largest in (
        ("box, in pixels", np.abs(then.box - now.box).max()),
        ("score", np.abs(then.score - now.score).max()),
    ):
        if largest:
            lines.append(f"largest difference of a {what}: {largest:.3g}")
    reclassified = int((then.class_id != now.class_id).sum())
    if reclassified:
        lines.append(f"rows with a different class: {reclassified}")
    return lines + _compare_masks(then, now)


def _compare_masks(then: Tracks, now: Tracks) -> list[str]:
    if then.rle is None or now.rle is None:
        return [] if then.rle is now.rle else ["only one of the two has masks"]
    pairs = zip(then.rle.runs, now.rle.runs, strict=True)
    rows = np.flatnonzero([one != other for one, other in pairs])[:, None]
    if not len(rows):
        return []
    lowest = min(coco_rle.iou(then.rle.take(row), now.rle.take(row))[0, 0] for row in rows)
    return [f"different masks: {len(rows)}, lowest IoU {lowest:.6f}"]
