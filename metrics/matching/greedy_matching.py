"""Match detections greedily by score, at ten IoU thresholds and for four size ranges at once.

Each detection is matched with the unmatched ground truth of largest IoU, if the IoU reaches the
threshold. A ground truth that does not count towards recall, a crowd or one outside the size range,
is matched only if no other fits; the detection is then ignored, neither a true nor a false
positive. An unmatched detection outside the size range is ignored as well.

Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools 2.0
(tests/metrics/test_average_precision.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)
SIZES = ("all", "small", "medium", "large")
MAX_DETECTIONS = 100  # of a unit
_MAX_AREA = 1e10  # COCO's upper limit of an area


@dataclass(frozen=True)
class Overlaps:
    """Pairs of overlapping detections and ground truths.

    Args:
        detection: (P,) row of the detection.
        truth: (P,) row of the ground truth.
        iou: (P,) overlap of the pair.
    """

    detection: np.ndarray
    truth: np.ndarray
    iou: np.ndarray

    def take(self, which: np.ndarray) -> Overlaps:
        """Return the pairs selected by an index or boolean array."""
        return Overlaps(self.detection[which], self.truth[which], self.iou[which])


@dataclass(frozen=True)
class MatchingInput:
    """Detections and ground truths of one class, ranked within units: videos or single frames.

    Args:
        unit: (D,) unit of each detection.
        score: (D,) confidence of each detection.
        area: (D,) area of each detection in pixels.
        truth_area: (G,) area of each ground truth in pixels.
        crowd: (G,) bool, whether a ground truth is a crowd: it may be matched many times and does
            not count towards recall.
        overlaps: Pairs within the same unit.
    """

    unit: np.ndarray
    score: np.ndarray
    area: np.ndarray
    truth_area: np.ndarray
    crowd: np.ndarray
    overlaps: Overlaps


@dataclass(frozen=True)
class GreedyMatches:
    """Match flags of the best detections of each unit, sorted by unit, then rank.

    Args:
        detection: (K,) row of the detection in the input.
        rank: (K,) rank of the detection in its unit, from 0.
        matched: (K, 4, 10) bool, whether it is matched, for each size and threshold.
        ignored: (K, 4, 10) bool, whether it is neither a true nor a false positive.
        counted: (G, 4) bool, whether a ground truth of that size counts towards recall.
    """

    detection: np.ndarray
    rank: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
    counted: np.ndarray


def match_greedily(detections: MatchingInput, limits: tuple[int, int]) -> GreedyMatches:
    """Return the matches of the best detections of each unit.

    Args:
        limits: Side lengths in pixels. A square of the first is the largest small object, a square
            of the second the smallest large object; both are medium as well.
    """
    chosen, rank = _best(detections)
    place = np.full(len(detections.score), -1)
    place[chosen] = np.arange(len(chosen))
    found = detections.overlaps
    overlaps = Overlaps(place[found.detection], found.truth, found.iou)
    overlaps = overlaps.take((overlaps.detection >= 0) & (found.iou >= THRESHOLDS[0]))
    uncounted = detections.crowd[:, None] | _outside_size(detections.truth_area, limits)
    matched, ignored = _match(overlaps, detections.crowd, uncounted, len(chosen))
    ignored |= ~matched & _outside_size(detections.area[chosen], limits)[:, :, None]
    return GreedyMatches(chosen, rank, matched, ignored, ~uncounted)


def join(inputs: Many[MatchingInput]) -> MatchingInput:
    """Return the inputs as one in which no two share a unit."""
    units = max((int(each.unit.max(initial=0)) for each in inputs), default=0) + 1
    found = [each.overlaps for each in inputs]
    first = np.cumsum([0, *(len(each.score) for each in inputs)])[:-1]
    first_truth = np.cumsum([0, *(len(each.crowd) for each in inputs)])[:-1]
    return MatchingInput(
        np.concatenate([each.unit + place * units for place, each in enumerate(inputs)]),
        np.concatenate([each.score for each in inputs]),
        np.concatenate([each.area for each in inputs]),
        np.concatenate([each.truth_area for each in inputs]),
        np.concatenate([each.crowd for each in inputs]),
        Overlaps(
            np.concatenate([o.detection + n for o, n in zip(found, first, strict=True)]),
            np.concatenate([o.truth + n for o, n in zip(found, first_truth, strict=True)]),
            np.concatenate([each.iou for each in found]),
        ),
    )


def _best(detections: MatchingInput) -> tuple[np.ndarray, np.ndarray]:
    """Return the MAX_DETECTIONS best detections of each unit and their ranks.

    Detections of equal score keep their order.
    """
    order = np.lexsort((-detections.score, detections.unit))
    unit = detections.unit[order]
    rank = np.arange(len(order)) - np.searchsorted(unit, unit)
    return order[rank < MAX_DETECTIONS], rank[rank < MAX_DETECTIONS]


def _outside_size(area: np.ndarray, limits: tuple[int, int]) -> np.ndarray:
    """Return whether each area is outside each size range, (N, 4) bool."""
    small, large = (side**2 for side in limits)
    minimum = np.array([0, 0, small, large])
    maximum = np.array([_MAX_AREA, small, large, _MAX_AREA])
    outside: np.ndarray = (area[:, None] < minimum) | (area[:, None] > maximum)
    return outside


def _match(
    overlaps: Overlaps, crowd: np.ndarray, uncounted: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which of `count` detections are matched, and which with an uncounted ground truth.

    Both are (count, 4, 10) bool.

    Args:
        uncounted: (G, 4) bool, ground truths that do not count towards recall.
    """
    matched = np.zeros((count, len(SIZES), len(THRESHOLDS)), bool)
    ignored = np.zeros_like(matched)
    taken = np.zeros((len(crowd), *matched.shape[1:]), bool)
    left = overlaps.take(np.lexsort((overlaps.truth, overlaps.iou, overlaps.detection)))
    while len(left.truth):
        ready = _ready(left, crowd, count)
        current, left = left.take(ready), left.take(~ready)
        detection, truth, size, threshold = _choose(current, taken, uncounted)
        matched[detection, size, threshold] = True
        ignored[detection, size, threshold] = uncounted[truth, size]
        taken[truth, size, threshold] = ~crowd[truth]
    return matched, ignored


def _ready(left: Overlaps, crowd: np.ndarray, count: int) -> np.ndarray:
    """Return which pairs have a detection that competes with no better-ranked one, bool."""
    first = np.full(len(crowd), count)
    np.minimum.at(first, left.truth, left.detection)
    waits = np.zeros(count, bool)
    waits[left.detection[(first[left.truth] < left.detection) & ~crowd[left.truth]]] = True
    ready: np.ndarray = ~waits[left.detection]
    return ready


def _choose(
    current: Overlaps, taken: np.ndarray, uncounted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the new matches: detection, ground truth, size and threshold, (H,) each.

    Args:
        current: Pairs of the detections to match, sorted by detection, IoU and ground truth: the
            last that fits is the best.
        taken: (G, 4, 10) bool, ground truths that cannot be matched again.
    """
    first = np.flatnonzero(np.diff(current.detection, prepend=-1))
    count = len(current.truth)
    fits = (current.iou[:, None, None] >= THRESHOLDS) & ~taken[current.truth]
    value = np.arange(1, count + 1)[:, None] + count * ~uncounted[current.truth]
    best = np.maximum.reduceat(np.where(fits, value[:, :, None], 0), first)
    which, size, threshold = np.nonzero(best)
    pair = (best[which, size, threshold] - 1) % count
    return current.detection[pair], current.truth[pair], size, threshold
