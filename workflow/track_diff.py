"""How two results of one sequence differ."""

from __future__ import annotations

import numpy as np

from datasets.masks import coco_rle
from datasets.types import Tracks


def describe_differences(then: Tracks, now: Tracks) -> list[str]:
    """Return a line for each thing that differs; rows of one frame and identity are compared."""
    lines = [
        f"{what}: {before} then, {after} now"
        for what, before, after in (
            ("rows", len(then.frame), len(now.frame)),
            ("identities", len(np.unique(then.track)), len(np.unique(now.track))),
            ("image size, frames and classes", then.extent, now.extent),
        )
        if before != after
    ]
    rows_then, rows_now = _common_rows(then, now)
    alone = len(then.frame) + len(now.frame) - 2 * len(rows_then)
    if alone:
        lines.append(f"rows whose frame and identity the other has not: {alone}")
    return lines + _of_pairs(then.take(rows_then), now.take(rows_now))


def _common_rows(then: Tracks, now: Tracks) -> tuple[np.ndarray, np.ndarray]:
    """Return where the rows are, (N,) each, whose frame and identity both have."""
    places = [
        {key: row for row, key in enumerate(zip(*map(np.ndarray.tolist, each), strict=True))}
        for each in ((then.frame, then.track), (now.frame, now.track))
    ]
    common = sorted(places[0].keys() & places[1].keys())
    first, second = (np.array([place[key] for key in common], np.int64) for place in places)
    return first, second


def _of_pairs(then: Tracks, now: Tracks) -> list[str]:
    if not len(then.frame):
        return []
    lines = []
    for what, most in (
        ("box, in pixels", np.abs(then.box - now.box).max()),
        ("score", np.abs(then.score - now.score).max()),
    ):
        if most:
            lines.append(f"largest difference of a {what}: {most:.3g}")
    others = int((then.class_id != now.class_id).sum())
    if others:
        lines.append(f"rows of another class: {others}")
    return lines + _of_masks(then, now)


def _of_masks(then: Tracks, now: Tracks) -> list[str]:
    if then.rle is None or now.rle is None:
        return [] if then.rle is now.rle else ["only one of them has masks"]
    pairs = zip(then.rle.runs, now.rle.runs, strict=True)
    rows = np.flatnonzero([one != other for one, other in pairs])[:, None]
    if not len(rows):
        return []
    least = min(coco_rle.iou(then.rle.take(row), now.rle.take(row))[0, 0] for row in rows)
    return [f"other masks: {len(rows)}, the least IoU {least:.6f}"]
