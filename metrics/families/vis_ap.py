"""Video AP of YouTube-VIS: a detection is a whole predicted track.

Source: Yang et al., Video instance segmentation, ICCV 2019; its official evaluator is the COCO API
with overlaps over time (tests/metrics/families/test_vis_ap.py).
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace

import numpy as np

from metrics import average_precision
from metrics.family import Summary
from metrics.matching.greedy_matching import MatchingInput, Overlaps
from metrics.pairing import Pairing, Side, unique_inverse

SIZE_LIMITS = (128, 256)
COLUMNS = average_precision.columns("", "tracks", "video", SIZE_LIMITS)

Partial = average_precision.Partial
combine = average_precision.combine


def evaluate(pairing: Pairing) -> average_precision.Partial:
    """Return the partial of one sequence and class.

    Ground truth with a score of 0 is a crowd. The area of a track that is in no frame is 0.
    """
    truth, prediction = pairing.truth, pairing.prediction
    no_truth, no_prediction = pairing.absent
    order = np.argsort(np.append(prediction.identities, no_prediction.track), kind="stable")
    place = np.argsort(order)  # of each detection in the order of the identities
    overlaps = _overlaps(pairing)
    area = _mean_area(prediction, pairing.areas(prediction))
    crowd = np.bincount(truth.track, _row_scores(truth) != 0, truth.track_count) == 0
    detections = MatchingInput(
        np.zeros(len(order)),
        np.append(_scores(prediction), no_prediction.score)[order],
        np.append(area, np.zeros(len(no_prediction)))[order],
        np.append(_mean_area(truth, _annotated_areas(pairing)), np.zeros(len(no_truth))),
        np.append(crowd, no_truth.score == 0),
        replace(overlaps, detection=place[overlaps.detection]),
    )
    return average_precision.make_partial(detections, SIZE_LIMITS, pairing.class_number)


def summarize(partial: average_precision.Partial) -> dict[str, float]:
    """Return every column."""
    return average_precision.summarize(partial, "")


def summarize_classes(partials: Many[average_precision.Partial]) -> list[Summary]:
    """Return every column and the curves of each class."""
    return average_precision.summarize_classes(partials, "")


def curves(partial: average_precision.Partial) -> dict[str, np.ndarray]:
    """Return AP at each IoU from 0.50 to 0.95, (10,)."""
    return average_precision.at_thresholds(partial, "")


def _row_scores(side: Side) -> np.ndarray:
    return side.tracks.score[side.rows]


def _scores(side: Side) -> np.ndarray:
    """Return the mean score of each track, without rounding if all its rows have the same score."""
    score = _row_scores(side)
    low, high = np.full(side.track_count, np.inf), np.full(side.track_count, -np.inf)
    np.minimum.at(low, side.track, score)
    np.maximum.at(high, side.track, score)
    mean = np.bincount(side.track, score, side.track_count) / side.lengths()
    return np.where(low == high, low, mean)


def _annotated_areas(pairing: Pairing) -> np.ndarray:
    truth = pairing.truth
    annotated = truth.tracks.area
    return pairing.areas(truth) if annotated is None else annotated[truth.rows]


def _mean_area(side: Side, area: np.ndarray) -> np.ndarray:
    """Return the mean area of each track over the frames in which its area is not 0."""
    frames = np.bincount(side.track, area > 0, side.track_count)
    return np.bincount(side.track, area, side.track_count) / np.maximum(frames, 1)


def _overlaps(pairing: Pairing) -> Overlaps:
    """Return the IoU of track pairs: the intersection over the union, both summed over frames."""
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    width = max(prediction.track_count, 1)
    both, which = unique_inverse(
        truth.track[pairs.truth] * width + prediction.track[pairs.prediction]
    )
    one, other = np.divmod(both, width)
    shared = np.bincount(which, pairs.shared, len(both))
    truth_area = np.bincount(truth.track, pairing.areas(truth), truth.track_count)
    area = np.bincount(prediction.track, pairing.areas(prediction), prediction.track_count)
    return Overlaps(other, one, shared / (truth_area[one] + area[other] - shared))
