"""Dense masks, as networks output them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trackers.contract import TrackerOutput


def tight_boxes(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices (K,) of the non-empty masks, and the boxes (K, 4) around them.

    Args:
        masks: (B, height, width) bool.
    """
    columns, rows = np.any(masks, axis=1), np.any(masks, axis=2)
    nonempty = np.flatnonzero(np.any(columns, axis=1))
    columns, rows = columns[nonempty], rows[nonempty]
    sides = [columns.argmax(1), rows.argmax(1)]
    sides += [each.shape[1] - each[:, ::-1].argmax(1) for each in (columns, rows)]
    return nonempty, np.stack(sides, axis=1).astype(np.float64)


def output_from_masks(
    masks: np.ndarray, identity: np.ndarray, score: np.ndarray, class_id: Mapping[int, int]
) -> TrackerOutput:
    """Return the tracker output for the non-empty masks, with tight boxes around them.

    Args:
        masks: (B, height, width) bool.
        identity: (B,) int64 track ids.
        score: (B,) confidences.
        class_id: Class id of each track id.
    """
    nonempty, box = tight_boxes(masks)
    track = identity[nonempty]
    classes = np.array([class_id[each] for each in track.tolist()], np.int64)
    return TrackerOutput(track, box, score[nonempty].astype(np.float64), classes, masks[nonempty])
