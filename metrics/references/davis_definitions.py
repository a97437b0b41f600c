"""Reference for J&F: the DAVIS evaluators' definitions, computed on dense masks of PNG files.

Source: davisvideochallenge/davis2017-evaluation (davis2017/davis.py, results.py, metrics.py,
utils.py, evaluation.py). The evaluators are not installed: this is an implementation of our own,
which reads the files itself and shares no code with metrics/families. The objects are 1 to the
largest identity in the first frame of the ground truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from datasets.masks import coco_rle
from datasets.types import Tracks
from metrics.crosscheck.reference import (
    COMBINED,
    Explanation,
    Input,
    ReferenceOutput,
    Request,
    Sample,
    describe_failure,
)

EXPLANATIONS: tuple[Explanation, ...] = ()
FIELDS = ("J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay")

Tables = tuple[np.ndarray, np.ndarray]  # J and F of each object over time, (N, T)
Labels = tuple[np.ndarray, np.ndarray]  # ground truth and results, (T, height, width)
_NAME = "davis_definitions"
_VOID = 255
_REACH = 0.008  # share of the image diagonal up to which boundaries match
_RECALLED = 0.5  # above which a value counts for recall


def score(request: Request, workdir: Path) -> ReferenceOutput:
    """Return J&F of each sequence and, over the objects of all, combined."""
    families = [name for name in request.families if name in _MEASURES]
    if request.protocol not in _PREPARE or not families:
        return ReferenceOutput()
    (family,) = families  # both have the same columns
    tables, inputs = {}, []
    for name, sample in request.samples.items():
        tables[name], reason = _score_sequence(request, family, name, sample)
        inputs.append(Input(_NAME, name, not reason, not reason, reason))
    places = {name: [each] for name, each in tables.items()} | {COMBINED: [*tables.values()]}
    scores = {place: summarize(each) for place, each in places.items()}
    return ReferenceOutput(dict.fromkeys(request.classes, scores), inputs)


def _score_sequence(request: Request, family: str, name: str, sample: Sample) -> tuple[Tables, str]:
    """Return the tables of the user's files, or those of tracks and the reason why."""
    reason = f"{_NAME} reads PNG files only"
    given = request.given
    if given.has_both("davis", [name]):
        try:
            ends = family == "jf_davis_us"
            labels = read_labels(given.truth[name], given.results[name], ends=ends)
            return _measure(request.protocol, family, *labels), ""
        except (OSError, ValueError, SyntaxError) as error:
            reason = f"{_NAME} fails on the files given: {describe_failure(error)}"
    drawn = _drawn(sample.truth), _drawn(sample.prediction)
    return _measure(request.protocol, family, *drawn), reason


def read_labels(truth: Path, results: Path, *, ends: bool = True) -> Labels:
    """Return the labels of all frames of the ground truth, in the order of their names.

    Args:
        ends: Whether results of the first and the last frame are read; else they are background.
    """
    paths = sorted(truth.glob("[!.]*.png"))
    size = np.array(Image.open(paths[0])).shape[:2]
    labels, found = np.zeros((2, len(paths), *size), np.int32)
    for frame, path in enumerate(paths):
        labels[frame] = np.array(Image.open(path))
        if ends or 0 < frame < len(paths) - 1:
            found[frame] = np.array(Image.open(results / path.name))
    return labels, found


def _drawn(tracks: Tracks) -> np.ndarray:
    """Return tracks as labels, void as 255."""
    extent = tracks.extent
    labels = np.zeros((extent.frame_count, extent.height, extent.width), np.int32)
    if tracks.rle is not None:
        void = np.isin(tracks.class_id, extent.ignored)
        for row, value in enumerate(np.where(void, _VOID, tracks.track).tolist()):
            labels[tracks.frame[row]][coco_rle.decode(tracks.rle.take(np.array([row])))[0]] = value
    return labels


def _without_void(truth: np.ndarray, prediction: np.ndarray) -> Labels:
    void = truth == _VOID
    return np.where(void, 0, truth), np.where(void, 0, prediction)


def _void_as_background(truth: np.ndarray, prediction: np.ndarray) -> Labels:
    return np.where(truth == _VOID, 0, truth), prediction


def _foreground(truth: np.ndarray, prediction: np.ndarray) -> Labels:
    return (truth > 0).astype(np.uint8), (prediction > 0).astype(np.uint8)


def score_labels(
    protocol: str, family: str, truth: np.ndarray, prediction: np.ndarray
) -> dict[str, float]:
    """Return the columns of one sequence, given labels (T, height, width); 255 may be void."""
    return summarize([_measure(protocol, family, truth, prediction)])


def _measure(protocol: str, family: str, truth: np.ndarray, prediction: np.ndarray) -> Tables:
    return _MEASURES[family](*_PREPARE[protocol](truth, prediction))


