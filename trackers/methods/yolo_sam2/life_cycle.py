"""Object life cycle of SAM2MOT: when objects are added, prompted again, occluded and removed.

The state of an object follows from the model's object score: reliable, pending, suspicious or lost.
Source: Jiang et al., SAM2MOT, arXiv 2504.04519. Its thresholds are for SAM 2.1 large; a smaller
model needs its own. What is done about masks that fail in spite of a high object score is not part
of SAM2MOT: see README.md.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections
from trackers.methods.yolo_sam2.options import LifeCycleOptions
from trackers.parts.assignment import match
from trackers.parts.detections import count_beyond_maximum
from trackers.sam2.object_outputs import ObjectOutputs


def new_objects(
    detections: Detections, unmatched: np.ndarray, masks: np.ndarray, options: LifeCycleOptions
) -> list[int]:
    """Return the rows of the detections that start a new track, in order.

    Args:
        unmatched: Rows of the detections without a match.
        masks: (B, height, width) bool, of all objects.
    """
    covered: np.ndarray = np.any(masks, axis=0)
    new: list[int] = []
    height, width = covered.shape
    for row in unmatched:
        (left, top), (right, bottom) = (
            detections.box[row].reshape(2, 2).round().astype(int).clip(0, [width, height])
        )
        inside = covered[top:bottom, left:right]
        if inside.size and 1 - inside.mean() > options.min_uncovered_share:
            new.append(int(row))
            inside[:] = True
    return new


def best_detections(detections: Detections, count: int) -> Detections:
    """Return the detections of the highest scores, at most `count`, in the order they were in.

    The others are counted in the note at the end of a program.
    """
    best = detections.take(best_rows(detections.score, count))
    count_beyond_maximum(len(detections.score) - len(best.score), "max_objects")
    return best


def best_rows(score: np.ndarray, count: int) -> np.ndarray:
    """Return the rows of the highest scores (N,), at most `count`, in ascending order."""
    return np.sort(np.argsort(-score, kind="stable")[:count])


def match_detections(
    box: np.ndarray, detections: Detections, options: LifeCycleOptions
) -> tuple[np.ndarray, np.ndarray]:
    """Return the matched rows of the boxes around masks (B, 4), and those of the detections."""
    return match(box_iou(box[:, None], detections.box), options.match_iou)


@dataclass
class ObjectStates:
    """The object scores of recent frames and the states that follow; also a memory policy.

    Args:
        options: Thresholds.
        occluded: Track ids of the objects occluded in the current frame.
    """

    pointers = True

    options: LifeCycleOptions
    occluded: set[int] = field(default_factory=set)
    _recent_scores: dict[int, deque[float]] = field(default_factory=dict)
    _lost_frames: dict[int, int] = field(default_factory=dict)

    def start(self) -> None:
        """Remove all objects."""
        self._recent_scores, self._lost_frames, self.occluded = {}, {}, set()

    def update(self, outputs: ObjectOutputs, scraps: np.ndarray) -> None:
        """Add the object scores of a frame, and find lost and occluded objects.

        Args:
            scraps: (B,) bool, objects whose mask is too small, which are lost whatever their score.
        """
        lost = scraps | (outputs.presence <= self.options.suspicious_score)
        for row, identity in enumerate(outputs.identities):
            recent = self._recent_scores.setdefault(
                identity, deque(maxlen=self.options.deviation_frames)
            )
            recent.append(float(outputs.presence[row]))
            frames = self._lost_frames.get(identity, 0) + 1
            self._lost_frames[identity] = frames if lost[row] else 0
        self.occluded = self._find_occluded(outputs)

    def expired(self) -> list[int]:
        """Return the track ids of objects that have been lost for too long."""
        limit = self.options.max_lost_frames
        return [identity for identity, frames in self._lost_frames.items() if frames > limit]

    def is_pending(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return which objects are pending, (B,) bool: prompted again where they are detected."""
        options = self.options
        return (outputs.presence > options.pending_score) & (
            outputs.presence <= options.reliable_score
        )

    def is_occluded(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return which objects are occluded in the current frame, (B,) bool."""
        return np.isin(outputs.identity, list(self.occluded))

    def remove(self, identities: Iterable[int]) -> None:
        """Remove objects."""
        for identity in identities:
            self._recent_scores.pop(identity, None)
            self._lost_frames.pop(identity, None)
            self.occluded.discard(identity)

    def choose(self, outputs: ObjectOutputs) -> np.ndarray:
        """Return which masks enter the memory bank, (B,) bool: those of unoccluded objects."""
        return ~self.is_occluded(outputs)

    def _find_occluded(self, outputs: ObjectOutputs) -> set[int]:
        """Return the occluded object of each pair whose masks have a large IoU."""
        masks = (outputs.logits > 0).astype(np.float32)
        masks = masks.reshape(len(masks), math.prod(masks.shape[1:]))
        intersection = masks @ masks.T
        area = masks.sum(1)
        union = area[:, None] + area - intersection
        duplicates = (intersection > self.options.duplicate_iou * union) & (union > 0)
        pairs = np.argwhere(np.triu(duplicates, 1))
        return {self._occluded_of_pair(outputs, first, second) for first, second in pairs}

    def _occluded_of_pair(self, outputs: ObjectOutputs, first: int, second: int) -> int:
        """Return the track id of the object that is likely behind the other."""
        score = outputs.presence[[first, second]]
        identities = outputs.identity[[first, second]].tolist()
        if abs(score[0] - score[1]) > self.options.score_margin:
            return int(identities[int(score.argmin())])
        deviation = [float(np.std(self._recent_scores[identity])) for identity in identities]
        if abs(deviation[0] - deviation[1]) > self.options.deviation_margin:
            return int(identities[int(np.argmax(deviation))])
        return int(identities[int(score.argmin())])
