"""Detections given to truths, best score first, at ten overlaps and for four sizes at once.

Each detection takes the truth it overlaps most of those that are left and overlap it enough. Truth
that is not to be found, a crowd or of another size, is taken only where no other fits; what takes
it counts neither as right nor as wrong, nor does a detection of another size that takes none.

Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools 2.0
(tests/metrics/test_average_precision.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)
SIZES = ("all", "small", "medium", "large")
MOST = 100  # detections of a unit that are looked at
_LARGEST = 1e10  # COCO's area that nothing exceeds


@dataclass(frozen=True)
class Overlaps:
    """Detections and the truths they overlap.

    Args:
        detection: (P,) row.
        truth: (P,) row.
        iou: (P,)
    """

    detection: np.ndarray
    truth: np.ndarray
    iou: np.ndarray

    def take(self, which: np.ndarray) -> Overlaps:
        """Return those of an index or boolean array."""
        return Overlaps(self.detection[which], self.truth[which], self.iou[which])


@dataclass(frozen=True)
class Scene:
    """Detections and truths of one class. They are ranked by unit: a video, or a frame of one.

    Args:
        unit: (D,) of each detection.
        score: (D,) larger is surer.
        area: (D,) pixels.
        truth_area: (G,) pixels.
        crowd: (G,) bool: it may be taken many times, and is not to be found.
        overlaps: Within a unit.
    """

    unit: np.ndarray
    score: np.ndarray
    area: np.ndarray
    truth_area: np.ndarray
    crowd: np.ndarray
    overlaps: Overlaps


@dataclass(frozen=True)
class Verdict:
    """What became of the best detections of each unit, ordered by unit, then rank.

    Args:
        detection: (K,) row in the scene.
        rank: (K,) in its unit, from 0.
        matched: (K, 4, 10) bool, for each size and threshold.
        ignored: (K, 4, 10) bool.
        truth_count: (4,) truths of each size that are to be found.
    """

    detection: np.ndarray
    rank: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
    truth_count: np.ndarray


def judge(scene: Scene, sides: tuple[int, int]) -> Verdict:
    """Return what the detections take.

    Args:
        sides: A square of the first side is the largest that is small, of the second the smallest
            that is large; both are medium too.
    """
    chosen, rank = _best(scene)
    place = np.full(len(scene.score), -1)
    place[chosen] = np.arange(len(chosen))
    found = scene.overlaps
    overlaps = Overlaps(place[found.detection], found.truth, found.iou)
    overlaps = overlaps.take((overlaps.detection >= 0) & (found.iou >= THRESHOLDS[0]))
    beside = scene.crowd[:, None] | _of_other_size(scene.truth_area, sides)
    matched, ignored = _match(overlaps, scene.crowd, beside, len(chosen))
    ignored |= ~matched & _of_other_size(scene.area[chosen], sides)[:, :, None]
    return Verdict(chosen, rank, matched, ignored, (~beside).sum(axis=0))


def _best(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Return the MOST best detections of each unit and their ranks; equal scores stay in order."""
    order = np.lexsort((-scene.score, scene.unit))
    unit = scene.unit[order]
    rank = np.arange(len(order)) - np.searchsorted(unit, unit)
    return order[rank < MOST], rank[rank < MOST]


def _of_other_size(area: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Return whether each area is outside each size, (N, 4) bool."""
    small, large = (side**2 for side in sides)
    least = np.array([0, 0, small, large])
    most = np.array([_LARGEST, small, large, _LARGEST])
    outside: np.ndarray = (area[:, None] < least) | (area[:, None] > most)
    return outside


def _match(
    overlaps: Overlaps, crowd: np.ndarray, beside: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each of `count` detections takes a truth, and one beside, (count, 4, 10) bool.

    Args:
        beside: (G, 4) bool, truth that is not to be found.
    """
    matched = np.zeros((count, len(SIZES), len(THRESHOLDS)), bool)
    ignored = np.zeros_like(matched)
    taken = np.zeros((len(crowd), *matched.shape[1:]), bool)
    left = overlaps.take(np.lexsort((overlaps.truth, overlaps.iou, overlaps.detection)))
    while len(left.truth):
        ready = _ready(left, crowd, count)
        now, left = left.take(ready), left.take(~ready)
        detection, truth, size, threshold = _choose(now, taken, beside)
        matched[detection, size, threshold] = True
        ignored[detection, size, threshold] = beside[truth, size]
        taken[truth, size, threshold] = ~crowd[truth]
    return matched, ignored


def _ready(left: Overlaps, crowd: np.ndarray, count: int) -> np.ndarray:
    """Return which pairs are of detections that no better one can take a truth from, bool."""
    first = np.full(len(crowd), count)
    np.minimum.at(first, left.truth, left.detection)
    waits = np.zeros(count, bool)
    waits[left.detection[(first[left.truth] < left.detection) & ~crowd[left.truth]]] = True
    ready: np.ndarray = ~waits[left.detection]
    return ready


def _choose(
    now: Overlaps, taken: np.ndarray, beside: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return each taking: detection, truth, size and threshold, (H,) each.

    Args:
        now: Pairs of detections that may choose, by detection, then IoU, then truth: the last that
            fits is the best.
        taken: (G, 4, 10) bool, truth that cannot be taken again.
    """
    first = np.flatnonzero(np.diff(now.detection, prepend=-1))
    count = len(now.truth)
    fits = (now.iou[:, None, None] >= THRESHOLDS) & ~taken[now.truth]
    value = np.arange(1, count + 1)[:, None] + count * ~beside[now.truth]
    best = np.maximum.reduceat(np.where(fits, value[:, :, None], 0), first)
    which, size, threshold = np.nonzero(best)
    pair = (best[which, size, threshold] - 1) % count
    return now.detection[pair], now.truth[pair], size, threshold
