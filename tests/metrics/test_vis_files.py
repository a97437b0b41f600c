"""YouTube-VIS files as people have them are scored as TrackEval scores the same files."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

import metrics.evaluate
from datasets.io.mended import take_mended
from metrics.crosscheck import trackeval_run
from metrics.crosscheck.given_files import GivenFiles
from metrics.evaluate import crosscheck, evaluate
from metrics.task import Task
from tests.support import trackeval_oracle

COLUMNS = ("AP", "AP_small", "AP_medium", "AP_large", "AR100")
HEIGHT, WIDTH, FRAMES = 30, 40, 3
CATEGORIES = [{"id": 7, "name": "cat"}, {"id": 2, "name": "dog"}]


def mask(left, top):
    """Return the uncompressed run length of a square of 6 pixels."""
    dense = np.zeros((HEIGHT, WIDTH), bool)
    dense[top : top + 6, left : left + 6] = True
    column = dense.ravel(order="F")
    edges = np.flatnonzero(np.diff(column.astype(int), prepend=0, append=0))
    counts = np.diff(edges, prepend=0, append=HEIGHT * WIDTH).tolist()
    return {"size": [HEIGHT, WIDTH], "counts": counts}


def compressed(run):
    found = coco_mask.frPyObjects(run, HEIGHT, WIDTH)
    return {"size": found["size"], "counts": found["counts"].decode()}


def files(seed, empty_truth, empty_results):
    """Return ground truth and results of two videos; so many tracks of each are in no frame."""
    rng = np.random.default_rng(seed)
    videos = [
        {
            "id": number,
            "height": HEIGHT,
            "width": WIDTH,
            "length": FRAMES,
            "file_names": [f"{name}/{frame}.jpg" for frame in range(FRAMES)],
        }
        for number, name in ((1, "b"), (2, "a"))
    ]
    annotations, results = [], []
    for number in range(12):
        owner = {"video_id": 1 + number % 2, "category_id": [7, 2][number % 4 // 2]}
        near = rng.integers(0, 20, 2).tolist()
        present = [number >= empty_truth and rng.random() < 0.8 for _ in range(FRAMES)]
        present[1] = number >= empty_truth
        annotations.append(
            {
                "id": number + 1,
                **owner,
                "iscrowd": 0,
                "height": HEIGHT,
                "width": WIDTH,
                "segmentations": [mask(*near) if each else None for each in present],
                "areas": [36 if each else None for each in present],
            }
        )
        for _ in range(2):
            shifted = [each + int(rng.integers(0, 3)) for each in near]
            runs = [compressed(mask(*shifted)) for _ in range(FRAMES)]
            results.append({**owner, "score": int(rng.integers(1, 4)) / 4, "segmentations": runs})
    for place in rng.permutation(len(results))[:empty_results].tolist():
        results[place]["segmentations"] = [None] * FRAMES
    return {"videos": videos, "categories": CATEGORIES, "annotations": annotations}, results


def write(folder, truth, results):
    paths = folder / "truth.json", folder / "results.json"
    for path, content in zip(paths, (truth, results), strict=True):
        path.write_text(json.dumps(content))
    return paths


def assert_equal(folder, truth, results):
    """Compare fields of AP and of the families of rows, and return our scores by class."""
    paths = write(folder, truth, results)
    families = ("vis_ap", "hota", "clear", "identity", "count")
    ours = evaluate(Task("youtube_vis", "youtube_vis", *paths, families, ("a", "b")))["classes"]
    dataset = trackeval_oracle.load_vis(*paths, Path(tempfile.mkdtemp(dir=folder)))
    kinds = ("TrackMAP", "HOTA", "CLEAR", "Identity", "Count")
    theirs = trackeval_run.evaluate(dataset, "it", ("cat", "dog"), kinds)
    for name in ("cat", "dog"):
        fields = trackeval_run.numbers(trackeval_run.of_class(theirs, name))
        found = ours[name]["combined"]
        for column in (*COLUMNS, "HOTA", "MOTA", "IDF1", "CLR_FP", "Dets", "GT_IDs", "IDs"):
            value = fields[column]
            expected = None if np.isnan(value) or (column in COLUMNS and value == -1) else value
            assert found[column] == pytest.approx(expected, abs=1e-9), (name, column)
    return ours


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("empty", [(0, 0), (0, 1), (0, 9), (2, 0), (5, 7), (12, 24)])
def test_tracks_in_no_frame_count_as_in_trackeval(tmp_path, seed, empty):
    assert_equal(tmp_path, *files(seed, *empty))


def test_a_track_in_no_frame_is_a_false_positive_of_ap(tmp_path):
    truth, results = files(3, 0, 0)
    whole = assert_equal(tmp_path, truth, results)
    results.insert(0, results[0] | {"score": 2, "segmentations": [None] * FRAMES})
    more = assert_equal(tmp_path, truth, results)
    assert more["cat"]["combined"]["AP"] < whole["cat"]["combined"]["AP"]
    assert more["dog"] == whole["dog"]


@pytest.mark.parametrize("given", [True, False])
def test_the_cross_check_hands_over_tracks_in_no_frame(tmp_path, monkeypatch, given):
    paths = write(tmp_path, *files(5, 3, 6))
    if not given:
        monkeypatch.setattr(metrics.evaluate, "given_files", lambda _: GivenFiles())
    task = Task("youtube_vis", "youtube_vis", *paths, ("vis_ap", "hota"), ("a", "b"))
    compared = crosscheck(task, evaluate(task)).comparisons
    assert len(compared) > 50
    assert all(each.equal for each in compared)


def test_what_the_ground_truth_does_not_list_is_skipped_as_in_trackeval(tmp_path):
    truth, results = files(8, 0, 0)
    plain = assert_equal(tmp_path, truth, results)
    results = [results[0] | {"category_id": 9}, *results, results[1] | {"video_id": 30.0}]
    truth["annotations"].append(truth["annotations"][0] | {"id": 90, "video_id": 30})
    truth["annotations"].append(truth["annotations"][0] | {"id": 91, "category_id": 30})
    take_mended()
    assert assert_equal(tmp_path, truth, results) == plain
    assert take_mended() == {
        "annotations of an unlisted video, skipped": 1,
        "annotations of an unlisted category, skipped": 1,
        "results of an unlisted video, skipped": 1,
        "results of an unlisted category, skipped": 1,
    }


def test_ids_with_a_decimal_point_and_odd_unread_values_change_nothing(tmp_path):
    truth, results = files(8, 0, 0)
    plain = assert_equal(tmp_path, truth, results)
    for each in results:
        each.update(video_id=float(each["video_id"]), category_id=float(each["category_id"]))
    for each in truth["annotations"]:
        each.update(video_id=float(each["video_id"]), bboxes=float("nan"), note=[float("inf")])
    truth["videos"][0].update(date=float("nan"), id=1.0)
    assert assert_equal(tmp_path, truth, results) == plain


def test_tracks_of_equal_score_ranked_in_another_order_are_seen(tmp_path, monkeypatch):
    paths = write(tmp_path, *files(5, 0, 0))
    task = Task("youtube_vis", "youtube_vis", *paths, ("vis_ap",), ("a", "b"))
    checked = crosscheck(task, evaluate(task))
    assert all(each.equal for each in checked.comparisons)
    assert all(each.truth_given and each.results_given for each in checked.inputs)
    read = metrics.evaluate.read_pair

    def read_in_reverse(task, sequence):
        truth, found, mended = read(task, sequence)
        return truth, replace(found, track=found.track.max() + 1 - found.track), mended

    monkeypatch.setattr(metrics.evaluate, "read_pair", read_in_reverse)
    checked = crosscheck(task, evaluate(task))
    assert {each.column for each in checked.comparisons if not each.passed} >= {"AP", "AP50"}
