"""Small examples in the layouts of KITTI and KITTI-MOTS, and what TrackEval makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from datasets.masks import coco_rle
from metrics.crosscheck import trackeval_run
from tests.support import trackeval_oracle
from tests.support.metrics.inputs import Example, Scores

TRUTH, RESULTS = "truth/0005.txt", "results/0005.txt"
SEQMAP, MOTS_SEQMAP = "truth/evaluate_tracking.seqmap.training", "truth/evaluate_mots.seqmap.val"
LENGTH = 12  # frames; the ground truth ends at 6, the results at 8
FIELDS = ("HOTA", "MOTA", "IDF1", "IDSW", "CLR_TP", "CLR_FP", "CLR_FN", "CLR_Frames", "IDs")
CLASSES = ("car", "pedestrian")
UNKNOWN = "-1 -1 -1 -1000 -1000 -1000 -10"
HEIGHT, WIDTH = 30, 40


def _box(frame: int, place: int, shift: int = 0) -> str:
    left, top = 100 + 150 * place + 3 * frame + shift, 80 + shift
    return f"{left} {top} {left + 80} {top + 70}"


def _labels() -> Iterator[str]:
    for frame in range(6):
        for track, kind in enumerate(("Car", "Car", "Pedestrian", "Van")):
            yield f"{frame} {track} {kind} 0 {track} -10 {_box(frame, track)} {UNKNOWN}\n"
        yield f"{frame} -1 DontCare -1 -1 -10 {_box(0, 6)} {UNKNOWN}\n"


def _results() -> Iterator[str]:
    for frame in range(6):
        for track, kind in enumerate(("Car", "Car", "Pedestrian")):
            name = 10 + track + 5 * (frame > 2 and track == 1)  # an identity switch
            if frame + track:  # a miss
                box = _box(frame, track, 4)
                yield f"{frame} {name} {kind} -1 -1 -10 {box} {UNKNOWN} 0.9\n"
    for frame in (5, 7):  # false positives, one after the last ground truth
        yield f"{frame} 30 Car -1 -1 -10 {_box(0, 5)} {UNKNOWN} 0.8\n"


def mask(left: int, top: int) -> str:
    """Return the run length of a square of 6 pixels."""
    dense = np.zeros((1, HEIGHT, WIDTH), bool)
    dense[0, top : top + 6, left : left + 6] = True
    return coco_rle.encode(dense)[0].decode()


def _masks(first: int, tracks: int, shift: int) -> Iterator[str]:
    for frame in range(first, first + 5):
        for track in range(tracks):
            run = mask(2 + 8 * track, 3 + frame + shift)
            yield f"{frame} {2001 + track} 2 {HEIGHT} {WIDTH} {run}\n"


def _theirs(kind: str, folder: Path, options: Mapping[str, Any]) -> Scores:
    counts = options.get("frames", [str(options.get("length", LENGTH))])
    lengths = {"0005": int(counts[0].rpartition("=")[2])}
    truth, results = folder / "truth", folder / "results"
    results = results / "data" if (results / "data").is_dir() else results
    if kind == "kitti":
        found = trackeval_oracle.score_kitti(truth, results, lengths, folder / "workdir")
    elif kind == "kitti_mots":
        setting = trackeval_run.kitti_mots(truth, results, lengths)
        found = trackeval_oracle.score(setting, CLASSES)
    else:
        found = trackeval_oracle.score(trackeval_run.mots_challenge(truth, results, lengths))
    return {
        f"{number} {name}": scores["COMBINED"][name]
        for number, scores in enumerate(found.values())
        for name in FIELDS
    }


def _mots_files(path: str, first: int) -> dict[str, str]:
    region = f"{first} 10000 10 {HEIGHT} {WIDTH} {mask(30, 20)}\n"
    return {
        path: "".join([*_masks(first, 3, 0), region]),
        RESULTS: "".join(_masks(first, 2, 1)),
    }


KITTI = Example(
    "kitti",
    {
        TRUTH: "".join(_labels()),
        RESULTS: "".join(_results()),
        SEQMAP: f"0004 empty 000000 000009\n0005 empty 000000 0000{LENGTH}\n",
    },
    ("truth", "results"),
    partial(_theirs, "kitti"),
)
KITTI_MOTS = Example(
    "kitti_mots",
    _mots_files(TRUTH, 0) | {MOTS_SEQMAP: f"0005 empty 000000 0000{LENGTH - 1}\n"},
    ("truth", "results"),
    partial(_theirs, "kitti_mots"),
)
MOTS_TRUTH = "truth/0005/gt/gt.txt"
MOTS = Example(
    "mots",
    _mots_files(MOTS_TRUTH, 1) | {"truth/0005/seqinfo.ini": f"[Sequence]\nseqLength={LENGTH}\n"},
    ("truth", "results"),
    partial(_theirs, "mots"),
)
