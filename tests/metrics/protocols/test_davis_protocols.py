"""The DAVIS protocols: void, classes and several objects."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from datasets.formats.davis_png import davis_extent, read_tracks
from datasets.masks import coco_rle
from datasets.types import Extent, Tracks
from metrics.score import make_pairings, score_tracks
from tests.support.paths import ROOT

ROW = [1, 1, 1, 1, 0, 0, 0, 0]


def video(folder, *rows):
    """Return the tracks of three identical frames with these rows of label values."""
    folder.mkdir(parents=True)
    for frame in range(3):
        Image.fromarray(np.array(rows, np.uint8)).save(folder / f"{frame:05d}.png")
    return read_tracks(folder)


def mean_j(truth, prediction, protocol, family):
    return score_tracks(truth, prediction, protocol, [family])["values"]["J-Mean"]


@pytest.mark.parametrize(
    ("protocol", "family", "j"),
    [
        ("davis", "jf_davis_us", 4 / 5),
        ("davis", "jf_te", 4 / 5),
        ("davis_semi", "jf_davis_ss", 4 / 7),
    ],
)
def test_void_is_removed_from_unsupervised_results_and_counts_as_an_error_in_semi_supervised_ones(
    tmp_path, protocol, family, j
):
    truth = video(tmp_path / "truth", [1, 1, 1, 1, 255, 255, 0, 0])
    prediction = video(tmp_path / "results", [1, 1, 1, 1, 1, 1, 1, 0])
    assert mean_j(truth, prediction, protocol, family) == pytest.approx(j, abs=1e-15)


def test_a_track_entirely_in_void_remains_as_an_empty_track(tmp_path):
    truth = video(tmp_path / "truth", [1, 1, 0, 255])
    prediction = video(tmp_path / "results", [1, 1, 0, 2])
    found = make_pairings(truth, prediction, "davis")["object"]
    assert found.prediction.track_count == 2
    assert found.areas(found.prediction).tolist() == [2, 0] * 3


def test_davis_2016_merges_objects_into_one_foreground_on_both_sides(tmp_path):
    truth = video(tmp_path / "truth", [1, 1, 2, 2, 0, 0], [0, 0, 0, 0, 0, 0])
    prediction = video(tmp_path / "results", [9, 9, 9, 7, 7, 0], [0, 0, 0, 0, 0, 0])
    found = make_pairings(truth, prediction, "davis2016")["object"]
    assert (len(found.truth), len(found.prediction)) == (3, 3)
    assert found.pairs.similarity.tolist() == [4 / 5] * 3
    assert mean_j(truth, prediction, "davis2016", "jf_davis_ss") == 4 / 5


def test_davis_2016_has_no_foreground_in_a_frame_without_objects(tmp_path):
    truth = video(tmp_path / "truth", ROW)
    empty = video(tmp_path / "results", [0] * 8)
    found = make_pairings(truth, empty, "davis2016")["object"]
    assert (len(found.truth), len(found.prediction)) == (3, 0)
    assert mean_j(truth, empty, "davis2016", "jf_davis_ss") == 0
    assert mean_j(empty, empty, "davis2016", "jf_davis_ss") is None


@pytest.mark.parametrize("protocol", ["davis", "davis_semi", "davis2016"])
def test_void_in_a_result_is_refused(tmp_path, protocol):
    truth, prediction = (
        video(tmp_path / "t", ROW),
        video(tmp_path / "r", [1, 1, 255, 0, 0, 0, 0, 0]),
    )
    with pytest.raises(
        ValueError, match=r"prediction, frame 0 \(from 0\): expected objects only, found void"
    ):
        make_pairings(truth, prediction, protocol)


@pytest.mark.parametrize("protocol", ["davis", "davis_semi"])
def test_overlapping_masks_of_a_result_are_refused(protocol):
    extent = davis_extent(1, 8, 1)
    masks = coco_rle.encode(np.ones((2, 1, 8), bool))
    ones = np.ones(2)
    both = Tracks(extent, [0, 0], [1, 2], ones, ones, masks.boxes, masks)
    with pytest.raises(ValueError, match=r"prediction, frame 0 .*: the masks of tracks 1 and 2"):
        make_pairings(both.take([0]), both, protocol)


def test_objects_of_all_classes_are_scored_as_one_class(tmp_path):
    extent = Extent(1, 8, 3, {1: "cat", 2: "dog"})
    truth = video(tmp_path / "truth", [1, 1, 2, 2, 0, 0, 0, 0])
    truth = replace(truth, extent=extent, class_id=truth.track)
    found = make_pairings(truth, truth, "davis")
    assert list(found) == ["object"]
    assert found["object"].truth.track_count == 2


def test_the_command_line_scores_files_with_the_protocols_default_families(tmp_path):
    for side in ("truth", "results"):
        for name in ("ant", "bee"):
            video(tmp_path / side / name, ROW)
    command = [sys.executable, "-m", "metrics.evaluate", "--protocol", "davis_semi"]
    command += ["--truth", str(tmp_path / "truth"), "--results", str(tmp_path / "results")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["object", "J&F", "J-Mean", "F-Mean"]
    assert lines[1:] == [
        [name, "100.000", "100.000", "100.000"] for name in ("ant", "bee", "COMBINED")
    ]
