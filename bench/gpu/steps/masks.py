"""Masks of a session, compared with those of another one.

Masks agree in float32 if those of each object do in each frame, or if all pixels that differ have
logits near 0: an object of 30 pixels loses 3 % of IoU with one of them. In a low precision, whose
deviations add up in the memories, the mean IoU counts.
"""

from __future__ import annotations

import numpy as np

from bench.gpu.context import Context

_MIN_IOU, _MAX_MARGIN = 0.99, 0.002  # in float32
_MIN_MEAN_IOU = 0.9  # in a low precision
Logits = dict[int, dict[int, np.ndarray]]  # by frame and object


def report_masks(context: Context, expected: Logits, found: Logits, precision: str) -> None:
    """Report the IoU of each object's masks, frame by frame, and whether the masks agree.

    `margin` is the largest logit of a pixel that differs, in parts of the object's largest logit.
    """
    pairs = {
        frame: [(logits, found[frame][each]) for each, logits in objects.items()]
        for frame, objects in expected.items()
    }
    ious = np.array([[iou(*pair) for pair in each] for each in pairs.values()])
    margin = max(_margin(*pair) for each in pairs.values() for pair in each)
    exact = precision == "fp32"
    agrees = ious.min() >= _MIN_IOU or margin <= _MAX_MARGIN
    context.facts(
        precision=precision,
        frames=len(pairs),
        objects=len(expected[0]),
        objects_with_mask=sum(bool((each > 0).any()) for each in expected[0].values()),
        min_iou=round(float(ious.min()), 5),
        mean_iou=round(float(ious.mean()), 5),
        min_iou_by_frame=[round(float(each), 5) for each in ious.min(1)],
        margin=float(f"{margin:.3g}"),
        limit=f"{_MIN_IOU}, or margin {_MAX_MARGIN}" if exact else f"mean {_MIN_MEAN_IOU}",
        agrees=bool(agrees if exact else ious.mean() >= _MIN_MEAN_IOU),
    )


def _margin(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest logit of a pixel in one of two masks only, in parts of the largest."""
    differs, size = (one > 0) != (other > 0), np.maximum(np.abs(one), np.abs(other))
    return float(size[differs].max() / size.max()) if differs.any() else 0.0


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Return the IoU of the masks of two arrays of logits; 1 for two empty masks."""
    either = ((one > 0) | (other > 0)).sum()
    return float(((one > 0) & (other > 0)).sum() / either) if either else 1.0
