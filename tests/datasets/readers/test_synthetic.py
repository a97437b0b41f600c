from __future__ import annotations

import hashlib

import numpy as np
import pytest

from datasets.formats import parquet
from datasets.masks import coco_rle
from datasets.media.frames import read_frames
from datasets.overlap import box_iou
from datasets.readers import synthetic
from datasets.sequences.sequence_json import open_sequence, read_sequence, write_prepared
from datasets.synthesis.scripts import SCENARIOS

pytestmark = pytest.mark.slow

# Digests of this code's output on x86-64 with locked versions; other machines must give the same.
PIXELS = "61867037c4c2d45a"
LABELS = "d14c6edfaf163ebd"


def truth_of(path):
    return parquet.read_tracks(path.with_name("truth.parquet"))


@pytest.fixture
def without_images(monkeypatch):
    """Write no images, which takes half of the time."""
    monkeypatch.setattr(synthetic, "write_image", lambda *_: None)


def digest(*arrays):
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()[:16]


def test_a_seed_gives_the_same_pixels_and_labels_on_every_machine(crossing):
    sequence, truth = read_sequence(crossing), truth_of(crossing)
    images = list(read_frames(crossing.parent / "images", sequence.extent))
    detections = open_sequence(crossing).detections()
    assert digest(*images) == PIXELS
    masks = np.frombuffer(b"".join(truth.rle), np.uint8)
    labels = (truth.frame, truth.track, truth.box, truth.visibility, masks)
    assert digest(*labels, detections.frame, detections.box, detections.score) == LABELS


def test_the_same_seed_writes_the_same_bytes(crossing, tmp_path):
    again = tmp_path / "sequence.json"
    write_prepared(again, synthetic.read("synthetic", None, "crossing", tmp_path))
    names = ["sequence.json", "truth.parquet", "detections.parquet", "images/000099.png"]
    for name in names:
        assert (crossing.parent / name).read_bytes() == (tmp_path / name).read_bytes(), name


@pytest.mark.usefixtures("without_images")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_is_long_and_has_occlusions(scenario, tmp_path):
    prepared = synthetic.read("synthetic", None, scenario, tmp_path)
    extent, truth = prepared.sequence.extent, prepared.truth
    assert extent.frame_count >= 80
    assert (extent.height, extent.width) >= (240, 320)
    assert truth.visibility.min() < 0.3 < truth.visibility.max() == 1
    gaps = [np.diff(truth.frame[truth.track == each]).max(initial=1) for each in set(truth.track)]
    if scenario in ("long_occlusion", "entering_leaving"):
        assert max(gaps) > 10, "a person returns with the same identity after a long absence"


@pytest.mark.usefixtures("without_images")
def test_the_train_and_test_splits_differ(tmp_path, crossing):
    train = synthetic.read("synthetic", None, "crossing", tmp_path, split="train")
    assert not train.truth.same(truth_of(crossing))


@pytest.mark.usefixtures("without_images")
def test_numbered_sequences_differ(tmp_path, crossing):
    other = synthetic.read("synthetic", None, "crossing-01", tmp_path)
    assert not other.truth.same(truth_of(crossing))


def test_masks_of_a_frame_are_disjoint_and_lie_in_their_boxes(crossing):
    truth = truth_of(crossing)
    tight = truth.rle.boxes
    assert (tight[:, :2] >= truth.box[:, :2]).all()
    assert (tight[:, 2:] <= truth.box[:, 2:]).all()
    for frame in range(truth.extent.frame_count):
        rows = np.flatnonzero(truth.frame == frame)
        masks = coco_rle.decode(truth.rle.take(rows))
        assert masks.sum(axis=0).max(initial=0) <= 1


def test_a_fully_visible_person_fills_the_box(crossing):
    truth = truth_of(crossing)
    whole = truth.visibility == 1
    tight = truth.rle.boxes
    assert np.array_equal(tight[whole], truth.box[whole])


def detector_of(tmp_path, **options):
    prepared = synthetic.read("synthetic", None, "crossing", tmp_path, **options)
    return prepared.truth, prepared.detections


@pytest.mark.usefixtures("without_images")
def test_a_perfect_detector_returns_the_truth(tmp_path):
    truth, found = detector_of(tmp_path, miss=0, hidden_miss=0, false_alarms=0, jitter=0)
    key = np.column_stack([truth.frame, truth.box])
    other = np.column_stack([found.frame, found.box])
    assert np.array_equal(key[np.lexsort(key.T)], other[np.lexsort(other.T)])


@pytest.mark.usefixtures("without_images")
def test_false_positives_have_the_requested_rate(tmp_path):
    _, found = detector_of(tmp_path, miss=1, false_alarms=2)
    assert len(found) / found.extent.frame_count == pytest.approx(2, abs=0.3)  # 3 sigma


@pytest.mark.usefixtures("without_images")
def test_misses_have_the_requested_rate(tmp_path):
    truth, found = detector_of(tmp_path, miss=0.3, hidden_miss=0, false_alarms=0)
    assert 1 - len(found) / len(truth) == pytest.approx(0.3, abs=0.06)  # 3 sigma


@pytest.mark.usefixtures("without_images")
def test_jitter_moves_boxes_within_its_bound(tmp_path):
    truth, found = detector_of(tmp_path, miss=0, hidden_miss=0, false_alarms=0, jitter=0.05)
    for frame in range(truth.extent.frame_count):
        overlap = box_iou(truth.detections(frame).box[:, None], found.detections(frame).box)
        assert (overlap.max(axis=1, initial=0) > 0.6).all()
        assert (overlap < 1).all()


@pytest.mark.parametrize("name", ["nobody", "crowd_02", "crowd-"])
def test_an_unknown_sequence_lists_the_known_scenarios(name):
    with pytest.raises(ValueError, match=r"unknown sequence .*: expected one of \['crossing', 'cr"):
        synthetic.inputs(None, name)
