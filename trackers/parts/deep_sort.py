"""DeepSORT's association: track life cycle, and matching by appearance, motion and IoU.

Source: Wojke, Bewley, Paulus, Simple Online and Realtime Tracking with a Deep Association Metric,
ICIP 2017, section 2, written from the paper; the gate is the 0.95 quantile of the chi-square
distribution, as there. The paper's association cost is a weighted sum of the motion and the
appearance distance. With embeddings, this is its case lambda = 0, which its authors ran: motion is
used for gating only. Without embeddings, it is lambda = 1: motion alone.

Different from the paper: a detection is matched only with targets of its own class.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.overlap import box_iou
from datasets.types import Detections
from trackers.parts import rows
from trackers.parts.assignment import match, unmatched
from trackers.parts.box_motion import AspectHeight
from trackers.parts.detections import no_detections, same_class
from trackers.parts.gallery import Gallery, unit
from trackers.parts.kalman import Motion
from trackers.parts.options import DeepSortOptions

_GATE = 9.4877  # 0.95 quantile of chi-square with four degrees of freedom
_UNMATCHED = -1


@dataclass(frozen=True)
class Reported:
    """The confirmed targets of a frame, in order of initiation.

    Args:
        track: (K,) int64 track ids, from 1 in order of initiation.
        box: (K, 4) means of the Kalman filter, not the boxes of the detections.
        score: (K,) scores of the latest detections.
        class_id: (K,) int64.
        row: (K,) int64 index of the target's detection among those of this frame; -1 where the
            target is unmatched and the box is a prediction, see `DeepSortAssociation`.
    """

    track: np.ndarray
    box: np.ndarray
    score: np.ndarray
    class_id: np.ndarray
    row: np.ndarray


@dataclass(frozen=True)
class _Targets:
    """One row per target."""

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray  # of the latest detection
    row: np.ndarray  # index of the detection in this frame, or _UNMATCHED
    matches: np.ndarray  # detections so far
    missed: np.ndarray  # frames since the latest detection
    confirmed: np.ndarray  # bool; other targets are tentative
    motion: Motion


class DeepSortAssociation:
    """Associates the detections of consecutive frames with DeepSORT's targets.

    Args:
        report_coasted: Whether a target's predicted box is reported in the first frame without a
            detection, as in the authors' program.

    Raises:
        ValueError: The embedding budget is less than one.
    """

    _gallery: Gallery
    _targets: _Targets

    def __init__(self, options: DeepSortOptions, *, report_coasted: bool) -> None:
        self._options, self._report_coasted = options, report_coasted
        self.start()

    def start(self) -> None:
        """Remove all targets."""
        self._initiated = 0
        self._gallery = Gallery(self._options.nn_budget)
        self._targets = self._initiate(no_detections(), np.zeros(0, np.int64))

    def step(
        self,
        detections: Detections,
        embeddings: np.ndarray | None = None,
        elapsed: float = 1.0,
    ) -> Reported:
        """Return the targets of the next frame.

        Args:
            detections: All of them take part; low scores and duplicates must be removed before.
                Every box must have a positive size.
            embeddings: (N, D) appearance of each detection, of any length; a detection with a zero
                vector is matched by IoU only. With None this frame is matched by motion only, and
                no appearance is stored.
            elapsed: Time since the previous frame, see `Frame`.

        Raises:
            ValueError: There is not one embedding per detection, or one is not finite.
        """
        features = None if embeddings is None else _normalized(embeddings, len(detections.score))
        targets = _predict(self._targets, elapsed)
        targets, remaining = self._cascade(targets, detections, features)
        targets, remaining = self._match_iou(targets, detections, remaining)
        alive = targets.confirmed & (targets.missed <= self._options.max_age)
        dead = (targets.missed > 0) & ~alive
        new = self._initiate(detections, remaining)
        self._targets = rows.join(rows.take(targets, ~dead), new)
        if features is not None:
            self._update_gallery(features)
        return self._report()

    def _cascade(
        self, targets: _Targets, detections: Detections, features: np.ndarray | None
    ) -> tuple[_Targets, np.ndarray]:
        """Match confirmed targets within the gate, the most recently matched first."""
        remaining, missed = np.arange(len(detections.score)), targets.missed
        eligible = targets.confirmed & (missed <= self._options.max_age)
        distance = AspectHeight.distance(targets.motion, detections.box)
        distance[~same_class(targets.class_id, detections.class_id)] = np.inf
        max_distance = _GATE
        if features is not None:
            gated = (distance <= _GATE) & eligible[:, None]
            distance = self._appearance_distance(targets.track, features, gated)
            max_distance = self._options.max_cosine_distance
        for age in np.unique(missed[eligible]):
            candidates = np.flatnonzero(eligible & (missed == age))
            row, column = match(-distance[np.ix_(candidates, remaining)], -max_distance)
            targets = self._update(targets, candidates[row], detections, remaining[column])
            remaining = remaining[unmatched(len(remaining), column)]
        return targets, remaining

    def _appearance_distance(
        self, track: np.ndarray, features: np.ndarray, pairs: np.ndarray
    ) -> np.ndarray:
        """Return the minimum 1 - cosine similarity of the `pairs` (T, N) bool; inf elsewhere."""
        distance = np.full(pairs.shape, np.inf)
        for row in np.flatnonzero(pairs.any(axis=1)):
            similarity = self._gallery.max_cosine(int(track[row]), features[pairs[row]])
            distance[row, pairs[row]] = 1 - similarity
        return distance

    def _match_iou(
        self, targets: _Targets, detections: Detections, remaining: np.ndarray
    ) -> tuple[_Targets, np.ndarray]:
        """Match tentative targets and those matched in the previous frame by IoU."""
        candidates = np.flatnonzero((targets.missed == 1) | ~targets.confirmed)
        old = rows.take(targets, candidates)
        iou = box_iou(AspectHeight.box(old.motion)[:, None], detections.box[remaining])
        comparable = same_class(old.class_id, detections.class_id[remaining])
        min_iou = 1 - self._options.max_iou_distance
        row, column = match(np.where(comparable, iou, -np.inf), min_iou)
        targets = self._update(targets, candidates[row], detections, remaining[column])
        return targets, remaining[unmatched(len(remaining), column)]

    def _update(
        self, targets: _Targets, matched: np.ndarray, detections: Detections, row: np.ndarray
    ) -> _Targets:
        """Return the targets after those in rows `matched` were matched to detections `row`."""
        old, detected = rows.take(targets, matched), detections.take(row)
        new = replace(
            old,
            score=detected.score,
            row=row,
            matches=old.matches + 1,
            missed=np.zeros_like(old.missed),
            confirmed=old.confirmed | (old.matches + 1 >= self._options.n_init),
            motion=AspectHeight.update(old.motion, detected.box),
        )
        return rows.put(targets, matched, new)

    def _initiate(self, detections: Detections, row: np.ndarray) -> _Targets:
        """Return a new tentative target for each of the detections `row`."""
        count, detected = len(row), detections.take(row)
        track = self._initiated + 1 + np.arange(count)
        self._initiated += count
        return _Targets(
            track,
            detected.class_id,
            detected.score,
            row=row,
            matches=np.ones(count, np.int64),
            missed=np.zeros(count, np.int64),
            confirmed=np.full(count, self._options.n_init <= 1),
            motion=AspectHeight.initiate(detected.box),
        )

    def _update_gallery(self, features: np.ndarray) -> None:
        """Store the features of matched targets, and remove those of deleted targets.

        The authors store a tentative target's features separately until it is confirmed. Here they
        go into the gallery at once: only confirmed targets are looked up in it.
        """
        for track, row in zip(self._targets.track, self._targets.row, strict=True):
            if row != _UNMATCHED:
                self._gallery.add(int(track), features[row])
        self._gallery.keep_only(self._targets.track.tolist())

    def _report(self) -> Reported:
        recent = self._targets.missed <= (1 if self._report_coasted else 0)
        reported = rows.take(self._targets, self._targets.confirmed & recent)
        box = AspectHeight.box(reported.motion)
        return Reported(reported.track, box, reported.score, reported.class_id, reported.row)


def _predict(targets: _Targets, elapsed: float) -> _Targets:
    """Return the targets in the next frame, before any is matched."""
    motion = AspectHeight.predict(targets.motion, elapsed)
    row = np.full_like(targets.row, _UNMATCHED)
    return replace(targets, row=row, missed=targets.missed + 1, motion=motion)


def _normalized(embeddings: np.ndarray, count: int) -> np.ndarray:
    """Return embeddings scaled to length 1, once checked."""
    if embeddings.shape[:-1] != (count,):
        raise ValueError(f"embeddings: expected shape ({count}, D), found {embeddings.shape}")
    if not np.isfinite(embeddings).all():
        raise ValueError("embeddings: expected finite numbers, found NaN or infinity")
    return unit(embeddings)
