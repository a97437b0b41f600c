"""Score COCO files with hotcoco, a second implementation of pycocotools."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import hotcoco
import numpy as np

from metrics.references.pycocotools import Kind


def evaluate(truth: Path, results: Path, kind: Kind) -> hotcoco.COCOeval:
    """Return hotcoco's evaluation; ValueError for a type that it refuses and pycocotools reads."""
    coco = hotcoco.COCO(str(truth))
    evaluator = hotcoco.COCOeval(coco, coco.load_res(str(results)), kind)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return evaluator


def statistics(evaluator: hotcoco.COCOeval) -> list[float]:
    """Return the first nine statistics, NaN in place of -1."""
    found = np.array(evaluator.stats[:9], float)
    return np.where(found == -1, np.nan, found).tolist()