def _semi_supervised(truth: np.ndarray, prediction: np.ndarray) -> Tables:
    """Return J and F of labels whose numbers are given, without the first and the last frame."""
    objects = _objects(truth)
    others = {*np.unique(prediction[1:-1]).tolist()} - {0, *objects}
    if others:
        raise ValueError(f"results have objects that the first frame has not: {sorted(others)}")
    return _tables(truth[1:-1], prediction[1:-1], [(each, each) for each in objects])


def _unsupervised(truth: np.ndarray, prediction: np.ndarray) -> Tables:
    """Return J and F of labels after assigning proposals to objects."""
    objects = _objects(truth)
    proposals = range(1, max(int(prediction.max(initial=0)), len(objects)) + 1)
    every = _tables(truth, prediction, [(i, k) for k in proposals for i in objects])
    shape = len(proposals), len(objects), len(truth)
    region, contour = (each.reshape(shape) for each in every)
    means = (region.mean(axis=2) + contour.mean(axis=2)) / 2
    chosen = linear_sum_assignment(-means)
    return region[chosen], contour[chosen]


def _objects(truth: np.ndarray) -> range:
    return range(1, int(truth[0].max(initial=0)) + 1)


def _tables(truth: np.ndarray, prediction: np.ndarray, pairs: list[tuple[int, int]]) -> Tables:
    """Return J and F of pairs of a value in the ground truth and one in the results."""
    region, contour = np.zeros((2, len(pairs), len(truth)))
    for frame, sides in enumerate(zip(truth, prediction, strict=True)):
        masks = [
            {value: side == value for value in {pair[number] for pair in pairs}}
            for number, side in enumerate(sides)
        ]
        outlines = [{key: Boundary.of(mask) for key, mask in side.items()} for side in masks]
        for place, (one, other) in enumerate(pairs):
            region[place, frame] = jaccard(masks[0][one], masks[1][other])
            contour[place, frame] = outlines[0][one].f_score(outlines[1][other])
    return region, contour


@dataclass(frozen=True)
class Boundary:
    """The boundary of a mask.

    Args:
        points: Row and column of each pixel, (N, 2).
        radius: Distance in pixels up to which boundaries match.
    """

    points: np.ndarray
    radius: float

    @classmethod
    def of(cls, mask: np.ndarray) -> Boundary:
        """Return the boundary of a mask (height, width)."""
        diagonal = np.sqrt(mask.shape[0] ** 2 + mask.shape[1] ** 2)
        return cls(np.argwhere(boundary_pixels(mask)), float(np.ceil(_REACH * diagonal)))

    @cached_property
    def tree(self) -> cKDTree:
        """The points, to look up the nearest."""
        return cKDTree(self.points)

    def f_score(self, other: Boundary) -> float:
        """Return the harmonic mean of the shares of both boundaries that lie near the other."""
        if not len(self.points) or not len(other.points):
            return float(len(self.points) == len(other.points))
        shares = self._share_near(other), other._share_near(self)
        return 2 * shares[0] * shares[1] / sum(shares) if sum(shares) else 0.0

    def _share_near(self, other: Boundary) -> float:
        return float(np.mean(other.tree.query(self.points)[0] <= self.radius))


def boundary_pixels(mask: np.ndarray) -> np.ndarray:
    """Return where a pixel differs from the one to its right, below, or right and below."""
    height, width = mask.shape
    right, below = np.minimum(np.arange(width) + 1, width - 1), np.arange(1, height + 1)
    below = np.minimum(below, height - 1)
    return (mask != mask[:, right]) | (mask != mask[below]) | (mask != mask[below][:, right])


def jaccard(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Return the IoU, 1 if both masks are empty."""
    union = np.count_nonzero(truth | prediction)
    return np.count_nonzero(truth & prediction) / union if union else 1.0


def time_statistics(values: np.ndarray) -> tuple[float, float, float]:
    """Return mean, recall and decay of one object's values over time."""
    ends = [int(np.floor(x + 0.5 + 1e-10)) - 1 for x in np.linspace(1, len(values), 5)]
    first, last = values[: ends[1] + 1], values[ends[3] : ends[4] + 1]
    found = values.mean(), np.mean(values > _RECALLED), first.mean() - last.mean()
    return float(found[0]), float(found[1]), float(found[2])


def summarize(sequences: list[Tables]) -> dict[str, float]:
    """Return the columns: means over the objects of all sequences, NaN without any."""
    rows = [
        [time_statistics(each) for tables in sequences for each in tables[measure]]
        for measure in (0, 1)
    ]
    if not rows[0]:
        return dict.fromkeys(FIELDS, np.nan)
    j, f = (np.mean(each, axis=0) for each in rows)
    return {name: float(v) for name, v in zip(FIELDS, [(j[0] + f[0]) / 2, *j, *f], strict=True)}


_MEASURES: Mapping[str, Callable[[Any, Any], Tables]] = {
    "jf_davis_ss": _semi_supervised,
    "jf_davis_us": _unsupervised,
}
_PREPARE: Mapping[str, Callable[[Any, Any], Labels]] = {
    "davis": _without_void,
    "davis_semi": _void_as_background,
    "davis2016": _foreground,
}
