from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from datasets.layouts import davis, davis2016


def video(folder, *labels, first=0):
    folder.mkdir(parents=True, exist_ok=True)
    for index, each in enumerate(labels, first):
        Image.fromarray(np.array(each, np.uint8)).save(folder / f"{index:05d}.png")


@pytest.fixture
def folders(tmp_path):
    truth, results = tmp_path / "truth", tmp_path / "results"
    video(truth / "car", [[0, 1], [255, 1]], [[0, 2], [0, 0]])
    video(truth / "ant", [[0]])
    (truth / "empty").mkdir()
    (truth / "readme.txt").write_text("")
    results.mkdir()
    return truth, results


def test_sequences_are_the_folders_that_contain_masks(folders):
    assert davis.list_sequences(folders[0]) == ["ant", "car"]


def test_truth_and_prediction_have_the_same_extent(folders):
    video(folders[1] / "car", [[0, 3], [3, 3]], [[0, 0], [0, 0]])
    truth, prediction = davis.read_pair(*folders, "car")
    assert truth.extent == prediction.extent
    assert (truth.extent.height, truth.extent.width, truth.extent.frame_count) == (2, 2, 2)
    assert truth.track.tolist() == [1, -1, 2]
    assert prediction.track.tolist() == [3]


def test_in_davis_2016_every_value_other_than_background_is_object(folders):
    video(folders[1] / "car", [[255, 255], [0, 0]], [[0, 0], [0, 0]])
    truth, prediction = davis2016.read_pair(*folders, "car")
    assert truth.track.tolist() == [1, 255, 2]
    assert prediction.track.tolist() == [255]


def test_a_sequence_without_results_is_an_error(folders):
    with pytest.raises(FileNotFoundError, match="car: no such folder"):
        davis.read_pair(*folders, "car")


@pytest.mark.parametrize(
    ("labels", "first", "message"),
    [
        ([[[0, 1], [0, 1]]], 0, r"results/car/00001\.png: no such file.*\(1 frames of results, 2"),
        ([[[0, 1], [0, 1]]] * 3, 0, r"truth/car/00002\.png: no such file"),
        ([[[0, 1], [0, 1]]] * 2, 1, r"results/car/00000\.png: no such file"),
        ([[[0, 1, 1]]] * 2, 0, r"car: expected size 2 x 2 as in .*truth/car, found 1 x 3"),
        ([[[0, 1], [0, 1]], [[0, 0], [0, 255]]], 0, r"car/00001\.png: found value 255, void"),
    ],
)
def test_results_that_do_not_match_the_truth_are_refused(folders, labels, first, message):
    video(folders[1] / "car", *labels, first=first)
    with pytest.raises(ValueError, match=message):
        davis.read_pair(*folders, "car")
