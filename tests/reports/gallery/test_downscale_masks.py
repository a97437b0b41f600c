from __future__ import annotations

import numpy as np
import pytest

from datasets.masks.coco_rle import decode, encode
from reports.gallery.downscale_masks import downscale_masks


@pytest.mark.parametrize("size", [(9, 7), (4, 7), (5, 3), (1, 1)])
def test_a_downscaled_mask_has_the_nearest_pixels_of_the_mask(size):
    height, width = size
    masks = np.random.default_rng(0).random((20, 9, 7)) < 0.4
    rows = [int((row + 0.5) * 9 / height) for row in range(height)]
    columns = [int((column + 0.5) * 7 / width) for column in range(width)]
    expected = masks[:, rows][:, :, columns]
    assert (decode(downscale_masks(encode(masks), height, width)) == expected).all()


def test_a_full_mask_stays_full_and_an_empty_one_empty():
    masks = encode(np.stack([np.ones((6, 8), bool), np.zeros((6, 8), bool)]))
    assert downscale_masks(masks, 3, 4).areas.tolist() == [12, 0]


def test_an_empty_set_of_masks_stays_empty():
    assert len(downscale_masks(encode(np.zeros((0, 6, 8), bool)), 3, 4)) == 0
