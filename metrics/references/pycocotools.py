"""pycocotools 2.0 on the rows our protocol keeps: each frame an image, identities left out."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from datasets.types import Tracks
from metrics.crosscheck.reference import (
    CLASS_AVERAGED,
    COMBINED,
    DETECTION_AVERAGED,
    Explanation,
    Sample,
    Scores,
)

EXPLAINED: tuple[Explanation, ...] = ()
NAMES = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR1", "AR10", "AR100")

Kind = Literal["bbox", "segm"]
Pairs = Mapping[int, tuple[Tracks, Tracks]]  # truth and prediction by category
_KINDS: dict[str, tuple[Kind, str]] = {
    "coco_box_ap": ("bbox", "box "),  # and how its columns begin
    "coco_mask_ap": ("segm", "mask "),
}


def score(
    protocol: str, families: Many[str], samples: Mapping[str, Sample], workdir: Path
) -> Scores:
    """Return AP and AR of boxes and of masks of each class, sequence by sequence, and of all."""
    wanted = [_KINDS[name] for name in families if name in _KINDS]
    if not wanted:
        return {}
    kept = {name: [_kept(sample)] for name, sample in samples.items()}
    kept[COMBINED] = [each for (each,) in kept.values()]
    classes = list(next(iter(samples.values())).pairings)
    chosen = {name: [place] for place, name in enumerate(classes)}
    scores: Scores = {name: {place: {} for place in kept} for name in classes}
    if len(classes) > 1:
        for name in (CLASS_AVERAGED, DETECTION_AVERAGED):
            chosen[name], scores[name] = list(range(len(classes))), {COMBINED: {}}
    for kind, prefix in wanted:
        for place, sequences in kept.items():
            evaluator = evaluate(sequences, kind)
            for name, of_class in scores.items():
                if place in of_class:
                    of_class[place] |= summarize(evaluator, chosen[name], prefix)
    return scores


def evaluate(sequences: Many[Pairs], kind: Kind) -> COCOeval:
    """Return pycocotools' evaluation of sequences that have the same categories."""
    truth, found = [], []
    images: list[dict[str, int]] = []
    for pairs in sequences:
        begin = len(images) + 1
        for category, (one, other) in pairs.items():
            truth += _annotations(one, kind, category, begin)
            found += _results(other, kind, category, begin)
        extent = next(iter(pairs.values()))[0].extent
        size = {"height": extent.height, "width": extent.width}
        images += [{"id": begin + frame, **size} for frame in range(extent.frame_count)]
    with contextlib.redirect_stdout(io.StringIO()):
        content = {"images": images, "categories": [{"id": key} for key in sequences[0]]}
        one = _load(content | {"annotations": truth})
        # loadRes fails of no results at all
        other = one.loadRes(found) if found else _load(content | {"annotations": []})
        evaluator = COCOeval(one, other, kind)
        evaluator.evaluate()
        evaluator.accumulate()
    return evaluator


def summarize(evaluator: COCOeval, categories: list[int], prefix: str = "") -> dict[str, float]:
    """Return pycocotools' nine numbers, NaN instead of its -1.

    Args:
        categories: Places among those evaluated.
        prefix: Of each name.
    """
    whole = evaluator.eval
    evaluator.eval = whole | {
        "precision": whole["precision"][:, :, categories],
        "recall": whole["recall"][:, categories],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator.summarize()
    evaluator.eval = whole
    stats = evaluator.stats[: len(NAMES)]
    names = (prefix + name for name in NAMES)
    return dict(zip(names, np.where(stats == -1, np.nan, stats).tolist(), strict=True))


def _kept(sample: Sample) -> Pairs:
    """Return the rows of each class that are scored; the class is the category."""
    sides = [(pairing.truth, pairing.prediction) for pairing in sample.pairings.values()]
    return {
        number: (one.tracks.take(one.rows), other.tracks.take(other.rows))
        for number, (one, other) in enumerate(sides)
    }


def _load(content: dict[str, Any]) -> COCO:
    coco = COCO()
    coco.dataset = content | {
        "annotations": [row | {"id": n} for n, row in enumerate(content["annotations"], 1)]
    }
    coco.createIndex()
    return coco


def _annotations(tracks: Tracks, kind: Kind, category: int, begin: int) -> list[dict[str, Any]]:
    """Return truth: a score of 0 is a crowd, the area that of the annotation, else of the mask."""
    area = tracks.area
    if area is None:
        size = tracks.box[:, 2:] - tracks.box[:, :2]
        area = size.prod(axis=1) if tracks.rle is None else tracks.rle.areas
    rows = _results(tracks, kind, category, begin)
    more = zip(area.tolist(), (tracks.score == 0).tolist(), strict=True)
    return [
        row | {"area": float(pixels), "iscrowd": int(crowd)}
        for row, (pixels, crowd) in zip(rows, more, strict=True)
    ]


def _results(tracks: Tracks, kind: Kind, category: int, begin: int) -> list[dict[str, Any]]:
    """Return entries of a result file, of which loadRes takes the area itself.

    Args:
        begin: The image of frame 0.
    """
    size = [tracks.extent.height, tracks.extent.width]
    near, far = tracks.box[:, :2], tracks.box[:, 2:]
    shapes: list[dict[str, Any]]
    if kind == "bbox":
        boxes = np.concatenate([near, far - near], axis=1)
        shapes = [{"bbox": box} for box in boxes.tolist()]
    else:
        runs = () if tracks.rle is None else tracks.rle.runs
        shapes = [{"segmentation": {"size": size, "counts": run}} for run in runs]
    frames, scores = (begin + tracks.frame).tolist(), tracks.score.tolist()
    return [
        {"image_id": frame, "category_id": category, "score": score, **shape}
        for frame, score, shape in zip(frames, scores, shapes, strict=True)
    ]
