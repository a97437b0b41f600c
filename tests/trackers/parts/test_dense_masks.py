"""The boxes of dense masks: tight, or without specks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from trackers.parts.dense_masks import (
    MIN_COMPONENT_SHARE,
    object_boxes,
    output_from_masks,
    tight_boxes,
)


def filled(*boxes) -> np.ndarray:
    """Return a mask, (1, 40, 60), of these boxes."""
    mask = np.zeros((1, 40, 60), bool)
    for left, top, right, bottom in boxes:
        mask[0, top:bottom, left:right] = True
    return mask


OBJECT, SPECK, PART = [5, 5, 25, 25], [50, 35, 52, 37], [30, 10, 40, 20]  # 400, 4, 100 pixels


def box_of(mask, *share):
    rows, box = object_boxes(mask, *share)
    assert rows.tolist() == [0]
    return box[0].tolist()


def test_a_speck_does_not_widen_the_box():
    assert tight_boxes(filled(OBJECT, SPECK))[1][0].tolist() == [5, 5, 52, 37]
    assert box_of(filled(OBJECT, SPECK)) == OBJECT


def test_an_object_in_two_parts_has_a_box_around_both():
    assert box_of(filled(OBJECT, PART)) == [5, 5, 40, 25]
    assert box_of(filled(OBJECT, PART, SPECK)) == [5, 5, 40, 25]


@pytest.mark.parametrize(("share", "right"), [(0.25, 40), (0.26, 25), (1, 25)])
def test_a_component_of_exactly_the_share_counts(share, right):
    assert box_of(filled(OBJECT, PART), share) == [5, 5, right, 25]


def test_with_a_share_of_0_boxes_are_tight():
    assert box_of(filled(OBJECT, SPECK, PART), 0) == [5, 5, 52, 37]


def test_of_equal_components_none_is_a_speck():
    assert box_of(filled([0, 0, 1, 1], [59, 39, 60, 40]), 1) == [0, 0, 60, 40]


def test_pixels_that_touch_at_a_corner_are_one_component():
    assert box_of(filled([0, 0, 10, 10], [10, 10, 11, 11]), 1) == [0, 0, 11, 11]


def test_empty_masks_have_no_box():
    rows, box = object_boxes(np.concatenate([filled(), filled(OBJECT, SPECK), filled()]))
    assert (rows.tolist(), box.tolist()) == ([1], [OBJECT])
    rows, box = object_boxes(np.zeros((0, 40, 60), bool))
    assert (rows.shape, box.shape) == ((0,), (0, 4))


def test_the_reported_mask_keeps_its_specks():
    output = output_from_masks(filled(OBJECT, SPECK), np.array([7]), np.array([0.5]), {7: 1})
    assert output.box.tolist() == [OBJECT]
    assert output.mask is not None
    assert output.mask.sum() == 404


def oracle(mask, share):
    """Return the box by labelling components one by one; a component includes its holes."""
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    components = [labels == each + 1 for each in range(count)]
    solid = [ndimage.binary_fill_holes(each) for each in components]
    outer = [
        one
        for one in range(count)
        if not any(other != one and solid[other][components[one]].all() for other in range(count))
    ]
    area = np.array([solid[each].sum() for each in outer])
    kept = [components[each] for each in np.array(outer)[area >= share * area.max()]]
    return tight_boxes(np.any(kept, axis=0)[None])[1][0].tolist()


@pytest.mark.parametrize("share", [0.0, MIN_COMPONENT_SHARE, 0.25, 1.0])
def test_random_masks_have_the_boxes_of_their_large_components(share):
    draw = np.random.default_rng(1)
    for density in np.tile([0.1, 0.3, 0.5], 15):
        mask = draw.random(draw.integers(2, 14, 2)) < density
        mask[0, 0] = True
        assert box_of(mask[None], share) == oracle(mask, share)
