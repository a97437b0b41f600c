"""Masks as arrays, as networks answer them."""

from __future__ import annotations

import numpy as np


def tight_boxes(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which masks (B, height, width) are not empty, (K,), and the boxes (K, 4) of those."""
    across, down = np.any(masks, axis=1), np.any(masks, axis=2)
    there = np.flatnonzero(np.any(across, axis=1))
    across, down = across[there], down[there]
    sides = [across.argmax(1), down.argmax(1)]
    sides += [each.shape[1] - each[:, ::-1].argmax(1) for each in (across, down)]
    return there, np.stack(sides, axis=1).astype(np.float64)
