"""Memory policies and overlap policies: masks that become memories, pixels that are shared."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sam2.modeling.sam2_base import SAM2Base

from trackers.engines.numpy_arrays import NumpyArrays
from trackers.sam2.object_outputs import ObjectOutputs
from trackers.sam2.options import DeepStreamMemory
from trackers.sam2.policies import (
    DeepStream,
    make_write_policy,
    non_overlapping_logits,
    non_overlapping_masks,
)


def outputs(boxes, iou=None, presence=None, identity=None):
    """Return the outputs for objects that fill boxes of a 16 x 16 grid, in a 64 x 32 image."""
    masks = np.zeros((len(boxes), 16, 16), bool)
    for mask, (left, top, right, bottom) in zip(masks, boxes, strict=True):
        mask[top:bottom, left:right] = True
    count = len(boxes)
    found = {
        "logits": np.where(masks, 1.0, -1.0),
        "iou": np.array([0.9] * count if iou is None else iou, np.float32),
        "presence": np.array([5.0] * count if presence is None else presence, np.float32),
    }
    identities = tuple(range(count) if identity is None else identity)
    unprompted = np.zeros(count, bool)
    return ObjectOutputs(NumpyArrays(np.float32), 16, (32, 64), identities, found, unprompted)


APART = [(0, 0, 4, 4), (8, 8, 12, 16)]


def test_boxes_are_in_image_pixels():
    found = outputs([*APART, (3, 3, 3, 3)]).boxes
    assert found.tolist() == [[0, 0, 16, 8], [32, 16, 48, 32], [0, 0, 0, 0]]
    assert outputs([]).boxes.shape == (0, 4)


def test_sam2_keeps_every_mask():
    assert make_write_policy("sam2").choose(outputs(APART, presence=[-5, -5])).all()


def test_deepstream_discards_unconfident_and_overlapping_objects():
    policy = make_write_policy("ds")
    assert policy.choose(outputs(APART, iou=[0.0088, 0.009])).tolist() == [False, True]
    half = [(0, 0, 4, 4), (0, 0, 4, 8)]  # IoU 0.5
    assert policy.choose(outputs([*half, (8, 8, 9, 9)])).tolist() == [False, False, True]
    quarter = [(0, 0, 4, 4), (0, 0, 4, 16)]
    assert policy.choose(outputs(quarter)).all()


def test_deepstream_keeps_masks_at_its_update_interval():
    policy = DeepStream(DeepStreamMemory(mask_memory_update_interval=3))
    assert [policy.choose(outputs(APART)).all() for _ in range(7)] == [True, False, False] * 2 + [
        True
    ]
    policy.start()
    assert policy.choose(outputs(APART)).all()


def test_present_discards_an_object_that_is_not_visible():
    policy = make_write_policy("present")
    unconfident = outputs(APART, iou=[0.0, 0.0], presence=[0.0, 0.1])
    assert policy.choose(unconfident).tolist() == [False, True]


def test_samurai_discards_objects_that_are_unconfident_absent_or_away_from_their_prediction():
    policy = make_write_policy("samurai")
    for _ in range(3):
        assert policy.choose(outputs(APART)).all()
    assert policy.choose(outputs(APART, iou=[0.5, 0.51])).tolist() == [False, True]
    assert policy.choose(outputs(APART, presence=[0.0, 0.1])).tolist() == [False, True]
    jumped = [(12, 12, 16, 16), APART[1]]
    assert policy.choose(outputs(jumped)).tolist() == [False, True]
    assert policy.choose(outputs([(3, 3, 3, 3), APART[1]])).tolist() == [False, True]


def test_samurai_keeps_motion_by_track_id():
    policy = make_write_policy("samurai")
    policy.choose(outputs(APART, identity=[7, 3]))
    assert policy.choose(outputs(APART[::-1], identity=[3, 7])).all()
    policy.choose(outputs([], identity=[]))
    assert policy.choose(outputs([APART[1]], identity=[7])).all()  # its motion starts again


def test_unknown_policies_are_refused():
    with pytest.raises(ValueError, match=r"memory policy: expected one of .*, found 'all'"):
        make_write_policy("all")
    with pytest.raises(ValueError, match=r"overlap policy: expected one of .*, found 'all'"):
        non_overlapping_masks("all", np.zeros((0, 2, 2), bool), np.zeros((2, 2)), np.zeros(0))


def test_a_pixel_goes_to_one_object_unless_the_policy_is_none():
    logits = np.array([[[3.0, 3, -1]], [[2, 4, 1]], [[-2, -1, -3]]])
    masks, best = logits > 0, logits.argmax(0)
    score = np.array([0.5, 0.9, 0.7])
    assert (non_overlapping_masks("none", masks, best, score) == masks).all()
    shared = non_overlapping_masks("argmax_logit", masks, best, score)
    assert shared.astype(int).tolist() == [[[1, 0, 0]], [[0, 1, 1]], [[0, 0, 0]]]
    shared = non_overlapping_masks("score_priority", masks, best, score)
    assert shared.astype(int).tolist() == [[[0, 0, 0]], [[1, 1, 1]], [[0, 0, 0]]]
    shared = non_overlapping_masks("score_priority", masks, best, np.array([0.9, 0.5, 0.7]))
    assert shared.astype(int).tolist() == [[[1, 1, 0]], [[0, 0, 1]], [[0, 0, 0]]]


@pytest.mark.parametrize("put", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_a_contested_pixel_goes_to_the_object_with_the_largest_logit_as_in_sam2(put):
    logits = np.random.default_rng(0).normal(0, 8, (5, 16, 16)).astype(np.float32)
    own, _ = non_overlapping_logits(put(logits), put(np.arange(5)), put(np.zeros(5, bool)))
    official = SAM2Base._apply_non_overlapping_constraints(None, torch.from_numpy(logits)[:, None])
    assert (np.asarray(own) == official[:, 0].numpy()).all()


@pytest.mark.parametrize("put", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_an_object_left_with_less_than_30_percent_of_its_mask_is_occluded(put):
    logits = np.full((4, 10, 10), -3, np.float32)
    logits[0] = 5  # everywhere
    logits[1, :, :3], logits[2, :, :2] = 6, 1
    logits[1, 0] = 1
    logits[2, :, 9] = 9  # 10 of 30 pixels left
    none = put(np.zeros(4, bool))
    _, occluded = non_overlapping_logits(put(logits), put(np.arange(4)), none)
    assert np.asarray(occluded).tolist() == [False, False, False, False]
    logits[2, 0, 9] = logits[2, 1, 9] = 1  # 8 of 30
    _, occluded = non_overlapping_logits(put(logits), put(np.arange(4)), none)
    occluded = np.asarray(occluded).tolist()
    assert occluded == [False, False, True, False], "an object without a mask loses nothing"


@pytest.mark.parametrize("put", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_a_kept_object_loses_no_pixel_and_takes_none(put):
    logits = np.stack([np.full((4, 4), each, np.float32) for each in (5, 1, 2)])
    number, kept = put(np.arange(3)), put(np.array([False, True, False]))
    own, occluded = non_overlapping_logits(put(logits), number, kept)
    assert np.asarray(own)[:, 0, 0].tolist() == [5, 1, -10]
    assert np.asarray(occluded).tolist() == [False, False, True]
