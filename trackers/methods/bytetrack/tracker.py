"""ByteTrack: match sure detections first, then give the unsure ones to who is still missing.

Source: Zhang et al., ECCV 2022, algorithm 1 and section 3. The thresholds are the paper's: 0.6 and
0.1 for scores, 0.2 for the similarity of the first association, which is IoU times score as in its
authors' program. Unlike there, targets not yet confirmed are predicted too, and small or flat boxes
are reported like all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections, Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.methods.bytetrack.options import Options
from trackers.parts import rows
from trackers.parts.assignment import match, unmatched
from trackers.parts.box_motion import AspectHeight
from trackers.parts.detections import no_detections, same_class, select
from trackers.parts.kalman import Motion

_SECOND_IOU, _UNCONFIRMED_SIMILARITY = 0.5, 0.3  # least similarity of those two associations
_DUPLICATE_IOU = 0.85  # a lost and a tracked target that overlap more are one


def build(options: Options) -> ByteTrack:
    """Return a ByteTrack tracker."""
    return ByteTrack(options)


@dataclass(frozen=True)
class _Targets:
    """One row a target. It is tracked where `lost` is 0."""

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray  # of the last detection
    born: np.ndarray  # frame
    lost: np.ndarray  # frames since the last detection
    confirmed: np.ndarray  # bool
    motion: Motion


class ByteTrack:
    """See the module."""

    _targets: _Targets

    def __init__(self, options: Options) -> None:
        self._options = options
        self._begin(frame_rate=30)

    def start(self, sequence: Sequence) -> None:
        self._begin(sequence.frame_rate)

    def step(self, frame: Frame) -> TrackerOutput:
        low, high = self._options.low_threshold, self._options.high_threshold
        seen = select(frame.detections, low)
        sure = seen.take(seen.score > high)
        unsure = seen.take((seen.score > low) & (seen.score <= high))
        targets = _predict(self._targets)
        followed = targets.lost == 1  # seen in the frame before

        candidates = np.flatnonzero(targets.confirmed)
        targets, left = _associate(
            targets, candidates, sure, self._options.match_threshold, fused=True
        )
        candidates = np.flatnonzero(targets.confirmed & followed & (targets.lost > 0))
        targets, _ = _associate(targets, candidates, unsure, _SECOND_IOU, fused=False)
        candidates = np.flatnonzero(~targets.confirmed)
        targets, left = _associate(targets, candidates, left, _UNCONFIRMED_SIMILARITY, fused=True)

        newborn = self._bear(left.take(left.score >= self._options.birth_threshold), frame.index)
        alive = (targets.lost == 0) | (targets.confirmed & (targets.lost <= self._patience))
        targets = rows.join(rows.take(targets, alive), newborn)
        self._targets = _without_duplicates(targets, frame.index)
        return self._report()

    def _begin(self, frame_rate: float) -> None:
        self._patience = int(frame_rate / 30 * self._options.track_buffer)
        self._born = 0
        self._targets = self._bear(no_detections(), 0)

    def _bear(self, seen: Detections, index: int) -> _Targets:
        """Return a new target for each detection; in the first frame it is confirmed at once."""
        count = len(seen.score)
        track = self._born + 1 + np.arange(count)
        self._born += count
        return _Targets(
            track,
            seen.class_id,
            seen.score,
            born=np.full(count, index),
            lost=np.zeros(count, np.int64),
            confirmed=np.full(count, index == 0),
            motion=AspectHeight.begin(seen.box),
        )

    def _report(self) -> TrackerOutput:
        told = rows.take(self._targets, self._targets.confirmed & (self._targets.lost == 0))
        return TrackerOutput(told.track, AspectHeight.box(told.motion), told.score, told.class_id)


def _predict(targets: _Targets) -> _Targets:
    """Return the targets one frame later, as if none were seen; the lost ones keep their height."""
    velocity = targets.motion.velocity.copy()
    velocity[targets.lost > 0, 3] = 0
    motion = AspectHeight.predict(replace(targets.motion, velocity=velocity))
    return replace(targets, lost=targets.lost + 1, motion=motion)


def _associate(
    targets: _Targets, candidates: np.ndarray, seen: Detections, threshold: float, *, fused: bool
) -> tuple[_Targets, Detections]:
    """Return the targets after an association, and the detections it left.

    Args:
        candidates: Rows of the targets that take part.
        threshold: Least similarity of a match.
        fused: Similarity is IoU times the detection's score rather than IoU.
    """
    old = rows.take(targets, candidates)
    similarity = box_iou(AspectHeight.box(old.motion)[:, None], seen.box)
    if fused:
        similarity = similarity * seen.score
    similarity = np.where(same_class(old.class_id, seen.class_id), similarity, -np.inf)
    who, what = match(similarity, threshold)
    met, old = seen.take(what), rows.take(old, who)
    new = replace(
        old,
        score=met.score,
        lost=np.zeros_like(old.lost),
        confirmed=np.ones_like(old.confirmed),
        motion=AspectHeight.update(old.motion, met.box),
    )
    left = seen.take(unmatched(len(seen.score), what))
    return rows.put(targets, candidates[who], new), left


def _without_duplicates(targets: _Targets, index: int) -> _Targets:
    """Return the targets less those that are another one's double, a tracked and a lost one.

    The one with the longer life from birth to its last detection stays.
    """
    box, tracked = AspectHeight.box(targets.motion), targets.lost == 0
    pair = (box_iou(box[:, None], box) > _DUPLICATE_IOU) & tracked[:, None] & ~tracked
    life = index - targets.lost - targets.born
    shorter = life[:, None] <= life
    gone = (pair & shorter).any(axis=1) | (pair & ~shorter).any(axis=0)
    return rows.take(targets, ~gone)
