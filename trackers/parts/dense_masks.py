"""Masks as arrays, as networks answer them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trackers.contract import TrackerOutput


def tight_boxes(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which masks (B, height, width) are not empty, (K,), and the boxes (K, 4) of those."""
    across, down = np.any(masks, axis=1), np.any(masks, axis=2)
    there = np.flatnonzero(np.any(across, axis=1))
    across, down = across[there], down[there]
    sides = [across.argmax(1), down.argmax(1)]
    sides += [each.shape[1] - each[:, ::-1].argmax(1) for each in (across, down)]
    return there, np.stack(sides, axis=1).astype(np.float64)


def answer_of(
    masks: np.ndarray, identity: np.ndarray, score: np.ndarray, class_id: Mapping[int, int]
) -> TrackerOutput:
    """Return what a tracker reports of the masks that are not empty, with the boxes around them.

    Args:
        masks: (B, height, width) bool.
        identity: (B,) int64.
        score: (B,) confidences.
        class_id: Of each identity.
    """
    there, box = tight_boxes(masks)
    track = identity[there]
    kinds = np.array([class_id[name] for name in track.tolist()], np.int64)
    return TrackerOutput(track, box, score[there].astype(np.float64), kinds, masks[there])
