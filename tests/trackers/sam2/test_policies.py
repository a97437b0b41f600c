"""Which masks become memories, and whom a pixel belongs to."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sam2.modeling.sam2_base import SAM2Base

from trackers.engines.numpy_arrays import NumpyArrays
from trackers.sam2.object_outputs import ObjectOutputs
from trackers.sam2.options import DeepStreamMemory
from trackers.sam2.policies import DeepStream, make_write_policy, share_out, undisputed


def seen(boxes, iou=None, presence=None, identity=None):
    """Return what is seen of objects that fill boxes of a grid of 16, in an image of 64 by 32."""
    masks = np.zeros((len(boxes), 16, 16), bool)
    for mask, (left, top, right, bottom) in zip(masks, boxes, strict=True):
        mask[top:bottom, left:right] = True
    count = len(boxes)
    found = {
        "logits": np.where(masks, 1.0, -1.0),
        "iou": np.array([0.9] * count if iou is None else iou, np.float32),
        "presence": np.array([5.0] * count if presence is None else presence, np.float32),
    }
    names = tuple(range(count) if identity is None else identity)
    unprompted = np.zeros(count, bool)
    return ObjectOutputs(NumpyArrays(np.float32), 16, (32, 64), names, found, unprompted)


APART = [(0, 0, 4, 4), (8, 8, 12, 16)]


def test_boxes_are_in_pixels_of_the_image():
    found = seen([*APART, (3, 3, 3, 3)]).boxes
    assert found.tolist() == [[0, 0, 16, 8], [32, 16, 48, 32], [0, 0, 0, 0]]
    assert seen([]).boxes.shape == (0, 4)


def test_sam2_remembers_everything():
    assert make_write_policy("sam2").choose(seen(APART, presence=[-5, -5])).all()


def test_deepstream_leaves_out_what_is_unsure_or_overlaps():
    policy = make_write_policy("ds")
    assert policy.choose(seen(APART, iou=[0.0088, 0.009])).tolist() == [False, True]
    half = [(0, 0, 4, 4), (0, 0, 4, 8)]  # IoU 0.5
    assert policy.choose(seen([*half, (8, 8, 9, 9)])).tolist() == [False, False, True]
    quarter = [(0, 0, 4, 4), (0, 0, 4, 16)]
    assert policy.choose(seen(quarter)).all()


def test_deepstream_remembers_every_so_many_frames():
    policy = DeepStream(DeepStreamMemory(mask_memory_update_interval=3))
    assert [policy.choose(seen(APART)).all() for _ in range(7)] == [True, False, False] * 2 + [True]
    policy.start()
    assert policy.choose(seen(APART)).all()


def test_what_is_not_there_is_not_remembered_as_present():
    policy = make_write_policy("present")
    unsure = seen(APART, iou=[0.0, 0.0], presence=[0.0, 0.1])
    assert policy.choose(unsure).tolist() == [False, True]


def test_samurai_leaves_out_what_is_unsure_absent_or_where_nobody_expects_it():
    policy = make_write_policy("samurai")
    for _ in range(3):
        assert policy.choose(seen(APART)).all()
    assert policy.choose(seen(APART, iou=[0.5, 0.51])).tolist() == [False, True]
    assert policy.choose(seen(APART, presence=[0.0, 0.1])).tolist() == [False, True]
    jumped = [(12, 12, 16, 16), APART[1]]
    assert policy.choose(seen(jumped)).tolist() == [False, True]
    assert policy.choose(seen([(3, 3, 3, 3), APART[1]])).tolist() == [False, True]


def test_samurai_follows_an_object_by_its_name():
    policy = make_write_policy("samurai")
    policy.choose(seen(APART, identity=[7, 3]))
    assert policy.choose(seen(APART[::-1], identity=[3, 7])).all()
    policy.choose(seen([], identity=[]))
    assert policy.choose(seen([APART[1]], identity=[7])).all()  # it begins anew


def test_an_unknown_policy_is_refused():
    with pytest.raises(ValueError, match="memory policy 'all' is unknown"):
        make_write_policy("all")
    with pytest.raises(ValueError, match="overlap policy 'all' is unknown"):
        share_out("all", np.zeros((0, 2, 2), bool), np.zeros((2, 2)), np.zeros(0))


def test_a_pixel_is_of_one_object_unless_it_may_be_of_several():
    logits = np.array([[[3.0, 3, -1]], [[2, 4, 1]], [[-2, -1, -3]]])
    masks, best = logits > 0, logits.argmax(0)
    score = np.array([0.5, 0.9, 0.7])
    assert (share_out("none", masks, best, score) == masks).all()
    shared = share_out("argmax_logit", masks, best, score)
    assert shared.astype(int).tolist() == [[[1, 0, 0]], [[0, 1, 1]], [[0, 0, 0]]]
    shared = share_out("score_priority", masks, best, score)
    assert shared.astype(int).tolist() == [[[0, 0, 0]], [[1, 1, 1]], [[0, 0, 0]]]
    shared = share_out("score_priority", masks, best, np.array([0.9, 0.5, 0.7]))
    assert shared.astype(int).tolist() == [[[1, 1, 0]], [[0, 0, 1]], [[0, 0, 0]]]


@pytest.mark.parametrize("put", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_a_disputed_pixel_is_of_the_object_of_largest_logit_as_in_sam2(put):
    logits = np.random.default_rng(0).normal(0, 8, (5, 16, 16)).astype(np.float32)
    own, _ = undisputed(put(logits), put(np.arange(5)), put(np.zeros(5, bool)))
    official = SAM2Base._apply_non_overlapping_constraints(None, torch.from_numpy(logits)[:, None])
    assert (np.asarray(own) == official[:, 0].numpy()).all()


@pytest.mark.parametrize("put", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_who_is_left_with_less_than_a_third_of_his_mask_is_told(put):
    logits = np.full((4, 10, 10), -3, np.float32)
    logits[0] = 5  # over all
    logits[1, :, :3], logits[2, :, :2] = 6, 1
    logits[1, 0] = 1
    logits[2, :, 9] = 9  # 10 of 30 pixels left
    nobody = put(np.zeros(4, bool))
    _, lost = undisputed(put(logits), put(np.arange(4)), nobody)
    assert np.asarray(lost).tolist() == [False, False, False, False]
    logits[2, 0, 9] = logits[2, 1, 9] = 1  # 8 of 30
    _, lost = undisputed(put(logits), put(np.arange(4)), nobody)
    assert np.asarray(lost).tolist() == [False, False, True, False], "who has no mask loses none"


@pytest.mark.parametrize("put", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_who_is_kept_loses_nothing_and_takes_nothing(put):
    logits = np.stack([np.full((4, 4), each, np.float32) for each in (5, 1, 2)])
    number, kept = put(np.arange(3)), put(np.array([False, True, False]))
    own, lost = undisputed(put(logits), number, kept)
    assert np.asarray(own)[:, 0, 0].tolist() == [5, 1, -10]
    assert np.asarray(lost).tolist() == [False, False, True]
