"""The targets of DeepSORT: their life, and how detections find them, by look, motion and IoU.

Source: Wojke, Bewley, Paulus, Simple Online and Realtime Tracking with a Deep Association Metric,
ICIP 2017, section 2, written from the paper; the 0.95 quantile of the chi-square distribution
gates, as there. The paper's association cost is a weighted sum of the motion and the appearance
distance. With vectors of appearance it is here its case lambda = 0, which its authors ran: the
motion gates only. Without, it is lambda = 1: motion alone.

Beside the paper: a detection finds targets of its own class only.
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
_UNSEEN = -1


@dataclass(frozen=True)
class Reported:
    """The confirmed targets of a frame, the oldest first.

    Args:
        track: (K,) int64 identities, from 1 in order of birth.
        box: (K, 4) means of the filter: not the boxes of the detections.
        score: (K,) of the last detection.
        class_id: (K,) int64.
        row: (K,) int64, which of the detections given for this frame is the target's; -1 where
            none is and the box is a prediction, see `DeepSort`.
    """

    track: np.ndarray
    box: np.ndarray
    score: np.ndarray
    class_id: np.ndarray
    row: np.ndarray


@dataclass(frozen=True)
class _Targets:
    """One row a target."""

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray  # of the last detection
    row: np.ndarray  # of the detection in this frame, or _UNSEEN
    hits: np.ndarray  # detections so far
    missed: np.ndarray  # frames since the last detection
    confirmed: np.ndarray  # bool; a target that is not is tentative
    motion: Motion


class DeepSort:
    """See the module.

    Args:
        report_coasted: Whether the predicted box of a target is reported in the first frame
            without a detection of it, as the authors' program does.

    Raises:
        ValueError: A budget of vectors is less than one.
    """

    _gallery: Gallery
    _targets: _Targets

    def __init__(self, options: DeepSortOptions, *, report_coasted: bool) -> None:
        self._options, self._report_coasted = options, report_coasted
        self.start()

    def start(self) -> None:
        """Forget everything."""
        self._born = 0
        self._gallery = Gallery(self._options.nn_budget)
        self._targets = self._bear(no_detections(), np.zeros(0, np.int64))

    def step(self, seen: Detections, embeddings: np.ndarray | None = None) -> Reported:
        """Return the targets of the next frame.

        Args:
            seen: All of them are looked at: what is too unsure or suppressed is left out before.
                Every box has an area.
            embeddings: (N, D) what each looks like, of any length; a detection with zeros, which
                shows nothing, is found by IoU alone. None: this frame goes by motion alone, and
                nobody's look is kept.

        Raises:
            ValueError: There is not one vector a detection, or one is not finite.
        """
        looks = None if embeddings is None else _looks(embeddings, len(seen.score))
        targets = _predict(self._targets)
        targets, left = self._cascade(targets, seen, looks)
        targets, left = self._match_iou(targets, seen, left)
        alive = targets.confirmed & (targets.missed <= self._options.max_age)
        old = (targets.missed > 0) & ~alive
        self._targets = rows.join(rows.take(targets, ~old), self._bear(seen, left))
        if looks is not None:
            self._remember(looks)
        return self._report()

    def _cascade(
        self, targets: _Targets, seen: Detections, looks: np.ndarray | None
    ) -> tuple[_Targets, np.ndarray]:
        """Match confirmed targets within the gate, the most recently seen first."""
        left, missed = np.arange(len(seen.score)), targets.missed
        able = targets.confirmed & (missed <= self._options.max_age)
        distance = AspectHeight.distance(targets.motion, seen.box)
        distance[~same_class(targets.class_id, seen.class_id)] = np.inf
        most = _GATE
        if looks is not None:
            gated = (distance <= _GATE) & able[:, None]
            distance = self._look_distance(targets.track, looks, gated)
            most = self._options.max_cosine_distance
        for age in np.unique(missed[able]):
            candidates = np.flatnonzero(able & (missed == age))
            who, what = match(-distance[np.ix_(candidates, left)], -most)
            targets = self._found(targets, candidates[who], seen, left[what])
            left = left[unmatched(len(left), what)]
        return targets, left

    def _look_distance(self, track: np.ndarray, looks: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Return the least 1 - cosine of each pair that is asked for, (T, N) bool; others inf."""
        distance = np.full(asked.shape, np.inf)
        for row in np.flatnonzero(asked.any(axis=1)):
            near = self._gallery.cosine(int(track[row]), looks[asked[row]])
            distance[row, asked[row]] = 1 - near
        return distance

    def _match_iou(
        self, targets: _Targets, seen: Detections, left: np.ndarray
    ) -> tuple[_Targets, np.ndarray]:
        """Match tentative targets and those seen in the frame before by IoU."""
        candidates = np.flatnonzero((targets.missed == 1) | ~targets.confirmed)
        old = rows.take(targets, candidates)
        iou = box_iou(AspectHeight.box(old.motion)[:, None], seen.box[left])
        alike = same_class(old.class_id, seen.class_id[left])
        least = 1 - self._options.max_iou_distance
        who, what = match(np.where(alike, iou, -np.inf), least)
        targets = self._found(targets, candidates[who], seen, left[what])
        return targets, left[unmatched(len(left), what)]

    def _found(
        self, targets: _Targets, who: np.ndarray, seen: Detections, what: np.ndarray
    ) -> _Targets:
        """Return the targets after those in rows `who` were seen as detections `what`."""
        old, met = rows.take(targets, who), seen.take(what)
        new = replace(
            old,
            score=met.score,
            row=what,
            hits=old.hits + 1,
            missed=np.zeros_like(old.missed),
            confirmed=old.confirmed | (old.hits + 1 >= self._options.n_init),
            motion=AspectHeight.update(old.motion, met.box),
        )
        return rows.put(targets, who, new)

    def _bear(self, seen: Detections, what: np.ndarray) -> _Targets:
        """Return a new tentative target for each of the detections `what`."""
        count, met = len(what), seen.take(what)
        track = self._born + 1 + np.arange(count)
        self._born += count
        return _Targets(
            track,
            met.class_id,
            met.score,
            row=what,
            hits=np.ones(count, np.int64),
            missed=np.zeros(count, np.int64),
            confirmed=np.full(count, self._options.n_init <= 1),
            motion=AspectHeight.begin(met.box),
        )

    def _remember(self, looks: np.ndarray) -> None:
        """Keep what the targets seen now look like, and forget those that are gone.

        The authors keep a tentative target's vectors apart until it is confirmed. Here they are
        with the others: only confirmed targets are asked for.
        """
        for track, row in zip(self._targets.track, self._targets.row, strict=True):
            if row != _UNSEEN:
                self._gallery.add(int(track), looks[row])
        self._gallery.forget_others(self._targets.track.tolist())

    def _report(self) -> Reported:
        recent = self._targets.missed <= (1 if self._report_coasted else 0)
        told = rows.take(self._targets, self._targets.confirmed & recent)
        box = AspectHeight.box(told.motion)
        return Reported(told.track, box, told.score, told.class_id, told.row)


def _predict(targets: _Targets) -> _Targets:
    """Return the targets one frame later, as if none were seen."""
    motion = AspectHeight.predict(targets.motion)
    unseen = np.full_like(targets.row, _UNSEEN)
    return replace(targets, row=unseen, missed=targets.missed + 1, motion=motion)


def _looks(embeddings: np.ndarray, count: int) -> np.ndarray:
    """Return embeddings at length 1."""
    if embeddings.shape[:-1] != (count,):
        raise ValueError(f"embeddings of shape {embeddings.shape} found, expected ({count}, D)")
    if not np.isfinite(embeddings).all():
        raise ValueError("embeddings that are not finite found")
    return unit(embeddings)
