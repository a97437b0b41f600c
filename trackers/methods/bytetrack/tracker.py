"""ByteTrack: match high-score detections first, then low-score ones with the remaining tracks.

Source: Zhang et al., ECCV 2022, algorithm 1 and section 3. The thresholds are the paper's: 0.6 and
0.1 for scores, 0.2 for the similarity of the first association, which is IoU times score as in the
authors' program. Unlike there, unconfirmed targets are predicted too, and small or flat boxes are
reported like all others.
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

# minimum similarity in the second association and in that of unconfirmed targets
_SECOND_IOU, _UNCONFIRMED_SIMILARITY = 0.5, 0.3
_DUPLICATE_IOU = 0.85  # a lost and a tracked target with a larger IoU are duplicates


def build(options: Options) -> ByteTrack:
    """Return a ByteTrack tracker."""
    return ByteTrack(options)


@dataclass(frozen=True)
class _Targets:
    """One row per target; a target is tracked where `lost` is 0."""

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray  # of the latest detection
    first_frame: np.ndarray
    lost: np.ndarray  # frames since the latest detection
    confirmed: np.ndarray  # bool
    motion: Motion


class ByteTrack:
    """The ByteTrack tracker."""

    _targets: _Targets

    def __init__(self, options: Options) -> None:
        self._options = options
        self._reset(frame_rate=30)

    def start(self, sequence: Sequence) -> None:
        self._reset(sequence.frame_rate)

    def step(self, frame: Frame) -> TrackerOutput:
        low, high = self._options.low_threshold, self._options.high_threshold
        detections = select(frame.detections, low)
        first = detections.take(detections.score > high)
        second = detections.take((detections.score > low) & (detections.score <= high))
        targets = _predict(self._targets, frame.elapsed)
        tracked = targets.lost == 1  # matched in the previous frame

        candidates = np.flatnonzero(targets.confirmed)
        targets, remaining = _associate(
            targets, candidates, first, self._options.match_threshold, fused=True
        )
        candidates = np.flatnonzero(targets.confirmed & tracked & (targets.lost > 0))
        targets, _ = _associate(targets, candidates, second, _SECOND_IOU, fused=False)
        candidates = np.flatnonzero(~targets.confirmed)
        targets, remaining = _associate(
            targets, candidates, remaining, _UNCONFIRMED_SIMILARITY, fused=True
        )

        remaining = remaining.take(remaining.score >= self._options.birth_threshold)
        new = self._initiate(remaining, frame.index)
        alive = (targets.lost == 0) | (targets.confirmed & (targets.lost <= self._max_lost))
        targets = rows.join(rows.take(targets, alive), new)
        self._targets = _without_duplicates(targets, frame.index)
        return self._report()

    def _reset(self, frame_rate: float) -> None:
        self._max_lost = int(frame_rate / 30 * self._options.track_buffer)
        self._initiated = 0
        self._targets = self._initiate(no_detections(), 0)

    def _initiate(self, detections: Detections, index: int) -> _Targets:
        """Return a new target for each detection; in the first frame it is confirmed at once."""
        count = len(detections.score)
        track = self._initiated + 1 + np.arange(count)
        self._initiated += count
        return _Targets(
            track,
            detections.class_id,
            detections.score,
            first_frame=np.full(count, index),
            lost=np.zeros(count, np.int64),
            confirmed=np.full(count, index == 0),
            motion=AspectHeight.initiate(detections.box),
        )

    def _report(self) -> TrackerOutput:
        reported = rows.take(self._targets, self._targets.confirmed & (self._targets.lost == 0))
        box = AspectHeight.box(reported.motion)
        return TrackerOutput(reported.track, box, reported.score, reported.class_id)


def _predict(targets: _Targets, elapsed: float) -> _Targets:
    """Return the targets in the next frame, before any is matched; lost ones keep their height."""
    velocity = targets.motion.velocity.copy()
    velocity[targets.lost > 0, 3] = 0
    motion = AspectHeight.predict(replace(targets.motion, velocity=velocity), elapsed)
    return replace(targets, lost=targets.lost + 1, motion=motion)


def _associate(
    targets: _Targets,
    candidates: np.ndarray,
    detections: Detections,
    threshold: float,
    *,
    fused: bool,
) -> tuple[_Targets, Detections]:
    """Return the targets after an association, and the unmatched detections.

    Args:
        candidates: Rows of the targets that take part.
        threshold: Minimum similarity of a match.
        fused: Whether the similarity is IoU times the detection's score, instead of IoU.
    """
    old = rows.take(targets, candidates)
    similarity = box_iou(AspectHeight.box(old.motion)[:, None], detections.box)
    if fused:
        similarity = similarity * detections.score
    similarity = np.where(same_class(old.class_id, detections.class_id), similarity, -np.inf)
    row, column = match(similarity, threshold)
    matched, old = detections.take(column), rows.take(old, row)
    new = replace(
        old,
        score=matched.score,
        lost=np.zeros_like(old.lost),
        confirmed=np.ones_like(old.confirmed),
        motion=AspectHeight.update(old.motion, matched.box),
    )
    remaining = detections.take(unmatched(len(detections.score), column))
    return rows.put(targets, candidates[row], new), remaining


def _without_duplicates(targets: _Targets, index: int) -> _Targets:
    """Return the targets without duplicates, which are pairs of a tracked and a lost target.

    The one with more frames between its first and its latest detection is kept.
    """
    box, tracked = AspectHeight.box(targets.motion), targets.lost == 0
    pair = (box_iou(box[:, None], box) > _DUPLICATE_IOU) & tracked[:, None] & ~tracked
    duration = index - targets.lost - targets.first_frame
    shorter = duration[:, None] <= duration
    removed = (pair & shorter).any(axis=1) | (pair & ~shorter).any(axis=0)
    return rows.take(targets, ~removed)
