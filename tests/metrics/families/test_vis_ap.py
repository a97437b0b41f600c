from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.types import Extent, Tracks
from metrics.families import vis_ap
from tests.support import trackeval_oracle
from tests.support.coco_oracle import score_videos
from tests.support.metrics.ap import assert_same, corrupted, kitti_mots, total
from tests.support.metrics.hand import pairing

CLASSES = {2: "dog", 3: "cat", 8: "in no video"}
STEP = 20  # a coarse grid, so that many overlaps are equal
SIDE = 340


def rectangles(extent, box):
    dense = np.zeros((len(box), extent.height, extent.width), bool)
    for mask, (left, top, right, bottom) in zip(dense, box, strict=True):
        mask[top:bottom, left:right] = True
    return coco_rle.encode(dense)


def tracks(extent, rows, area=None):
    """Return tracks of rows (frame, track, class, score, left, top, right, bottom)."""
    rows = np.array(rows, float).reshape(-1, 8)
    masks = rectangles(extent, rows[:, 4:].astype(int))
    return Tracks(extent, *rows[:, :4].T, masks.boxes, masks, area=area)


def video(seed):
    """Return ground truth and a result with ties, crowds, gaps and tracks of every size."""
    rng = np.random.default_rng(seed)
    extent = Extent(SIDE, SIDE, 3, CLASSES)
    truth, found = [], []
    for track in range(1, 1 + int(rng.integers(0, 5)) * (seed % 7 > 0)):
        class_id, score = rng.choice([2, 3]), rng.choice([0, 1, 1])
        near, size = rng.integers(0, 5, 2), rng.integers(2, 15, 2)
        box = np.concatenate([near, np.minimum(near + size, SIDE // STEP)]) * STEP
        truth += [
            (f, track, class_id, score, *box) for f in range(3) if f == 0 or rng.random() < 0.8
        ]
        for _ in range(int(rng.integers(0, 4))):
            name, kind = len(found) + 1, rng.choice([class_id, class_id, 2])
            own = box + rng.integers(-1, 2, 4) * STEP * rng.integers(0, 2)
            own = np.clip(own, 0, SIDE)
            frames = [f for f in range(3) if f == 1 or rng.random() < 0.8]
            score = rng.integers(1, 5) / 4
            found += [(f, name, kind, score, *own) for f in frames]
    area = rng.choice([0, 128**2, 256**2, 5e4, 1e5], len(truth)) if seed % 4 == 3 else None
    one, other = tracks(extent, truth), tracks(extent, found)
    return replace(one, area=area), other


@pytest.mark.parametrize("case", range(120))
def test_tracks_equal_the_official_evaluator(case):
    sequences = [video(4 * case + k) for k in range(1 + case % 4)]
    assert_same(vis_ap, total(vis_ap, sequences, "masks"), *score_videos(sequences))


@pytest.mark.slow
def test_the_random_cases_include_the_difficult_ones():
    sequences = [video(seed) for seed in range(480)]
    values = [vis_ap.summarize(total(vis_ap, [each], "masks")) for each in sequences]
    for column in ("AP", "AP_small", "AP_medium", "AP_large"):
        assert sum(0.05 < value[column] < 0.95 for value in values) > 20, column
        assert any(np.isnan(value[column]) for value in values), column
    assert sum((truth.score == 0).any() for truth, _ in sequences) > 100


def test_at_most_a_hundred_tracks_per_video_and_class_are_scored():
    extent = Extent(20, 20, 1, CLASSES)
    truth = tracks(extent, [(0, 1, 2, 1, 0, 0, 10, 10), (0, 2, 2, 1, 10, 10, 20, 20)])
    wrong = [(0, n, 2, 0.9, 0, 10, 10, 20) for n in range(1, 100)]
    right = [(0, 100, 2, 0.8, 0, 0, 10, 10), (0, 101, 2, 0.7, 10, 10, 20, 20)]
    sequences = [(truth, tracks(extent, wrong + right))]
    partial = total(vis_ap, sequences, "masks")
    assert vis_ap.summarize(partial)["AR100"] == pytest.approx(0.5)
    assert_same(vis_ap, partial, *score_videos(sequences))


def assert_equal_to_trackeval(videos, workdir):
    """Compare each class at each threshold; return the number of compared values."""
    theirs = trackeval_oracle.score_track_map(videos, workdir)
    count = 0
    for key, name in next(iter(videos.values()))[0].extent.classes.items():
        of_class = [
            (truth.take(truth.class_id == key), found.take(found.class_id == key))
            for truth, found in videos.values()
        ]
        partial = total(vis_ap, of_class, "masks")
        values, scores = vis_ap.summarize(partial), theirs[name]
        expected = {"AR100": scores["AR_all"].mean()}
        areas = ("_small", "area_s"), ("_medium", "area_m"), ("_large", "area_l"), ("", "all")
        expected |= {f"AP{ours}": scores[f"AP_{area}"].mean() for ours, area in areas}
        for column, value in expected.items():
            absent = np.isnan(values[column])
            assert (-1 if absent else values[column]) == pytest.approx(value, abs=1e-9), column
            count += not absent
        for curve in vis_ap.curves(partial).values():
            assert curve == pytest.approx(scores["AP_all"], abs=1e-9)
    return count


@pytest.mark.parametrize("case", range(30))
def test_tracks_equal_trackeval(case, tmp_path):
    videos = {}
    for seed in range(5 * case, 5 * case + 1 + case % 4):
        truth, found = video(seed)
        truth = replace(truth, score=np.ones(len(truth)))
        videos[f"v{seed}"] = truth, found
    assert_equal_to_trackeval(videos, tmp_path)


def with_scores(found, seed):
    """Return a result with a score of two digits for each track."""
    rng = np.random.default_rng(seed)
    names, which = np.unique(found.track, return_inverse=True)
    return replace(found, score=rng.integers(1, 100, len(names))[which] / 100)


def test_real_masklets_equal_trackeval(shared, tmp_path):
    content = json.loads((shared / "sav" / "sav_000001_manual.json").read_text())
    runs = [
        (frame, track, run["counts"].encode())
        for frame, runs in enumerate(content["masklet"])
        for track, run in enumerate(runs, 1)
    ]
    height, width = content["masklet"][0][0]["size"]
    frame, track, counts = zip(*runs, strict=True)
    masks = Masks.read(counts, height, width)
    ones = np.ones(len(runs))
    extent = Extent(height, width, len(content["masklet"]), {1: "thing"})
    truth = Tracks(extent, np.array(frame), np.array(track), ones, ones, masks.boxes, masks)
    truth = truth.take(masks.areas > 0)
    found = with_scores(corrupted(truth, 1), 1)
    assert assert_equal_to_trackeval({"sav": (truth, found)}, tmp_path) >= 4


@pytest.mark.slow
def test_real_videos_equal_trackeval(shared, tmp_path):
    videos = {}
    for name in ("0000", "0012", "0017"):
        truth = kitti_mots(shared, name)
        videos[name] = truth, with_scores(corrupted(truth, int(name)), int(name))
    assert assert_equal_to_trackeval(videos, tmp_path) >= 7


ONE = [(0, 1, 0), (1, 1, 0)]
FAR = [(0, 2, 50), (1, 2, 50)]


def scores(truth, prediction, rows=None):
    made = pairing(truth, prediction)
    if rows is not None:
        side = made.prediction
        named = replace(side.tracks, score=np.array(rows, float))
        made = replace(made, prediction=replace(side, tracks=named))
    return vis_ap.summarize(vis_ap.evaluate(made))


def test_a_perfect_track_has_precision_one():
    found = scores(ONE, ONE)
    for name in ("AP", "AP50", "AP75", "AP_small", "AR1", "AR10", "AR100"):
        assert found[name] == pytest.approx(1)
    assert np.isnan([found["AP_medium"], found["AP_large"]]).all()


def test_half_a_track_is_matched_at_one_threshold_of_ten():
    found = scores(ONE, ONE[:1])  # it shares half of the union
    assert (found["AP50"], found["AP75"]) == (pytest.approx(1), 0)
    assert (found["AP"], found["AR1"]) == pytest.approx((0.1, 0.1))


def test_a_false_track_of_higher_score_halves_precision():
    assert scores(ONE, ONE + FAR, [0.5, 0.9, 0.5, 0.9])["AP"] == pytest.approx(0.5)
    assert scores(ONE, ONE + FAR, [0.9, 0.5, 0.9, 0.5])["AP"] == pytest.approx(1)


def test_a_missed_track_loses_half_of_the_recall_points():
    # the recall points 0.00, 0.01, ..., 0.50 are reached: 51 of 101
    assert scores(ONE + FAR, ONE)["AP"] == pytest.approx(51 / 101)
    assert scores(ONE + FAR, ONE)["AR100"] == pytest.approx(0.5)


def test_the_score_of_a_track_is_the_mean_of_its_rows():
    # rows are sorted by frame: the true track has 0.2 and 0.8, the false one 0.4 and 0.4
    assert scores(ONE, ONE + FAR, [0.2, 0.4, 0.8, 0.4])["AP"] == pytest.approx(1)
    assert scores(ONE, ONE + FAR, [0.2, 0.6, 0.8, 0.6])["AP"] == pytest.approx(0.5)


def test_equal_scores_stay_equal_for_any_track_length():
    # the mean of three times 0.1 is not 0.1 in doubles; of equal scores the first row comes first
    true = [(t, 1, 0) for t in range(7)]
    false = [(t, 2, 50) for t in range(3)]
    order = sorted(true + false, key=lambda row: row[0])
    assert scores(true, order, [0.1] * 10)["AP"] == pytest.approx(1)
    swapped = [(t, 3 - track, left) for t, track, left in order]
    assert scores(true, swapped, [0.1] * 10)["AP"] == pytest.approx(0.5)


def test_ap_is_undefined_without_ground_truth_and_zero_without_tracks():
    assert np.isnan(list(scores([], ONE).values())).all()
    assert scores(ONE, [])["AP"] == scores(ONE, [])["AR100"] == 0
