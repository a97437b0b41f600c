"""AP of box tracks equals TrackEval's Track mAP: random cases, many tracks, MOT17."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from math import isnan

import numpy as np
import pytest
import trackeval

from datasets.layout import load_layout
from datasets.types import Extent, Tracks
from metrics.families import vis_ap
from metrics.pairing import overlapping, pair
from tests.support.paths import SHARED

SIZE_LIMITS = (128, 256)  # side lengths of the squares that bound medium tracks
COLUMNS = {"AP": "AP_all", "AP_small": "AP_area_s", "AP_medium": "AP_area_m",
           "AP_large": "AP_area_l", "AR100": "AR_all"}  # fmt: skip
SEQUENCES = ["02", "04", "05", "09", "10", "11", "13"]


def track_map(truth: Tracks, prediction: Tracks) -> dict[str, np.ndarray]:
    """Return TrackEval's values at each threshold for one video and class."""
    small, large = (side**2 for side in SIZE_LIMITS)
    config = {
        "AREA_RANGES": [[0, small], [small, large], [large, 1e10]],
        "USE_TIME_RANGES": False,
        "MAX_DETECTIONS": 100,
        "PRINT_CONFIG": False,
    }
    data: dict = {"iou_type": "bbox", "boxformat": "x0y0x1y1"}
    sides = {"gt": by_track(truth), "dt": by_track(prediction)}
    order = np.argsort(-sides["dt"][2], kind="stable") if len(prediction) else []
    for side, (tracks, areas, scores) in sides.items():
        places = order if side == "dt" else range(len(tracks))
        data[f"{side}_track_ids"] = [place + 1 for place in places]
        data[f"{side}_tracks"] = [tracks[place] for place in places]
        data[f"{side}_track_areas"] = [areas[place] for place in places]
        data[f"{side}_track_scores"] = np.array([scores[place] for place in places])
    metric = trackeval.metrics.TrackMAP(config)
    with contextlib.redirect_stdout(io.StringIO()):
        return metric.combine_sequences({"video": metric.eval_sequence(data)})


def by_track(tracks: Tracks) -> tuple[list[dict], list[float], np.ndarray]:
    boxes, areas, scores = [], [], []
    for name in np.unique(tracks.track):
        rows = np.flatnonzero(tracks.track == name)
        box = tracks.box[rows]
        boxes.append(dict(zip(tracks.frame[rows].tolist(), box.tolist(), strict=True)))
        areas.append(float(np.mean((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]))))
        scores.append(float(tracks.score[rows[0]]))
    return boxes, areas, np.array(scores)


def assert_equal(truth: Tracks, prediction: Tracks) -> None:
    kept = np.ones(len(truth), bool), np.ones(len(prediction), bool)
    pairing = pair(truth, prediction, overlapping(truth, prediction), kept)
    ours = vis_ap.summarize(vis_ap.evaluate(pairing))
    theirs = track_map(truth, prediction)
    for column, name in COLUMNS.items():
        value = -1 if isnan(ours[column]) else ours[column]
        assert value == pytest.approx(float(np.mean(theirs[name])), abs=1e-9), column


def scored(tracks: Tracks, rng: np.random.Generator) -> Tracks:
    """Return tracks with one random score per track; some tracks have equal scores."""
    names, which = np.unique(tracks.track, return_inverse=True)
    return replace(tracks, score=(rng.integers(1, 6, len(names)) / 5)[which])


def random_tracks(rng: np.random.Generator, frames: int, max_count: int, step: int) -> Tracks:
    """Return up to `max_count` tracks on a coarse grid; some frames are empty."""
    rows = [
        (frame, track)
        for frame in range(frames)
        if rng.random() < 0.8
        for track in range(int(rng.integers(0, max_count + 1)))
        if rng.random() < 0.7
    ]
    frame, track = np.array(rows, int).reshape(-1, 2).T
    near = step * rng.integers(0, 3, (len(rows), 2))
    size = rng.choice([step, 2 * step, 8 * step], (len(rows), 1))
    extent = Extent(1000, 1000, frames, {1: "thing"})
    ones = np.ones(len(rows))
    return Tracks(extent, frame, track, ones, ones, np.concatenate([near, near + size], axis=1))


@pytest.mark.parametrize("block", range(10))
def test_random_boxes_equal_trackeval(block):
    for seed in range(40 * block, 40 * block + 40):
        rng = np.random.default_rng(seed)
        frames, max_count = int(rng.integers(1, 6)), int(rng.integers(0, 7))
        truth = random_tracks(rng, frames, max_count, 40)
        assert_equal(truth, scored(random_tracks(rng, frames, max_count, 40), rng))


@pytest.mark.slow
def test_hundreds_of_identities_equal_trackeval():
    rng = np.random.default_rng(1)
    count = 400
    extent = Extent(1000, 10**6, 4, {1: "thing"})
    near = np.stack([100.0 * np.arange(count), np.zeros(count)], axis=1)
    ones, frame = np.ones(count), rng.integers(0, 4, count)
    truth = Tracks(extent, frame, np.arange(count), ones, ones, np.hstack([near, near + 90]))
    moved = np.hstack([near, near + 90]) + rng.integers(0, 30, (count, 1))
    prediction = Tracks(extent, frame, np.arange(count), ones, rng.random(count), moved)
    assert_equal(truth, prediction)


@pytest.mark.slow
@pytest.mark.parametrize("number", SEQUENCES)
def test_lif_t_on_mot17_equals_trackeval(number):
    if not (SHARED / "mot17").is_dir():
        pytest.skip("no MOT17 in ../shared/data")
    name, root = f"MOT17-{number}-FRCNN", SHARED / "mot17"
    truth, found = load_layout("mot16").read_pair(root / "train", root / "results/lif_t", name)
    pedestrians = truth.take((truth.class_id == 1) & (truth.score != 0))
    assert_equal(pedestrians, scored(found, np.random.default_rng(int(number))))
