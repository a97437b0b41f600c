"""Score tracks with pycocotools: each frame is an image, or each track a detection of a video."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from datasets.masks import coco_rle
from datasets.types import Tracks
from metrics.references.pycocotools import Kind, evaluate, summarize

Pair = tuple[Tracks, Tracks]
Scores = tuple[dict[str, float], np.ndarray]  # nine values, NaN for -1; AP at each threshold


def score_frames(sequences: list[Pair], kind: Kind) -> Scores:
    """Return pycocotools' scores of the rows of frames."""
    by_class = [
        {
            key: (one.take(one.class_id == key), other.take(other.class_id == key))
            for key in one.extent.classes
        }
        for one, other in sequences
    ]
    return _scores(evaluate(by_class, kind))


def score_videos(sequences: list[Pair]) -> Scores:
    """Return the scores of mask tracks by the official evaluator's rules, from dense masks."""
    truth, found, iou = [], [], {}
    for video, (one, other) in enumerate(sequences):
        truth += _tracks(video, one)
        found += _tracks(video, other)
        iou |= {(video, *both): each for both, each in _dense_iou(one, other).items()}
    videos, classes = list(range(len(sequences))), sequences[0][0].extent.classes
    return score_overlaps(truth, found, iou, videos, classes)


def score_overlaps(
    truth: list[dict],
    found: list[dict],
    iou: Mapping[tuple, float],
    units: list[int],
    classes: Mapping[int, str],
) -> Scores:
    """Return the scores of annotations with given overlaps, at the size limits of videos.

    Args:
        truth: Entries with image_id, category_id, name, iscrowd, area.
        found: Entries with image_id, category_id, name, score, area.
        iou: IoU by image_id, name of the ground truth, name of the detection.
    """
    evaluator = COCOeval(iouType="bbox")
    evaluator.params.areaRng = [[0, 1e10], [0, 128**2], [128**2, 256**2], [256**2, 1e10]]

    def compute(unit: int, class_id: int) -> list | np.ndarray:
        truths, detections = evaluator._gts[unit, class_id], evaluator._dts[unit, class_id]
        order = np.argsort([-d["score"] for d in detections], kind="mergesort")[:100]
        rows = [detections[i] for i in order]
        matrix = [[iou[unit, g["name"], d["name"]] for g in truths] for d in rows]
        return np.array(matrix).reshape(len(rows), len(truths)) if rows and truths else []

    evaluator.computeIoU = compute
    return _score(truth, found, units, classes, evaluator)


def _score(
    truth: list[dict],
    found: list[dict],
    images: list[int],
    classes: Mapping[int, str],
    evaluator: COCOeval,
) -> Scores:
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator.cocoGt, evaluator.cocoDt = (
            _coco(rows, images, classes) for rows in (truth, found)
        )
        evaluator.params.imgIds, evaluator.params.catIds = images, sorted(classes)
        evaluator.evaluate()
        evaluator.accumulate()
    return _scores(evaluator)


def _scores(evaluator: COCOeval) -> Scores:
    precision = evaluator.eval["precision"][:, :, :, 0, 2]
    defined = precision[:, :, precision[0, 0] > -1]
    curve = defined.mean(axis=(1, 2)) if defined.size else np.zeros(0)
    return summarize(evaluator, list(range(len(evaluator.params.catIds)))), curve


def _coco(rows: list[dict], images: list[int], classes: Mapping[int, str]) -> COCO:
    coco = COCO()
    coco.dataset = {
        "images": [{"id": image, "height": 0, "width": 0} for image in images],
        "categories": [{"id": key, "name": name} for key, name in classes.items()],
        "annotations": [row | {"id": n + 1} for n, row in enumerate(rows)],
    }
    coco.createIndex()
    return coco


def _tracks(video: int, tracks: Tracks) -> list[dict]:
    found = []
    for track in np.unique(tracks.track):
        rows = tracks.take(tracks.track == track)
        area = rows.rle.areas if rows.area is None else rows.area
        area = area[area > 0]  # the official loader excludes empty frames
        found.append(
            {
                "image_id": video,
                "category_id": int(rows.class_id[0]),
                "name": int(track),
                "score": float(np.mean(rows.score)),
                "iscrowd": int((rows.score == 0).all()),
                "area": float(area.mean()) if len(area) else 0.0,
            }
        )
    return found


def _dense_iou(truth: Tracks, prediction: Tracks) -> dict[tuple[int, int], float]:
    one, other = _volumes(truth), _volumes(prediction)
    found = {}
    for i, first in one.items():
        for j, second in other.items():
            union = (first | second).sum()
            found[i, j] = (first & second).sum() / union if union else 0.0
    return found


def _volumes(tracks: Tracks) -> dict[int, np.ndarray]:
    """Return each track as (frames, height, width) bool."""
    shape = (tracks.extent.frame_count, tracks.extent.height, tracks.extent.width)
    volumes = {int(track): np.zeros(shape, bool) for track in np.unique(tracks.track)}
    for row, mask in enumerate(coco_rle.decode(tracks.rle)):
        volumes[int(tracks.track[row])][tracks.frame[row]] = mask
    return volumes
