from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from datasets.io.mended import take_mended
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
        ([[[0, 1], [0, 1]]] * 2, 1, r"results/car/00000\.png: no such file"),
        ([[[0, 1, 1]]] * 2, 0, r"car: expected size 2 x 2 as in .*truth/car, found 1 x 3"),
        ([[[0, 1], [0, 1]], [[0, 0], [0, 255]]], 0, r"car/00001\.png: found value 255, void"),
    ],
)
def test_results_that_do_not_match_the_truth_are_refused(folders, labels, first, message):
    video(folders[1] / "car", *labels, first=first)
    with pytest.raises(ValueError, match=message):
        davis.read_pair(*folders, "car")


def test_frames_of_results_without_truth_are_not_read(folders):
    video(folders[1] / "car", [[0, 3], [3, 3]], [[0, 0], [0, 0]])
    (folders[1] / "car" / "00002.png").write_bytes(b"damaged")
    (folders[1] / "car" / "1.png").write_bytes(b"another length")
    take_mended()
    _, prediction = davis.read_pair(*folders, "car")
    assert (prediction.track.tolist(), prediction.extent.frame_count) == ([3], 2)
    assert [*take_mended().values()] == [2]


def test_the_truth_may_have_every_second_frame_only(tmp_path):
    for index in range(5):
        video(tmp_path / "results" / "a", [[0, index]], first=index)
    for index in (0, 2, 4):
        video(tmp_path / "truth" / "a", [[0, index]], first=index)
    truth, prediction = davis.read_pair(tmp_path / "truth", tmp_path / "results", "a")
    assert (truth.frame.tolist(), truth.track.tolist()) == ([1, 2], [2, 4])
    assert (prediction.frame.tolist(), prediction.track.tolist()) == ([1, 2], [2, 4])


@pytest.mark.parametrize("layout", [davis, davis2016])
@pytest.mark.parametrize("unscored", [(), (0,), (3,), (0, 3)])
def test_frames_that_are_not_scored_need_no_results(tmp_path, layout, unscored):
    sides = tmp_path / "truth", tmp_path / "results"
    for index in range(4):
        video(sides[0] / "a", [[0, 1]], first=index)
        if index not in unscored:
            video(sides[1] / "a", [[0, 1]], first=index)
    _, prediction = layout.read_pair(*sides, "a", ends=False)
    assert prediction.frame.tolist() == [index for index in range(4) if index not in unscored]
    assert prediction.extent.frame_count == 4
    if unscored:
        with pytest.raises(ValueError, match=rf"a/0000{unscored[0]}\.png: no such file"):
            layout.read_pair(*sides, "a")
    (sides[1] / "a" / "00002.png").unlink()
    with pytest.raises(ValueError, match=r"results/a/00002\.png: no such file"):
        layout.read_pair(*sides, "a", ends=False)


def test_void_is_allowed_in_results_of_frames_that_are_not_scored(tmp_path):
    sides = tmp_path / "truth", tmp_path / "results"
    video(sides[0] / "a", [[0, 1]], [[0, 1]], [[0, 1]])
    video(sides[1] / "a", [[255, 1]], [[0, 1]], [[0, 255]])
    _, prediction = davis.read_pair(*sides, "a", ends=False)
    assert prediction.track.tolist() == [1, 1]
    video(sides[1] / "a", [[255, 1]], first=1)
    with pytest.raises(ValueError, match=r"a/00001\.png: found value 255, void"):
        davis.read_pair(*sides, "a", ends=False)


def test_hidden_files_are_not_frames(folders):
    video(folders[1] / "car", [[0, 3], [3, 3]], [[0, 0], [0, 0]])
    for folder in (folders[0] / "car", folders[1] / "car", folders[0] / ".cache"):
        folder.mkdir(exist_ok=True)
        (folder / "._00000.png").write_bytes(b"\0\5\x16\7")
    assert davis.list_sequences(folders[0]) == ["ant", "car"]
    truth, _ = davis.read_pair(*folders, "car")
    assert truth.extent.frame_count == 2
