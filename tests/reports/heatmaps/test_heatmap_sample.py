from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from datasets.media.frames import write_image
from datasets.types import Extent, Sequence, Tracks
from reports.heatmaps.sample import agreement, describe, grid, moments, pack, still, unpack
from reports.heatmaps.source import Settings, Source

EXTENT = Extent(27, 36, 24, {1: "person", 2: "car", 9: "crowd"}, ignored=(9,))
WALK = Sequence("own", "walk", EXTENT, 10)


def tracks(extent=EXTENT, class_id=(1,), frame=None, box=None):
    count = len(class_id)
    frame = np.arange(count) if frame is None else frame
    box = [[4, 4, 8, 8]] * count if box is None else box
    return Tracks(extent, frame, np.arange(count), class_id, np.ones(count), np.array(box, float))


def test_the_same_map_has_no_error_and_correlates():
    heat = np.array([[0.0, 1], [2, 5]])
    assert agreement(heat, heat) == {"error": 0, "correlation": pytest.approx(1)}


def test_error_is_the_mean_difference_of_cells_relative_to_the_ground_truth_mean():
    prediction, truth = np.array([[1.0, 0], [0, 3]]), np.array([[0.0, 0], [0, 4]])
    found = agreement(prediction, truth)
    assert found["error"] == 0.5
    # centred: (0, -1, -1, 2) and (-1, -1, -1, 3)
    assert found["correlation"] == pytest.approx(8 / (6 * 12) ** 0.5)


def test_an_empty_prediction_has_error_one_and_no_correlation():
    truth = np.array([[0.0, 2], [0, 4]])
    assert agreement(np.zeros((2, 2)), truth) == {"error": 1, "correlation": None}


def test_an_empty_ground_truth_has_no_agreement():
    prediction = np.array([[0.0, 2], [0, 4]])
    assert agreement(prediction, np.zeros((2, 2))) == {"error": None, "correlation": None}


def test_packed_maps_are_restored_to_half_a_step():
    maps = np.random.default_rng(1).random((3, 4, 5)).astype(np.float32) * 7
    found = unpack(pack(maps), (3, 4, 5))
    assert abs(found - maps).max() <= 7 / 255 / 2 + 1e-5
    assert not unpack(pack(np.zeros((2, 2))), (2, 2)).any()


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1920, 1080, (27, 48)), (384, 288, (27, 36)), (100, 1000, (27, 3)), (1000, 1, (1, 48))],
)
def test_cells_are_few_and_nearly_square(width, height, expected):
    assert grid(Extent(height, width, 1, {})) == expected


def test_moments_are_the_last_frames_of_equal_parts():
    assert moments(24, 12) == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]
    assert moments(3, 12) == [0, 1, 2]
    assert len({*moments(100, 12)}) == 12
    assert moments(100, 12)[-1] == 99


def test_maps_over_time_decay_by_half():
    content = describe([Source(WALK, tracks(), tracks())], Settings("decay", 0.2, "box"))
    sequence = content["sequences"]["walk"]
    shape = len(sequence["frames"]), sequence["rows"], sequence["columns"]
    found = unpack(sequence["prediction"]["over_time"], shape)
    assert shape == (12, 27, 36)
    # the object is in frame 0; frame 1 is 0.1 s later, frame 3 another 0.2 s
    assert found[0, 4:8, 4:8] == pytest.approx(0.5**0.5, rel=0.01)
    assert found[1] == pytest.approx(found[0] / 2, abs=0.01)
    assert unpack(sequence["prediction"]["sum"], shape[1:]).sum() == 16
    assert sequence["truth"] == sequence["prediction"]
    assert sequence["agreement"] == {"error": 0, "correlation": pytest.approx(1)}


def test_without_ground_truth_there_is_no_agreement():
    sequence = describe([Source(WALK, tracks())], Settings())["sequences"]["walk"]
    assert (sequence["truth"], sequence["agreement"], sequence["still"]) == (None, None, None)


def test_classes_are_chosen_by_name_and_ignored_ones_never_count():
    rows = tracks(class_id=(1, 2, 9))
    assert Settings().select(rows).class_id.tolist() == [1, 2]
    assert Settings(classes=("car",)).select(rows).class_id.tolist() == [2]
    with pytest.raises(ValueError, match=r"classes: expected some of .*, found \['dog', 'crowd'\]"):
        Settings(classes=("dog", "crowd")).select(rows)


def test_tracks_of_another_video_are_refused():
    with pytest.raises(ValueError, match="walk, tracks: expected images of 36 x 27, found 37 x 27"):
        Source(WALK, tracks(Extent(27, 37, 24, {1: "person"})))
    long = tracks(Extent(27, 36, 25, {1: "person"}), frame=[24])
    with pytest.raises(ValueError, match="walk, ground truth: expected 24 frames, found 25"):
        Source(WALK, tracks(), long)
    with pytest.raises(ValueError, match="walk: expected frames with pixels, found none"):
        Source(Sequence("own", "walk", Extent(27, 36, 0, {}), 10), tracks())


def test_a_still_is_small_for_any_image(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), np.uint8)
    write_image(tmp_path / "0.png", noise)
    uri = still(Sequence("own", "walk", Extent(720, 1280, 1, {}), 10, str(tmp_path)))
    head, data = uri.split(",")
    assert head == "data:image/jpeg;base64"
    assert len(uri) <= 15_000
    height, width, _ = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), 1).shape
    assert width / height == pytest.approx(16 / 9, rel=0.02)
