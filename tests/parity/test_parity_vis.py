"""YouTube-VIS files are read and scored as by TrackEval 1.3.0, in every field."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco

from bench.material.corrupt import corrupt
from datasets.formats import vis_json
from datasets.layout import load_layout
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.types import Extent, Tracks
from metrics.combine import combine_scores
from metrics.score import score_tracks
from tests.support import trackeval_oracle

TOLERANCE = 1e-9  # both sides are sums of about 10^4 doubles
FAMILIES = ("hota", "clear", "identity", "count")
CLASSES = {40: "fish", 3: "cat", 8: "dog", 5: "nothing"}
NOTHING = 5
VIDEOS = 20
EMPTY = 5  # every fifth video has no ground truth


def ellipses(seed: int) -> Tracks:
    """Return tracks of moving ellipses with gaps, of three classes; some are crowds."""
    rng = np.random.default_rng(seed)
    extent = Extent(36, 48, int(rng.integers(1, 9)), CLASSES)
    count = int(rng.integers(1, 7)) if seed % EMPTY else 0
    frame, track = np.nonzero(rng.random((extent.frame_count, count)) < 0.8)
    center = rng.integers(0, 40, (count, 2))[track]
    center = center + frame[:, None] * rng.integers(-3, 4, (count, 2))[track]
    dense = np.zeros((len(frame), extent.height, extent.width), np.uint8)
    for image, one, at in zip(dense, track.tolist(), center.tolist(), strict=True):
        cv2.ellipse(image, at, (4 + one, 6), 0, 0, 360, 1, -1)
    masks = coco_rle.encode(dense)
    class_id, score = rng.choice([40, 3, 8], count)[track], (rng.random(count) < 0.9)[track]
    return Tracks(extent, frame, track, class_id, score, masks.boxes, masks)


def corrupted_result(truth: Tracks, seed: int) -> Tracks:
    """Return a result with most objects twice, some of another class, and one empty mask."""
    rng = np.random.default_rng(seed)
    once, twice = corrupt(truth, seed), corrupt(truth, seed + 1000)
    runs = [*once.rle.runs, *twice.rle.runs]
    height, width = truth.extent.height, truth.extent.width
    runs[:1] = coco_rle.encode(np.zeros((len(runs[:1]), height, width), bool)).runs
    masks = Masks(tuple(runs), height, width)
    track = np.concatenate([once.track, twice.track + 10])
    class_id = rng.choice([key for key in truth.extent.classes if key != NOTHING], 20)
    right = np.zeros(20, int)
    right[truth.track], right[truth.track + 10] = truth.class_id, truth.class_id
    class_id = np.where(rng.random(20) < 0.8, right, class_id)[track]
    frame = np.concatenate([once.frame, twice.frame])
    return Tracks(truth.extent, frame, track, class_id, rng.random(20)[track], masks.boxes, masks)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Ground truth and results of the videos; some have no ground truth, no results or neither."""
    folder = tmp_path_factory.mktemp("vis")
    truth = {f"v{seed}": ellipses(seed) for seed in range(VIDEOS)}
    results = {
        name: corrupted_result(each, seed) for seed, (name, each) in enumerate(truth.items())
    }
    results["v7"] = results["v7"].take(np.zeros(0, int))
    false = ellipses(11)
    results["v10"] = replace(false.take(false.frame == 0), extent=truth["v10"].extent)
    vis_json.write_truth(folder / "truth.json", truth)
    vis_json.write_results(folder / "results.json", results)
    return folder / "truth.json", folder / "results.json"


@pytest.fixture(scope="module")
def theirs(files, tmp_path_factory):
    return trackeval_oracle.load_vis(*files, tmp_path_factory.mktemp("workdir"))


def test_masks_track_ids_classes_scores_and_areas_are_read_as_in_trackeval(files, theirs):
    videos, labels = vis_json.read_labels(files[0])
    found = vis_json.read_results(files[1], videos)
    assert set(theirs.seq_list) == set(labels)
    assert sum(len(each) for each in found.values()) > sum(map(len, labels.values())) > 100
    for name in theirs.seq_list:
        data = theirs.get_raw_seq_data("it", name)
        assert data["num_timesteps"] == labels[name].extent.frame_count
        assert_rows_equal(labels[name], data, "gt")
        assert_rows_equal(found[name], data, "tracker")
        scores = [each for frame in data["tracker_confidences"] for each in frame]
        assert found[name].score.tolist() == scores
        assert_areas_equal(labels[name], data)


