"""Reference pycocotools 2.0, on the user's own COCO files.

It is given the rows that the protocol keeps where the files are in another format, or where it
fails on them: each frame is an image, numbered as in its file, else sequence by sequence.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from datasets.formats.coco_images import images_of
from datasets.io.files import read_json
from datasets.types import Tracks
from metrics.crosscheck.reference import (
    CLASS_AVERAGED,
    COMBINED,
    DETECTION_AVERAGED,
    Explanation,
    Input,
    ReferenceOutput,
    Request,
    Sample,
    Scores,
    describe_failure,
)

EXPLANATIONS: tuple[Explanation, ...] = ()
_NAME = "pycocotools"
NAMES = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR1", "AR10", "AR100")

Kind = Literal["bbox", "segm"]
Pairs = Mapping[int, tuple[Tracks, Tracks]]  # ground truth and prediction by category
_KINDS: dict[str, tuple[Kind, str]] = {
    "coco_box_ap": ("bbox", "box "),  # kind, and prefix of its columns
    "coco_mask_ap": ("segm", "mask "),
}


def score(request: Request, workdir: Path) -> ReferenceOutput:
    """Return AP and AR of boxes and masks of each class, per sequence and combined."""
    wanted = [_KINDS[name] for name in request.families if name in _KINDS]
    if not wanted:
        return ReferenceOutput()
    reason = "pycocotools does not read the format given"
    if request.given.has_both("coco", [*request.samples]):
        try:
            evaluate_files = _file_evaluator(request)
            return _output(request, wanted, evaluate_files, given=True)
        except Exception as error:  # pycocotools raises any type for a file that it cannot read
            reason = f"pycocotools fails on the files given: {describe_failure(error)}"
    return _output(request, wanted, _row_evaluator(request), reason=reason)


def _output(
    request: Request,
    wanted: Many[tuple[Kind, str]],
    evaluate_place: Callable[[str, Kind], COCOeval],
    *,
    given: bool = False,
    reason: str = "",
) -> ReferenceOutput:
    """Return all values.

    Args:
        evaluate_place: Return the evaluation of a sequence or of all; its categories are the ids of
            the classes, sorted.
    """
    classes, places = request.classes, [*request.samples, COMBINED]
    order = sorted(classes, key=_category_ids(request).__getitem__)
    chosen = {name: [order.index(name)] for name in classes}
    scores: Scores = {name: {place: {} for place in places} for name in classes}
    if len(classes) > 1:
        for name in (CLASS_AVERAGED, DETECTION_AVERAGED):
            chosen[name], scores[name] = list(range(len(classes))), {COMBINED: {}}
    for kind, prefix in wanted:
        for place in places:
            evaluator = evaluate_place(place, kind)
            for name, of_class in scores.items():
                if place in of_class:
                    of_class[place] |= summarize(evaluator, chosen[name], prefix)
    inputs = [Input(_NAME, name, given, given, reason) for name in request.samples]
    return ReferenceOutput(scores, inputs)


def _row_evaluator(request: Request) -> Callable[[str, Kind], COCOeval]:
    """Return a function that evaluates the rows that the protocol keeps."""
    ids = _category_ids(request)
    kept = {name: [_kept(sample, ids)] for name, sample in request.samples.items()}
    kept[COMBINED] = [each for (each,) in kept.values()]
    return lambda place, kind: evaluate(kept[place], kind)


def _file_evaluator(request: Request) -> Callable[[str, Kind], COCOeval]:
    """Return a function that evaluates the user's files, which pycocotools reads."""
    given = request.given
    truth, results = (next(iter(side.values())) for side in (given.truth, given.results))
    images = images_of(read_json(truth, allow_nan=True), truth, sized=given.sized).by_sequence()
    chosen = {name: images[name].tolist() for name in request.samples}
    chosen[COMBINED] = [each for some in chosen.values() for each in some]

    @cache
    def load(_: Kind) -> tuple[COCO, COCO]:  # each kind anew: pycocotools changes what it has read
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(str(truth))
            return coco, coco.loadRes(str(results))

    def evaluate_place(place: str, kind: Kind) -> COCOeval:
        with contextlib.redirect_stdout(io.StringIO()):
            evaluator = COCOeval(*load(kind), kind)
            evaluator.params.imgIds = chosen[place]
            evaluator.params.catIds = sorted(_category_ids(request).values())
            evaluator.evaluate()
            evaluator.accumulate()
        return evaluator

    return evaluate_place


