"""MaskTrack R-CNN's boxes and masks compared with torchvision's, and each of the conventions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models.detection.image_list import ImageList

from tests.support.trackers.small_mask_rcnn import CLASSES, image, lively
from trackers.engines.runner import Runner
from trackers.mask_rcnn.boxes import decode, make_anchors, pyramid_level
from trackers.mask_rcnn.card import Card, write_card
from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.loading import load_segmenter
from trackers.mask_rcnn.options import Limits
from trackers.mask_rcnn.paste import paste
from trackers.mask_rcnn.sizes import SIZES, STRIDES


def saved(model, folder, convention="torchvision", fit=(384, 288)):
    path = folder / f"{convention}.safetensors"
    card = Card("demo", CLASSES, convention, fit)
    save_file(model.state_dict(), path, write_card(card))
    return path


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_boxes_classes_and_masks_equal_torchvisions(tmp_path, seed):
    model, pixels = lively(seed=seed), image(seed=seed)
    detector = model.detector
    detector.transform.min_size, detector.transform.max_size = (288,), 384
    with torch.no_grad():
        expected = detector([torch.tensor(pixels).permute(2, 0, 1) / 255])[0]
    segmenter = load_segmenter(str(saved(model, tmp_path)), Runner(), Limits())
    found = segmenter.detect(pixels)
    assert len(found.score) == 10
    np.testing.assert_allclose(found.score, expected["scores"], atol=1e-5)
    np.testing.assert_array_equal(found.label + 1, expected["labels"])
    np.testing.assert_allclose(found.box, expected["boxes"], atol=1e-3)
    masks = segmenter.masks(np.arange(10))
    differing = (masks != (expected["masks"][:, 0] > 0.5).numpy()).sum((1, 2))
    assert (differing <= 0.01 * masks.sum((1, 2)) + 1).all(), differing
    assert masks.any((1, 2)).sum() > 5


def test_the_legacy_anchors_are_centred_on_a_cell_and_have_integer_corners():
    def first(name, stride, side, ratio=1.0):
        return make_anchors((stride, stride), stride, side, [ratio], CONVENTIONS[name])[0].tolist()

    assert first("torchvision", 4, 32) == [-16, -16, 16, 16]
    assert first("masktrack_rcnn", 4, 32) == [-14, -14, 17, 17]
    assert first("masktrack_rcnn", 64, 512) == [-224, -224, 287, 287]
    np.testing.assert_allclose(
        first("mmtracking", 4, 32, 0.5), [-22.627, -11.314, 22.627, 11.314], atol=1e-3
    )
    assert first("torchvision", 4, 32, 0.5) == [-23, -11, 23, 11]


@pytest.mark.parametrize("size", [(288, 384), (384, 640), (96, 64)])
def test_anchors_equal_torchvisions_on_every_level(size):
    generator, kind = lively().detector.rpn.anchor_generator, SIZES["demo"]
    levels = [torch.zeros(1, 1, *(-(-each // stride) for each in size)) for stride in STRIDES]
    expected = generator(ImageList(torch.zeros(1, 3, *size), [size]), levels)[0]
    found = [
        make_anchors(size, stride, side, kind.ratios, CONVENTIONS["torchvision"])
        for stride, side in zip(STRIDES, kind.anchors, strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(found), expected)


def test_anchors_of_a_cell_are_adjacent_and_cells_are_in_row_order():
    found = make_anchors((16, 24), 8, 16, [1.0, 4.0], CONVENTIONS["torchvision"])
    assert found.shape == (12, 4)
    assert found[:4].tolist() == [
        [-8, -8, 8, 8],
        [-4, -16, 4, 16],
        [0, -8, 16, 8],
        [4, -16, 12, 16],
    ]
    assert found[6].tolist() == [-8, 0, 8, 16]


def decoded(name, delta, box=(10, 20, 29, 59)):
    box = np.array([box], np.float32)
    return decode(np.array([[delta]], np.float32), box, (1, 1, 1, 1), CONVENTIONS[name])[0, 0]


def test_zero_deltas_leave_a_box_unchanged_in_every_convention():
    for name in CONVENTIONS:
        np.testing.assert_allclose(decoded(name, [0, 0, 0, 0]), [10, 20, 29, 59], atol=1e-5)


def test_a_box_is_one_pixel_wider_where_its_far_corner_is_inclusive():
    # 20 pixels wide if inclusive, otherwise 19; moved by half a width, twice as wide
    np.testing.assert_allclose(
        decoded("masktrack_rcnn", [0.5, 0, np.log(2), 0])[[0, 2]], [10, 49], atol=1e-4
    )
    np.testing.assert_allclose(
        decoded("torchvision", [0.5, 0, np.log(2), 0])[[0, 2]], [10, 48], atol=1e-4
    )


def test_only_torchvision_does_not_bound_the_shrinking_of_a_box():
    width = {name: np.diff(decoded(name, [0, 0, -9, 0])[[0, 2]])[0] for name in CONVENTIONS}
    assert width["torchvision"] == pytest.approx(19 * np.exp(-9), abs=1e-4)
    assert width["mmtracking"] == pytest.approx(19 * 16 / 1000, abs=1e-4)
    assert width["masktrack_rcnn"] + 1 == pytest.approx(20 * 16 / 1000, abs=1e-4)


def test_the_size_of_a_box_selects_its_pyramid_level():
    sides = (1, 111, 112, 223, 224, 448, 9999)
    box = np.array([[0, 0, side, side] for side in sides], np.float32)
    assert pyramid_level(box, CONVENTIONS["torchvision"]).tolist() == [0, 0, 1, 1, 2, 3, 3]
    box[:, 2:] -= 1
    assert pyramid_level(box, CONVENTIONS["masktrack_rcnn"]).tolist() == [0, 0, 1, 1, 2, 3, 3]


def pasted(name, box, probability=None):
    probability = np.ones((1, 28, 28), np.float32) if probability is None else probability
    return paste(probability, np.array([box], np.float32), (40, 60), CONVENTIONS[name])[0]


def test_a_full_mask_covers_its_box_in_every_convention():
    def extent(mask):
        rows, columns = np.nonzero(mask)
        return [columns.min(), rows.min(), columns.max(), rows.max()]

    assert extent(pasted("masktrack_rcnn", [10.7, 5.2, 29.9, 24.1])) == [10, 5, 29, 24]
    assert extent(pasted("mmtracking", [10, 5, 30, 25])) == [10, 5, 29, 24]
    assert extent(pasted("torchvision", [10, 5, 30, 25])) == [10, 5, 29, 24]


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_mask_is_clipped_to_the_image_and_empty_outside(name):
    assert pasted(name, [-20, -20, 20, 20])[:19, :19].all()
    assert pasted(name, [-20, -20, 20, 20])[:, 22:].sum() == 0
    assert not pasted(name, [100, 100, 120, 120]).any()


def test_a_probability_of_one_half_is_on_the_object_in_mmtracking_only():
    half = np.full((1, 28, 28), 0.5, np.float32)
    on = {name: bool(pasted(name, [10, 5, 30, 25], half).any()) for name in CONVENTIONS}
    assert on == {"torchvision": False, "masktrack_rcnn": False, "mmtracking": True}
