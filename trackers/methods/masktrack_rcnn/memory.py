"""MaskTrack R-CNN's own association: each object takes what it is most like, or is new.

score(i, n) = log softmax(S)(i, n) + a log score(i) + b IoU(i, n) + c [same class]

S are products of vectors, with a column for "new", zeros in the paper, to which the class always
agrees and which overlaps nothing. The vector of an entry is the newest, or the mean of all. Source:
Yang, Fan, Xu, Video Instance Segmentation, ICCV 2019, section 4.3.

With `motion` the box of each entry is predicted by a Kalman filter, the idea of MaskTrackRCNN +
DeepSORT: predicted before objects are compared, corrected by the one that is met.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from trackers.mask_rcnn.segmenter import Objects
from trackers.methods.masktrack_rcnn.options import Weights
from trackers.parts import rows
from trackers.parts.box_motion import AspectHeight
from trackers.parts.kalman import Motion

NOBODY = -1


@dataclass(frozen=True)
class _Entries:
    """One row an object that was seen."""

    track: np.ndarray
    vector: np.ndarray
    seen: np.ndarray  # times
    box: np.ndarray
    label: np.ndarray
    unseen: np.ndarray  # frames since
    motion: Motion


class Memory:
    """The objects of a video.

    Args:
        retain: Frames after which an object that is not seen is forgotten; None never forgets.
        motion: Whether boxes are predicted.
        max_age: So many frames after an object was seen its box still moves.
        mean: Whether an entry's vector is the mean of all its object had, not the newest.
    """

    def __init__(
        self, weights: Weights, retain: int | None, *, motion: bool, max_age: int, mean: bool
    ) -> None:
        self._weights, self._retain = weights, retain
        self._moves, self._max_age, self._mean = motion, max_age, mean
        self.start()

    def start(self) -> None:
        """Forget everything."""
        self._entries: _Entries | None = None
        self._born = 0

    def assign(self, objects: Objects, vectors: np.ndarray) -> np.ndarray:
        """Return the identity of each object, (N,) int64, NOBODY of those to leave out.

        Args:
            vectors: (N, D) of the objects.
        """
        self._age()
        count = len(objects.score)
        identity = np.full(count, NOBODY)
        old = self._entries
        if old is None or not len(old.track):
            taken = np.zeros(count, np.int64)
        else:
            score = self._compare(old, objects, vectors)
            taken = score.argmax(1)
            owner = _owners(taken, score[np.arange(count), taken])
            met = np.flatnonzero(owner)
            place = taken[met] - 1
            identity[met] = old.track[place]
            self._entries = rows.put(old, place, self._seen(old, place, objects, met, vectors))
        new = np.flatnonzero(taken == 0)
        identity[new] = self._born + np.arange(len(new))
        self._bear(objects, new, vectors)
        return identity

    def _age(self) -> None:
        """Let a frame go by."""
        old = self._entries
        if old is None:
            return
        old = replace(old, unseen=old.unseen + 1)
        if self._moves:
            going = np.flatnonzero(old.unseen <= self._max_age)
            some = rows.take(old, going)
            motion = AspectHeight.predict(some.motion)
            moved = replace(some, motion=motion, box=AspectHeight.box(motion))
            old = rows.put(old, going, moved)
        if self._retain is not None:
            old = rows.take(old, old.unseen <= self._retain)
        self._entries = old

    def _compare(self, old: _Entries, objects: Objects, vectors: np.ndarray) -> np.ndarray:
        """Return score(i, n), (N, M + 1), column 0 for what is new."""
        given = self._weights
        product = vectors.astype(np.float64) @ old.vector.T.astype(np.float64)
        product = np.pad(product, ((0, 0), (1, 0)), constant_values=given.new_logit)
        highest = product.max(1, keepdims=True)
        share = product - highest - np.log(np.exp(product - highest).sum(1, keepdims=True))
        overlap = np.pad(box_iou(objects.box[:, None], old.box), ((0, 0), (1, 0)))
        same = objects.label[:, None] == old.label
        same = np.pad(same, ((0, 0), (1, 0)), constant_values=True)
        sure = np.log(objects.score)[:, None]
        found: np.ndarray = (
            given.vector_weight * share
            + given.score_weight * sure
            + given.overlap_weight * overlap
            + given.label_weight * same
        )
        return found

    def _seen(
        self,
        old: _Entries,
        place: np.ndarray,
        objects: Objects,
        met: np.ndarray,
        vectors: np.ndarray,
    ) -> _Entries:
        """Return the entries of `place` after objects were seen; the class stays."""
        some, box = rows.take(old, place), objects.box[met].astype(np.float64)
        motion = AspectHeight.update(some.motion, box) if self._moves else some.motion
        unseen, seen, vector = np.zeros_like(some.unseen), some.seen + 1, vectors[met]
        if self._mean:
            vector = some.vector + (vector - some.vector) / seen[:, None]
        return replace(some, vector=vector, seen=seen, box=box, unseen=unseen, motion=motion)

    def _bear(self, objects: Objects, new: np.ndarray, vectors: np.ndarray) -> None:
        box = objects.box[new].astype(np.float64)
        entries = _Entries(
            self._born + np.arange(len(new)),
            vectors[new],
            np.ones(len(new), np.int64),
            box,
            objects.label[new],
            np.zeros(len(new), np.int64),
            AspectHeight.begin(box),
        )
        self._born += len(new)
        self._entries = rows.join(self._entries, entries) if self._entries else entries


def _owners(taken: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return which objects get what they want, (N,) bool: of several the one of highest score."""
    owner = np.zeros(len(taken), bool)
    for place in np.unique(taken[taken > 0]):
        rivals = np.flatnonzero(taken == place)
        owner[rivals[score[rivals].argmax()]] = True
    return owner