def evaluate(sequences: Many[Pairs], kind: Kind) -> COCOeval:
    """Return pycocotools' evaluation of sequences with the same categories."""
    truth, found, areas = [], [], []
    images: list[dict[str, int]] = []
    for pairs in sequences:
        first_image = len(images) + 1
        for category, (one, other) in pairs.items():
            truth += _annotations(one, kind, category, first_image)
            found += _results(other, kind, category, first_image)
            if other.area is not None:
                areas += other.area.tolist()
        extent = next(iter(pairs.values()))[0].extent
        size = {"height": extent.height, "width": extent.width}
        ranks = [each.image for pair in pairs.values() for each in pair if each.image is not None]
        numbers = np.unique(np.concatenate(ranks)) if ranks else range(extent.frame_count)
        images += [{"id": int(first_image * (not ranks) + n), **size} for n in numbers]
    with contextlib.redirect_stdout(io.StringIO()):
        content = {"images": images, "categories": [{"id": key} for key in sequences[0]]}
        one = _load(content | {"annotations": truth})
        # loadRes fails for an empty list of results
        other = one.loadRes(found) if found else _load(content | {"annotations": []})
        for row, area in zip(found, areas, strict=False):  # in place of those of loadRes
            row["area"] = area
        evaluator = COCOeval(one, other, kind)
        evaluator.evaluate()
        evaluator.accumulate()
    return evaluator


def summarize(evaluator: COCOeval, categories: list[int], prefix: str = "") -> dict[str, float]:
    """Return pycocotools' first nine statistics, NaN in place of its -1.

    Args:
        categories: Indices among the evaluated categories.
        prefix: Prefix of each column name.
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


def _category_ids(request: Request) -> dict[str, int]:
    """Return the id of each class; its place where the protocol has no ids, as for DAVIS."""
    extent = next(iter(request.samples.values())).truth.extent
    ids = {name: key for key, name in extent.classes.items()}
    return {name: ids.get(name, place) for place, name in enumerate(request.classes)}


def _kept(sample: Sample, ids: Mapping[str, int]) -> Pairs:
    """Return the scored rows of each class by its id."""
    sides = {ids[name]: (each.truth, each.prediction) for name, each in sample.pairings.items()}
    return {
        key: (one.tracks.take(one.rows), other.tracks.take(other.rows))
        for key, (one, other) in sides.items()
    }


def _load(content: dict[str, Any]) -> COCO:
    coco = COCO()
    coco.dataset = content | {
        "annotations": [row | {"id": n} for n, row in enumerate(content["annotations"], 1)]
    }
    coco.createIndex()
    return coco


def _annotations(
    tracks: Tracks, kind: Kind, category: int, first_image: int
) -> list[dict[str, Any]]:
    """Return ground truth annotations: a score of 0 marks a crowd.

    The area is that of the annotation if there is one, else that of the mask or box.
    """
    area = tracks.area
    if area is None:
        size = tracks.box[:, 2:] - tracks.box[:, :2]
        area = size.prod(axis=1) if tracks.rle is None else tracks.rle.areas
    rows = _results(tracks, kind, category, first_image)
    more = zip(area.tolist(), (tracks.score == 0).tolist(), strict=True)
    return [
        row | {"area": float(pixels), "iscrowd": int(crowd)}
        for row, (pixels, crowd) in zip(rows, more, strict=True)
    ]


def _results(tracks: Tracks, kind: Kind, category: int, first_image: int) -> list[dict[str, Any]]:
    """Return entries of a result file; loadRes computes the areas that are not known.

    Args:
        first_image: Image id of frame 0, where the file does not number images.
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
    numbers = first_image + tracks.frame if tracks.image is None else tracks.image
    frames, scores = numbers.tolist(), tracks.score.tolist()
    return [
        {"image_id": frame, "category_id": category, "score": score, **shape}
        for frame, score, shape in zip(frames, scores, shapes, strict=True)
    ]
