"""Everyday files of YouTube-VIS, beside TrackEval."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrics.crosscheck import trackeval_run
from tests.metrics.test_vis_files import COLUMNS, FRAMES, HEIGHT, WIDTH, compressed, files, mask
from tests.support import trackeval_oracle
from tests.support.metrics.inputs import (
    Change,
    Example,
    Like,
    Read,
    Refused,
    Scores,
    check,
    table,
)
from tests.support.metrics.record_changes import RESULTS, TRUTH, extra, put, renamed, write
from tests.support.metrics.text_changes import both


def _theirs(folder: Path, options: Mapping[str, Any]) -> Scores:
    workdir = Path(tempfile.mkdtemp(dir=folder))
    dataset = trackeval_oracle.load_vis(folder / TRUTH, folder / RESULTS, workdir)
    found = trackeval_run.evaluate(dataset, "it", dataset.class_list, ("TrackMAP",))
    scores = {}
    for number, name in enumerate(dataset.class_list):
        fields = trackeval_run.numbers(trackeval_run.of_class(found, name))
        for column in COLUMNS:
            undefined = np.isnan(fields[column]) or fields[column] == -1
            scores[f"{number} {column}"] = None if undefined else fields[column]
    return scores


_truth, _results = deepcopy(files(8, 0, 0))
VIS = Example("youtube_vis", {TRUTH: _truth, RESULTS: _results}, (TRUTH, RESULTS), _theirs, write)
NO_CATEGORY = "results of an unlisted category, skipped"
EMPTY = compressed({"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH]})
MASK = compressed(mask(3, 3))


def video_ids(name: Callable[[int], Any]) -> Change:
    """Return the change of the ids of videos."""
    owners = (renamed(key, name, "video_id") for key in ("annotations", "results"))
    return both(renamed("videos", name, "id"), *owners)


INPUTS = table(
    {
        "tracks in no frame": {
            "empty lists": (put("results", [0, 3], segmentations=[[]] * FRAMES), Read()),
            "empty objects": (put("results", [1], segmentations=[{}, None, {}]), Read()),
            "empty masks": (put("results", [2, 5], segmentations=[EMPTY] * FRAMES), Read()),
            "an empty mask among nulls": (
                put("results", [0], segmentations=[None, EMPTY, None]),
                Read(),
            ),
            "in the truth": (
                put("annotations", [0, 4], segmentations=[None] * FRAMES, areas=[None] * FRAMES),
                Read(),
            ),
            "areas of 0": (
                put("annotations", [0], segmentations=[None] * FRAMES, areas=[0, None, 0]),
                Read(),
            ),
            "too few frames": (
                put("results", [0], segmentations=[MASK]),
                Refused("entry 0: segmentations: expected 3 frames as in the video, found 1"),
            ),
        },
        "ids as text": {"of videos of YouTube-VIS": (video_ids("v{}".format), Read())},
        "unlisted": {
            "a video of results": (
                extra("results", 0, video_id=90),
                Read("results of an unlisted video, skipped"),
            ),
            "a category of a track": (extra("results", 3, category_id=90), Read(NO_CATEGORY)),
            "no category of a track": (extra("results", 3, category_id=None), Like(NO_CATEGORY)),
            "a category of an annotation": (
                extra("annotations", 3, id=90, category_id=90),
                Read("annotations of an unlisted category, skipped"),
            ),
        },
        "names of categories": {
            "a category of YouTube-VIS listed twice": (
                extra("categories", 2),
                Like("categories listed twice, read once", refused=False),
            ),
        },
        "values that are not read": {
            "NaN in a video": (put("videos", date=float("nan"), license="x"), Read()),
            "boxes as text": (put("annotations", bboxes="none"), Read()),
        },
        "whole numbers": {
            "ids of YouTube-VIS": (video_ids(float), Read()),
            "a length of 3.0": (put("videos", length=3.0), Read()),
            "a video of 1.5": (
                put("results", [1], video_id=1.5),
                Refused("entry 1: video_id: expected a whole number below 2^53, found 1.5"),
            ),
        },
    }
)


@pytest.mark.parametrize("given", INPUTS, ids=str)
def test_vis_files(given, tmp_path):
    check(VIS, given, tmp_path)
