"""COCO files made for a test, scored by metrics.evaluate and by pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
from argparse import Namespace
from copy import deepcopy

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from metrics.evaluate import evaluate
from metrics.task import plan

NAMES = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR1", "AR10", "AR100")
SIZE = {"width": 200, "height": 150}
TRUTH = {
    "images": [{"id": number, **SIZE} for number in (4, 7, 9)],
    "categories": [{"id": 3, "name": "cup"}, {"id": 8, "name": "fork"}],
    "annotations": [
        {"id": place, "image_id": image, "category_id": kind, "iscrowd": 0, "area": area, "bbox": b}
        for place, (image, kind, area, b) in enumerate(
            [
                (4, 3, 400, [10, 10, 20, 25]),
                (4, 8, 2400, [60, 20, 40, 60]),
                (7, 3, 9900, [5, 5, 110, 90]),
                (7, 3, 150, [150, 100, 12, 14]),
                (9, 8, 1600, [80, 40, 40, 40]),
            ],
            1,
        )
    ],
}
RESULTS = [
    {"image_id": image, "category_id": kind, "score": score, "bbox": box}
    for image, kind, score, box in [
        (4, 3, 0.9, [11, 9, 20, 26]),
        (4, 8, 0.3, [70, 24, 36, 60]),
        (7, 3, 0.8, [20, 5, 90, 90]),
        (7, 3, 0.85, [100, 90, 20, 20]),
        (9, 8, 0.5, [81, 41, 41, 39]),
        (9, 3, 0.4, [20, 100, 30, 30]),
    ]
]


def rewritten(content, change, which=None):
    """Return a copy of content whose records (all, or those chosen by place) were changed."""
    content = deepcopy(content)
    for place, record in enumerate(content):
        if which is None or place in which:
            change(record)
    return content


def write(folder, truth, results):
    """Write both files and return their paths."""
    paths = folder / "truth.json", folder / "results.json"
    for path, content in zip(paths, (truth, results), strict=True):
        path.write_text(json.dumps(content))
    return paths


def arguments(truth, results, family):
    """Return the command line of metrics.evaluate with one family."""
    return Namespace(
        protocol="coco",
        truth=truth,
        results=results,
        families=[family],
        **dict.fromkeys(["layout", "sequences", "classes", "output", "events", "frames"]),
        **dict.fromkeys(["converted_truth", "converted_results"]),
        jobs=1,
    )


def ours(folder, truth, results, kind="bbox"):
    """Return our class-averaged values by the name of pycocotools' column, NaN if undefined."""
    return ours_of(*write(folder, truth, results), kind)


def ours_of(truth, results, kind):
    """Return the same for files."""
    family, prefix = ("coco_box_ap", "box ") if kind == "bbox" else ("coco_mask_ap", "mask ")
    found = evaluate(plan(arguments(truth, results, family)))["class_averaged"]
    values = {name: found[prefix + name] for name in NAMES}
    return {name: np.nan if value is None else value for name, value in values.items()}


def theirs(folder, truth, results, kind="bbox"):
    """Return pycocotools' values of the same files, NaN if undefined."""
    paths = write(folder, truth, results)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(paths[0]))
        evaluator = COCOeval(coco, coco.loadRes(str(paths[1])), kind)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    stats = evaluator.stats[: len(NAMES)]
    return dict(zip(NAMES, np.where(stats == -1, np.nan, stats).tolist(), strict=True))