def assert_rows_equal(ours: Tracks, data: dict, side: str) -> None:
    masks = [each for frame in data[f"{side}_dets"] for each in frame]
    frames = [len(frame) for frame in data[f"{side}_dets"]]
    assert np.bincount(ours.frame, minlength=len(frames)).tolist() == frames
    assert ours.class_id.tolist() == [each for f in data[f"{side}_classes"] for each in f]
    identities = [each for frame in data[f"{side}_ids"] for each in frame]
    shift = ours.track - identities  # TrackEval numbers results from 0 across all files
    assert len(set(shift.tolist())) <= 1
    assert side == "tracker" or not shift.any()
    if masks:
        theirs = np.moveaxis(coco.decode(masks), -1, 0)
        assert np.array_equal(coco_rle.decode(ours.rle), theirs)


def assert_areas_equal(ours: Tracks, data: dict) -> None:
    for class_id, tracks in data["classes_to_gt_track_ids"].items():
        areas = data["classes_to_gt_track_areas"][class_id]
        crowds = data["classes_to_gt_track_iscrowd"][class_id]
        for track, area, crowd in zip(tracks, areas, crowds, strict=True):
            rows = ours.track == track
            some = rows & (ours.area > 0)  # TrackEval takes the mean over areas other than 0
            assert (ours.area[some].mean() if some.any() else 0) == area
            assert (ours.score[rows] == 0).all() == crowd


def our_scores(truth: Path, results: Path) -> dict[str, dict]:
    """Return the score of each video and, as COMBINED, of all videos."""
    layout = load_layout("youtube_vis")
    ours = {
        name: score_tracks(*layout.read_pair(truth, results, name), "youtube_vis", FAMILIES)
        for name in layout.list_sequences(truth)
    }
    return ours | {"COMBINED": combine_scores(list(ours.values()))}


def assert_equal(ours: dict[str, dict], theirs: dict[str, trackeval_oracle.Scores]) -> None:
    """Compare every field of every video and class, and list all differences."""
    compared, wrong = 0, []
    for name, classes in theirs.items():
        averaged = {"class averaged": "class_averaged", "detection averaged": "values"}
        for kind, fields in classes.items():
            own = averaged.get(kind)
            values = ours[name][own] if own else ours[name]["classes"][kind]["values"]
            for field, value in fields.items():
                exact = isinstance(values[field], int)
                if not abs(values[field] - value) <= (0 if exact else TOLERANCE):
                    wrong.append(f"{name} {kind} {field}: {values[field]!r}, TrackEval {value!r}")
                compared += 1
    assert not wrong, "\n".join(wrong)
    assert compared >= 45 * sum(map(len, theirs.values()))


def test_every_field_equals_trackeval(files, theirs):
    ours = our_scores(*files)
    assert ours["COMBINED"]["values"]["IDSW"] > 10
    assert ours["COMBINED"]["values"]["CLR_TP"] > 100
    assert_equal(ours, trackeval_oracle.score_vis(theirs))


def sa_v(shared: Path) -> tuple[dict, list[list[dict]]]:
    """Return the masklets of SA-V as YouTube-VIS ground truth of two classes, and by frame."""
    content = json.loads((shared / "sav" / "sav_000001_manual.json").read_text())
    frames = content["masklet"]
    size = {"height": int(content["video_height"]), "width": int(content["video_width"])}
    names = [f"sav/{at:05d}.jpg" for at in range(len(frames))]
    truth = {
        "videos": [{"id": 1, **size, "file_names": names}],
        "categories": [{"id": 1, "name": "early"}, {"id": 2, "name": "late"}],
        "annotations": [
            {"id": each + 1, "video_id": 1, "category_id": 1 + each % 2, "segmentations": runs}
            for each, runs in enumerate(map(list, zip(*frames, strict=True)))
        ],
    }
    return truth, frames


def test_masklets_of_sa_v_are_read_as_youtube_vis_ground_truth(shared, json_file, tmp_path):
    truth, frames = sa_v(shared)
    found = vis_json.read_truth(json_file(truth))["sav"]
    assert len(found) == 121 * 5
    assert found.rle.runs == tuple(run["counts"].encode() for frame in frames for run in frame)
    assert found.rle.areas.tolist() == [area for frame in frames for area in coco.area(frame)]
    vis_json.write_truth(tmp_path / "again.json", {"sav": found})
    again = vis_json.read_truth(tmp_path / "again.json")["sav"]
    assert again.same(replace(found, area=found.rle.areas))


@pytest.mark.slow
def test_masklets_of_sa_v_are_scored_as_in_trackeval(shared, json_file, tmp_path):
    found = vis_json.read_truth(json_file(sa_v(shared)[0]))
    truth, results = tmp_path / "again.json", tmp_path / "results.json"
    vis_json.write_truth(truth, found)
    vis_json.write_results(results, {"sav": corrupted_result(found["sav"], 3)})
    theirs = trackeval_oracle.load_vis(truth, results, tmp_path / "workdir")
    ours = our_scores(truth, results)
    assert ours["COMBINED"]["values"]["CLR_TP"] > 300
    assert_equal(ours, trackeval_oracle.score_vis(theirs))
