"""Dense masks, as networks output them."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from trackers.contract import TrackerOutput

MIN_COMPONENT_SHARE = 0.02  # see bench/mask_boxes.json


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


def object_boxes(
    masks: np.ndarray, min_share: float = MIN_COMPONENT_SHARE
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices (K,) of the non-empty masks, and the boxes (K, 4) of their objects.

    The box of an object surrounds the 8-connected components of its mask that are not specks.

    Args:
        masks: (B, height, width) bool.
        min_share: Minimum area of a component, as a share of the largest component of the mask; a
            smaller one is a speck. 0 for no specks, 1 for the largest component only.
    """
    nonempty, box = tight_boxes(masks)
    corners = box.astype(np.int64).tolist()
    for row, (mask, (left, top, right, bottom)) in enumerate(zip(nonempty, corners, strict=True)):
        inside = _without_specks(masks[mask, top:bottom, left:right], min_share)
        box[row] = inside + np.tile(box[row, :2], 2)
    return nonempty, box


def _without_specks(mask: np.ndarray, min_share: float) -> np.ndarray:
    """Return the box (4,) around the components of a non-empty mask that are not specks."""
    contours = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    area = np.array([_enclosed_pixels(each) for each in contours])
    large = np.flatnonzero(area >= min_share * area.max()).tolist()
    left, top, width, height = np.array([cv2.boundingRect(contours[each]) for each in large]).T
    sides = left.min(), top.min(), (left + width).max(), (top + height).max()
    return np.array(sides, np.float64)


def _enclosed_pixels(contour: np.ndarray) -> float:
    """Return the number of pixels on and within a contour of OpenCV, by Pick's theorem."""
    return cv2.contourArea(contour) + (len(contour) if len(contour) > 1 else 0) / 2 + 1


def output_from_masks(
    masks: np.ndarray, identity: np.ndarray, score: np.ndarray, class_id: Mapping[int, int]
) -> TrackerOutput:
    """Return the tracker output for the non-empty masks, with the boxes of their objects.

    Args:
        masks: (B, height, width) bool.
        identity: (B,) int64 track ids.
        score: (B,) confidences.
        class_id: Class id of each track id.
    """
    nonempty, box = object_boxes(masks)
    track = identity[nonempty]
    classes = np.array([class_id[each] for each in track.tolist()], np.int64)
    return TrackerOutput(track, box, score[nonempty].astype(np.float64), classes, masks[nonempty])
