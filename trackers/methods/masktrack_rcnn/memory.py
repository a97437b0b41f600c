"""MaskTrack R-CNN's own association: each object joins the most similar memory entry or is new.

score(i, n) = log softmax(S)(i, n) + a log score(i) + b IoU(i, n) + c [same class]

S holds the products of embedding vectors and one column for "new", which is zero in the paper; for
that column the class always agrees and the IoU is 0. The vector of an entry is the latest one of
its object, or the mean of all. Source: Yang, Fan, Xu, Video Instance Segmentation, ICCV 2019,
section 4.3.

With `motion` a Kalman filter predicts the box of each entry, the idea of MaskTrackRCNN + DeepSORT:
it is predicted before objects are compared, and updated with the box of the matched object.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from trackers.mask_rcnn.segmenter import Objects
from trackers.methods.masktrack_rcnn.options import AssociationWeights
from trackers.parts import rows
from trackers.parts.box_motion import AspectHeight
from trackers.parts.kalman import Motion

UNASSIGNED = -1


@dataclass(frozen=True)
class Entries:
    """One row per object in memory."""

    track: np.ndarray
    vector: np.ndarray
    matches: np.ndarray  # detections so far
    box: np.ndarray
    label: np.ndarray
    missed: np.ndarray  # frames since the latest detection
    motion: Motion


class Memory:
    """The objects of a video.

    Args:
        num_frames_retain: Number of frames without a match after which an object is removed; None
            keeps all.
        motion: Whether boxes are predicted.
        max_age: Number of frames after the latest match in which a box is still predicted.
        mean: Whether an entry's vector is the mean of all its object's vectors, instead of the
            latest one.
    """

    def __init__(
        self,
        weights: AssociationWeights,
        num_frames_retain: int | None,
        *,
        motion: bool,
        max_age: int,
        mean: bool,
    ) -> None:
        self._weights, self._num_frames_retain = weights, num_frames_retain
        self._predicts_motion, self._max_age, self._mean = motion, max_age, mean
        self.start()

    def start(self) -> None:
        """Remove all entries."""
        self.entries: Entries | None = None
        self._initiated = 0

    def assign(self, objects: Objects, vectors: np.ndarray, elapsed: float = 1.0) -> np.ndarray:
        """Return the track id of each object, (N,) int64; UNASSIGNED for those to leave out.

        Args:
            vectors: (N, D), one embedding per object.
            elapsed: Time since the previous frame, see `Frame`.
        """
        self._predict(elapsed)
        count = len(objects.score)
        identity = np.full(count, UNASSIGNED)
        old = self.entries
        if old is None or not len(old.track):
            choice = np.zeros(count, np.int64)
        else:
            score = self.compare(old, objects, vectors)
            choice = score.argmax(1)
            best = _best_of_entry(choice, score[np.arange(count), choice])
            matched = np.flatnonzero(best)
            entry = choice[matched] - 1
            identity[matched] = old.track[entry]
            updated = self._update(old, entry, objects, matched, vectors)
            self.entries = rows.put(old, entry, updated)
        new = np.flatnonzero(choice == 0)
        identity[new] = self._initiated + np.arange(len(new))
        self._initiate(objects, new, vectors)
        return identity

    def _predict(self, elapsed: float) -> None:
        """Advance all entries to the next frame, and remove those not matched for too long."""
        entries = self.entries
        if entries is None:
            return
        entries = replace(entries, missed=entries.missed + 1)
        if self._predicts_motion:
            recent = np.flatnonzero(entries.missed <= self._max_age)
            old = rows.take(entries, recent)
            motion = AspectHeight.predict(old.motion, elapsed)
            predicted = replace(old, motion=motion, box=AspectHeight.box(motion))
            entries = rows.put(entries, recent, predicted)
        if self._num_frames_retain is not None:
            entries = rows.take(entries, entries.missed <= self._num_frames_retain)
        self.entries = entries

    def compare(self, old: Entries, objects: Objects, vectors: np.ndarray) -> np.ndarray:
        """Return score(i, n), (N, M + 1); column 0 is for new objects."""
        weights = self._weights
        product = vectors.astype(np.float64) @ old.vector.T.astype(np.float64)
        product = np.pad(product, ((0, 0), (1, 0)), constant_values=weights.new_logit)
        maximum = product.max(1, keepdims=True)
        normalizer = np.log(np.exp(product - maximum).sum(1, keepdims=True))
        log_softmax = product - maximum - normalizer
        iou = np.pad(box_iou(objects.box[:, None], old.box), ((0, 0), (1, 0)))
        same = objects.label[:, None] == old.label
        same = np.pad(same, ((0, 0), (1, 0)), constant_values=True)
        log_score = np.log(objects.score)[:, None]
        total: np.ndarray = (
            weights.vector_weight * log_softmax
            + weights.score_weight * log_score
            + weights.overlap_weight * iou
            + weights.label_weight * same
        )
        return total

    def _update(
        self,
        entries: Entries,
        entry: np.ndarray,
        objects: Objects,
        matched: np.ndarray,
        vectors: np.ndarray,
    ) -> Entries:
        """Return the rows `entry` after they were matched to the objects `matched`.

        The class of an entry never changes.
        """
        old, box = rows.take(entries, entry), objects.box[matched].astype(np.float64)
        motion = AspectHeight.update(old.motion, box) if self._predicts_motion else old.motion
        missed, matches, vector = np.zeros_like(old.missed), old.matches + 1, vectors[matched]
        if self._mean:
            vector = old.vector + (vector - old.vector) / matches[:, None]
        return replace(old, vector=vector, matches=matches, box=box, missed=missed, motion=motion)

    def _initiate(self, objects: Objects, new: np.ndarray, vectors: np.ndarray) -> None:
        """Add an entry for each of the objects `new`."""
        box = objects.box[new].astype(np.float64)
        entries = Entries(
            self._initiated + np.arange(len(new)),
            vectors[new],
            np.ones(len(new), np.int64),
            box,
            objects.label[new],
            np.zeros(len(new), np.int64),
            AspectHeight.initiate(box),
        )
        self._initiated += len(new)
        self.entries = rows.join(self.entries, entries) if self.entries else entries


def _best_of_entry(choice: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return which objects get the entry they chose, (N,) bool: the highest score per entry."""
    best = np.zeros(len(choice), bool)
    for entry in np.unique(choice[choice > 0]):
        candidates = np.flatnonzero(choice == entry)
        best[candidates[score[candidates].argmax()]] = True
    return best
