"""Decoding of detector outputs made by hand, and two real networks on a real video."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import yaml

from datasets.media.frames import decode_frames
from datasets.types import Detections
from tests.support.trackers.detector_exports import decode_yolox, normalise_yolox
from trackers.detectors.candidates import CandidateFilter, Candidates
from trackers.detectors.density import Density, find_groups, merge_groups
from trackers.detectors.detector import Detector, load_detector
from trackers.detectors.layouts.boxes import MisfitError
from trackers.detectors.layouts.detectnet import detectnet
from trackers.detectors.layouts.rfb import rfb
from trackers.detectors.layouts.table import LAYOUTS
from trackers.detectors.layouts.yolo import yolov5, yolov8, yolox
from trackers.detectors.letterbox import place

SIZE = (64, 96)


def boxes(*rows):
    return np.array(rows, float).reshape(-1, 4)


@pytest.mark.parametrize(
    ("fit", "covered", "box"),
    [
        ("corner", np.s_[0:32, 0:96], [0, 0, 96, 32]),
        ("centre", np.s_[16:48, 0:96], [0, 16, 96, 48]),
        ("stretch", np.s_[0:64, 0:96], [0, 0, 96, 64]),
    ],
)
def test_boxes_are_transformed_back_from_a_placed_image(fit, covered, box):
    image = np.full((40, 120, 3), 200, np.uint8)
    filled, placement = place(image, SIZE, fit, 114)
    expected = np.full((*SIZE, 3), 114)
    expected[covered] = 200
    assert np.array_equal(filled, expected)
    np.testing.assert_allclose(placement.to_image(boxes(box)), [[0, 0, 120, 40]])
    outside = boxes([-50, -50, 500, 500])
    np.testing.assert_allclose(placement.to_image(outside), [[0, 0, 120, 40]])


def test_an_empty_image_is_rejected():
    with pytest.raises(ValueError, match="image: expected at least 1 x 1 pixels, found 0 x 4"):
        place(np.zeros((0, 4, 3), np.uint8), SIZE, "corner", 0)


def test_yolox_boxes_are_in_units_of_cells():
    found = np.zeros((1, 126, 7), np.float32)  # 8 x 12 + 4 x 6 + 2 x 3 cells
    found[0, 96 + 7] = [0.5, 0.25, np.log(2), np.log(1.5), 0.5, 0.8, 0.4]
    candidates = yolox([found], SIZE, 2)
    # row 1, column 1 of the cells of 16 pixels
    np.testing.assert_allclose(candidates.box[103], [24 - 16, 20 - 12, 24 + 16, 20 + 12], rtol=1e-6)
    np.testing.assert_allclose(candidates.score[103], [0.4, 0.2])
    assert candidates.weight is None


def test_yolov5_and_yolov8_layouts_decode_to_the_same_candidates():
    prototype = np.arange(3 * 16 * 24, dtype=np.float32).reshape(1, 3, 16, 24)
    row = [40, 30, 20, 10]
    old = np.array([[[*row, 0.5, 0.8, 0.4, 1, 2, 3]]], np.float32)
    new = np.array([[*row, 0.4, 0.2, 1, 2, 3]], np.float32).T[None]
    for candidates in (yolov5([old, prototype], SIZE, 2), yolov8([new, prototype], SIZE, 2)):
        np.testing.assert_allclose(candidates.box, [[30, 25, 50, 35]])
        np.testing.assert_allclose(candidates.score, [[0.4, 0.2]])
        np.testing.assert_allclose(candidates.weight, [[1, 2, 3]])
        assert candidates.prototype.shape == (3, 16, 24)
    np.testing.assert_allclose(yolov8([new[:, :6]], SIZE, 2).score, [[0.4, 0.2]])


def test_detectnet_boxes_are_relative_to_the_cell_centre_in_units_of_35_pixels():
    coverage, box = np.zeros((1, 2, 4, 6), np.float32), np.zeros((1, 8, 4, 6), np.float32)
    coverage[0, 1, 2, 3] = 0.9
    box[0, 4:, 2, 3] = [1.0, 0.5, 2.0, 0.1]
    for outputs in ([coverage, box], [box, coverage]):
        candidates = detectnet(outputs, SIZE, 2)
        row = np.flatnonzero(candidates.score[:, 1])
        assert len(row) == 1
        expected = [[48.5 - 35, 32.5 - 17.5, 48.5 + 70, 32.5 + 3.5]]
        np.testing.assert_allclose(candidates.box[row], expected, rtol=1e-6)
        assert not candidates.score[:, 0].any()


def test_rfb_boxes_are_fractions_of_the_input_size():
    outputs = [
        np.array([[[0.9, 0.1], [0.2, 0.8]]]),
        np.array([[[0, 0, 1, 1], [0.5, 0.25, 1, 0.5]]]),
    ]
    candidates = rfb(outputs, SIZE, 1)
    np.testing.assert_allclose(candidates.box[1], [48, 16, 96, 32])
    np.testing.assert_allclose(candidates.score, [[0.1], [0.8]])


@pytest.mark.parametrize(
    ("layout", "outputs"),
    [
        (yolox, [np.zeros((1, 126, 8))]),
        (yolov5, [np.zeros((1, 9, 8))]),
        (yolov8, [np.zeros((1, 7, 9))]),
        (detectnet, [np.zeros((1, 3, 4, 6)), np.zeros((1, 12, 4, 6))]),
        (rfb, [np.zeros((1, 9, 2)), np.zeros((1, 9, 4))]),
    ],
)
def test_an_output_of_another_layout_is_rejected(layout, outputs):
    with pytest.raises(ValueError, match=r"outputs: expected .*, found"):
        layout(outputs, SIZE, 2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_other_outputs_are_a_misfit_and_no_fault(layout):
    draw = np.random.default_rng(0)
    for _ in range(40):
        shapes = [draw.integers(0, 4, draw.integers(1, 6)) for _ in range(draw.integers(1, 4))]
        outputs = [np.zeros(shape, draw.choice([np.float32, np.int64])) for shape in shapes]
        try:
            found = LAYOUTS[layout].decode(outputs, SIZE, 2, "pixels")
        except MisfitError:
            continue
        assert found.box.shape == (len(found.score), 4)
        assert found.score.shape[1] == 2


def choose(candidates, classes, **limits):
    _, placement = place(np.zeros((*SIZE, 3), np.uint8), SIZE, "corner", 0)
    return CandidateFilter(**{"score": 0.25, "overlap": 0.5} | limits).take(
        candidates, placement, classes
    )


def test_suppression_is_per_class_and_class_ids_are_those_of_the_sequence():
    box = boxes([0, 0, 20, 20], [1, 1, 21, 21], [60, 30, 80, 50], [0, 0, 20, 20])
    score = np.array([[0.6, 0.1], [0.9, 0.3], [0.3, 0.1], [0.2, 0.8]])
    found = choose(Candidates(box, score), {0: 7, 1: 3}).detections
    assert found.score.tolist() == [0.9, 0.8, 0.3]
    assert found.class_id.tolist() == [7, 3, 7]
    assert found.box.tolist() == [box[1].tolist(), box[3].tolist(), box[2].tolist()]
    only = choose(Candidates(box, score), {1: 3}).detections
    assert only.score.tolist() == [0.8]


def test_candidates_are_filtered_by_score_overlap_side_and_count():
    box = boxes([0, 0, 20, 20], [10, 0, 30, 20], [50, 0, 58, 20], [60, 60, 60, 64])
    score = np.array([[0.9], [0.25], [0.8], [0.9]])
    third = 10 * 20 / (30 * 20)
    assert len(choose(Candidates(box, score), {0: 1}).detections.score) == 3
    assert len(choose(Candidates(box, score), {0: 1}, score=0.251).detections.score) == 2
    assert len(choose(Candidates(box, score), {0: 1}, overlap=third - 1e-6).detections.score) == 2
    assert len(choose(Candidates(box, score), {0: 1}, side=8.0).detections.score) == 2
    assert choose(Candidates(box, score), {0: 1}, max_count=1).detections.score.tolist() == [0.9]


def test_an_object_with_many_candidates_hides_no_other():
    box = boxes(*[[0, 0, 20, 20]] * 3000, [60, 30, 80, 50])
    score = np.array([[0.9]] * 3000 + [[0.5]])
    assert choose(Candidates(box, score), {0: 1}).detections.score.tolist() == [0.9, 0.5]


def test_a_mask_is_where_the_weighted_prototypes_are_above_zero_inside_the_box():
    prototype = np.full((2, 16, 24), -1.0)
    prototype[0, 4:12, 6:18] = 1  # 16 to 48 and 24 to 72 of the input
    candidates = Candidates(
        boxes([20, 10, 60, 60]), np.array([[0.9]]), np.array([[1.0, 0.0]]), prototype
    )
    _, placement = place(np.zeros((128, 192, 3), np.uint8), SIZE, "corner", 0)
    found = CandidateFilter(0.25, 0.5).take(candidates, placement, {0: 1}, masks=True)
    expected = np.zeros((1, 128, 192), bool)
    expected[0, 32:96, 48:120] = True
    assert (found.mask != expected).sum() <= 12, "only at the rounded corners"


def crowd():
    """Boxes of one class: three close together, one at their edge, two apart; one of another."""
    box = boxes(
        [0, 0, 20, 20], [1, 0, 21, 20], [0, 1, 20, 21], [4, 0, 24, 20], [50, 30, 70, 50],
        [51, 30, 71, 50], [0, 0, 20, 20],
    )  # fmt: skip
    class_id = np.array([1, 1, 1, 1, 1, 1, 2])
    return Detections(box, np.array([0.5, 0.4, 0.3, 0.2, 0.9, 0.1, 0.9]), class_id)


def test_groups_need_a_minimum_of_neighbours_and_of_score():
    found = crowd()
    assert find_groups(found, Density(0.27, 3, 0.0, merge=True)).tolist() == [
        0,
        0,
        0,
        0,
        -1,
        -1,
        -1,
    ]
    assert find_groups(found, Density(0.27, 2, 1.0, merge=True)).tolist() == [0, 0, 0, 0, 1, 1, -1]
    assert find_groups(found, Density(0.27, 2, 1.01, merge=True)).tolist() == [
        0,
        0,
        0,
        0,
        -1,
        -1,
        -1,
    ]
    assert (find_groups(found, Density(0.0, 2, 0.0, merge=True)) == -1).all()


def test_a_group_is_merged_to_its_weighted_mean_or_suppressed():
    found = crowd()
    density = Density(0.27, 2, 0.0, merge=True)
    merged = merge_groups(found, find_groups(found, density))
    assert merged.score.tolist() == [0.9, 0.5]
    np.testing.assert_allclose(merged.box[0], [50.1, 30, 70.1, 50])
    score = np.zeros((7, 2))
    score[np.arange(7), found.class_id - 1] = found.score
    candidates = Candidates(found.box, score)
    limits = {"score": 0.05, "density": density}
    assert choose(candidates, {0: 1, 1: 2}, **limits).detections.score.tolist() == [0.9, 0.5]
    hybrid = {"score": 0.05, "density": Density(0.27, 2, 0.0, merge=False)}
    kept = choose(candidates, {0: 1, 1: 2}, **hybrid).detections
    assert kept.score.tolist() == [0.9, 0.5]
    assert kept.box[0].tolist() == [50, 30, 70, 50]


@pytest.fixture
def real(shared, tmp_path):
    """A function that loads a real network with the given keys of its card."""

    def load(name: str, **card) -> Detector:
        (tmp_path / name).symlink_to(shared / "weights" / name)
        content = {"file": name, "layout": "yolox", "classes": "coco", "score": 0.25} | card
        path = tmp_path / "card.yaml"
        path.write_text(yaml.safe_dump(content))
        return load_detector(str(path))

    return load


def frame(shared, number: int) -> np.ndarray:
    return next(
        islice(decode_frames(shared / "videos" / "one-by-one-person-detection.mp4"), number, None)
    )[1]


@pytest.mark.slow
def test_yolox_nano_detects_a_pedestrian(real, shared):
    detector = real("yolox_nano.onnx")
    detector.start({1: "pedestrian"})
    found = detector(frame(shared, 300)).detections
    assert found.class_id.tolist() == [1]
    assert found.score[0] > 0.8
    np.testing.assert_allclose(found.box, [[381, 9, 543, 375]], atol=4)


@pytest.mark.slow
def test_yolox_nano_detects_the_same_however_it_was_exported(shared, tmp_path):
    source, image = shared / "weights" / "yolox_nano.onnx", frame(shared, 300)
    decode_yolox(source, tmp_path / "decoded.onnx", 416)
    normalise_yolox(source, tmp_path / "legacy.onnx")
    found = []
    for file, layout in (
        (source, "yolox"),
        (tmp_path / "decoded.onnx", "yolox"),
        (tmp_path / "legacy.onnx", "yolox_legacy"),
    ):
        card = {"file": str(file), "layout": layout, "classes": "coco"}
        (tmp_path / "card.yaml").write_text(yaml.safe_dump(card))
        detector = load_detector(str(tmp_path / "card.yaml"), score=0.25)
        detector.start({1: "pedestrian"})
        found.append(detector(image).detections)
    assert len(found[0].score) == 1
    for each in found[1:]:
        np.testing.assert_allclose(each.score, found[0].score, atol=1e-4)
        np.testing.assert_allclose(each.box, found[0].box, atol=1e-2)


@pytest.mark.slow
def test_a_detector_that_knows_none_of_the_classes_is_rejected(real, shared):
    detector = real("version-RFB-320.onnx", layout="rfb", classes=["face"])
    with pytest.raises(ValueError, match=r"\['pedestrian'\] is among the network's, \['face'\]"):
        detector.start({1: "pedestrian"})
    detector.start({1: "pedestrian", 2: "face"})
    assert set(detector(frame(shared, 300)).detections.class_id.tolist()) <= {2}
