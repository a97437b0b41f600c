"""The latest detection of each object, against which its masks are checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from datasets.overlap import box_area, box_iou
from trackers.parts.dense_masks import object_boxes


@dataclass
class LatestDetections:
    """The latest detection of each object: the one that it matched or that prompted it."""

    _box: dict[int, np.ndarray] = field(default_factory=dict)
    _runs_since: dict[int, int] = field(default_factory=dict)  # of the detector

    def start(self) -> None:
        """Remove all objects."""
        self._box, self._runs_since = {}, {}

    def start_run(self, boxes: Mapping[int, np.ndarray]) -> None:
        """Start a run of the detector, in which these objects have detections, (4,) each."""
        self._runs_since = {identity: runs + 1 for identity, runs in self._runs_since.items()}
        self.update(boxes)

    def update(self, boxes: Mapping[int, np.ndarray]) -> None:
        """Set detections of the present run, (4,) each."""
        self._box |= boxes
        self._runs_since |= dict.fromkeys(boxes, 0)

    def remove(self, identities: Iterable[int]) -> None:
        """Remove objects."""
        for identity in identities:
            del self._box[identity], self._runs_since[identity]

    def boxes(self, identity: np.ndarray) -> np.ndarray:
        """Return the latest detections (N, 4) of objects (N,)."""
        return np.array([self._box[each] for each in identity.tolist()]).reshape(-1, 4)

    def recent(self, identity: np.ndarray, max_age: int) -> np.ndarray:
        """Return those of some objects (N,) that were detected at most `max_age` runs ago."""
        runs = np.array([self._runs_since[each] for each in identity.tolist()], np.int64)
        return identity[runs <= max_age]

    def expired(self, max_age: int) -> list[int]:
        """Return the objects detected more than `max_age` runs ago."""
        return [identity for identity, runs in self._runs_since.items() if runs > max_age]

    def longest_undetected(self, count: int) -> list[int]:
        """Return at most `count` objects, those longest without a detection first.

        Objects detected in the present run are never among them; of several with the same number
        of runs, the oldest comes first.
        """
        undetected = [identity for identity, runs in sorted(self._runs_since.items()) if runs]
        return sorted(undetected, key=lambda identity: -self._runs_since[identity])[:count]

    def are_scraps(self, identity: np.ndarray, masks: np.ndarray, min_share: float) -> np.ndarray:
        """Return which masks are too small for their objects, (B,) bool.

        Args:
            identity: (B,).
            masks: (B, height, width) bool.
            min_share: Minimum area of a mask, as a share of the part of the object's latest
                detection that lies in the image.
        """
        height, width = masks.shape[1:]
        inside = self.boxes(identity).clip(0, [width, height] * 2)
        area = np.array([np.count_nonzero(mask) for mask in masks])
        too_small: np.ndarray = area < min_share * box_area(inside)
        return too_small

    def different(self, identity: np.ndarray, masks: np.ndarray, min_iou: float) -> np.ndarray:
        """Return the objects whose masks do not match their latest detections.

        Args:
            identity: (B,).
            masks: (B, height, width) bool.
            min_iou: Minimum IoU of the box of a mask and the detection.
        """
        nonempty, around = object_boxes(masks)
        box = np.zeros((len(masks), 4))
        box[nonempty] = around
        return identity[box_iou(box, self.boxes(identity)) < min_iou]
