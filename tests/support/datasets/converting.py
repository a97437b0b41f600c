"""Run the converter in this process, and tracks with every field that a format may drop."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from datasets import convert
from datasets.io.program import run_main
from datasets.masks import coco_rle
from datasets.types import NO_TRACK, Extent, Tracks

CLASSES = {1: "car", 2: "pedestrian", 3: "crowd"}
EXTENT = Extent(6, 8, 4, CLASSES, (3,))
FLAGS = {
    "size": ["--size", "6", "8"],
    "frames": ["--frames", "4"],
    "classes": ["--classes", "1=car", "2=pedestrian"],
}
RESULTS = ("youtube_vis_results", "coco_results")
HOLDS_MASKS = (
    *("mots", "mots_challenge", "parquet", "davis", "youtube_vis_truth", "coco_truth"),
    *RESULTS,
)
LINE = "1,5,11,21,30,40,0.5,-1,-1,-1\n"
PERSON = ["--classes", "1=person"]


def run(source: str, target: str, *more: object) -> tuple[int, str, str]:
    """Return the program's exit code, standard output and standard error."""
    words = ["convert", "--from", source, "--to", target, *map(str, more)]
    output, errors = io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", words), redirect_stdout(output), redirect_stderr(errors):
        try:
            code = run_main(convert.main)
        except SystemExit as error:
            code = error.code
    printed = errors.getvalue()
    if printed.startswith("usage:"):  # the parser prints its usage before the error
        printed = printed.splitlines()[-1] + "\n"
    return code, output.getvalue(), printed.removeprefix("python -m datasets.convert: ")


def truth_for(results: str, parquet: Path) -> Path:
    """Return a ground truth file, written beside `parquet`, for results of the same sequences."""
    truth = results.replace("results", "truth")
    run("parquet", truth, parquet, parquet.with_name(f"{truth}.json"))
    return parquet.with_name(f"{truth}.json")


def everything() -> Tracks:
    """Return a car, a pedestrian and an ignored crowd, with all optional fields."""
    masks = np.zeros((4, 6, 8), bool)
    masks[0, 0:3, 1:3] = masks[1, 4:, 5:] = masks[2, 1:4, 1:3] = masks[3, :2, 6:] = True
    runs = coco_rle.encode(masks)
    return Tracks(
        EXTENT,
        frame=np.array([0, 0, 2, 2]),
        track=np.array([1, 2, 1, NO_TRACK]),
        class_id=np.array([1, 2, 1, 3]),
        score=np.array([1, 0, 1, 1]),
        box=runs.boxes,
        rle=runs,
        visibility=np.array([1, 0.5, 1, 1]),
    )


def common() -> Tracks:
    """Return tracks that every format except MOT15, which has no cars, can hold, with masks."""
    tracks = everything().take(np.arange(3))
    extent = Extent(6, 8, 4, {1: "car", 2: "pedestrian"})
    return replace(tracks, extent=extent, score=np.ones(3), visibility=None)
