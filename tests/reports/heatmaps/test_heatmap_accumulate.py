from __future__ import annotations

import numpy as np
import pytest

from datasets.masks.coco_rle import encode
from datasets.types import Extent
from reports.heatmaps.accumulate import (
    KERNELS,
    Decay,
    Maskout,
    Objects,
    add_boxes,
    add_feet,
    add_masks,
)

HD = Extent(720, 1280, 10_000, {1: "face"})
SMALL = Extent(72, 100, 1000, {1: "dog"})
HERE, FAR = [300, 200, 340, 240], [900, 500, 940, 540]


def objects(extent, *boxes, rle=None):
    return Objects(np.array(boxes, float).reshape(-1, 4), rle, extent.height, extent.width)


def heated(frame_rate, steps):
    """Return the map of maskout after steps (frame, boxes)."""
    heat = Maskout(frame_rate)
    for frame, *boxes in steps:
        heat.step(frame, objects(HD, *boxes))
    return heat.heat


def near(heat, box):
    """Return the part of a map around a box."""
    return heat[box[1] - 150 : box[3] + 150, box[0] - 150 : box[2] + 150]


def test_a_hit_of_maskout_peaks_at_nine_twenty_pixels_inside_the_corner():
    heat = heated(20, [(0, HERE)])
    assert heat.dtype == np.uint8
    assert heat.shape == (720, 1280)
    assert heat.max() == heat[220, 320] == 9
    rows, columns = np.nonzero(heat)
    assert (rows.min() + rows.max(), columns.min() + columns.max()) == (2 * 220, 2 * 320)
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == 137


def test_twenty_nine_hits_saturate():
    hits = [(frame, HERE) for frame in range(40)]
    assert [heated(20, hits[:n]).max() for n in (27, 28, 29, 40)] == [243, 252, 255, 255]


def test_a_hit_is_gone_after_four_fades_caused_by_hits_elsewhere():
    later = [(41 * fade, FAR) for fade in range(1, 5)]  # at 20 a second, 2.05 s apart
    left = [int(near(heated(20, [(0, HERE), *later[:n]]), HERE).max()) for n in range(5)]
    assert left[0] == 9
    assert left == sorted(left, reverse=True)
    assert left[3] > 0
    assert left[4] == 0


def test_a_saturated_spot_is_gone_after_thirty_four_fades():
    heat, fades = Maskout(10), 0
    heat.heat = np.minimum(60 * heated(10, [(0, HERE)]).astype(int), 255).astype(np.uint8)
    while near(heat.heat, HERE).any():
        fades += 1
        heat.step(21 * fades, objects(HD, FAR))
    assert fades == 34


def test_nothing_fades_without_objects():
    heat = Maskout(20)
    heat.step(0, objects(HD, HERE))
    before = heat.heat.copy()
    for frame in range(1, 1000):
        heat.step(frame, objects(HD))
    assert (heat.heat == before).all()


def test_there_is_no_fade_within_two_seconds():
    at_two, after = heated(20, [(0, HERE), (40, FAR)]), heated(20, [(0, HERE), (41, FAR)])
    assert [near(heat, HERE).max() for heat in (at_two, after)] == [9, 7]


@pytest.mark.parametrize(("frame_rate", "peak"), [(24, 18), (25, 9), (50, 9)])
def test_a_hit_counts_only_over_forty_milliseconds_after_the_last(frame_rate, peak):
    assert heated(frame_rate, [(0, HERE), (1, HERE)]).max() == peak


def test_only_the_first_object_of_a_frame_counts():
    assert (heated(20, [(0, HERE, FAR)]) == heated(20, [(0, HERE)])).all()


def test_maskout_scales_a_video_of_another_size():
    heat = Maskout(20)
    heat.step(0, objects(Extent(360, 640, 10, {1: "face"}), [150, 100, 170, 120]))
    assert (heat.heat == heated(20, [(0, HERE)])).all()


def test_maskout_survives_a_box_far_outside():
    assert not heated(20, [(0, [-2e9, -2e9, 2e9, 2e9])]).any()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("frame_rate", [10, 25, 30000 / 1001])
@pytest.mark.parametrize("step", [1, 7])
def test_heat_halves_after_one_half_life(kernel, frame_rate, step):
    dense = np.zeros((1, 72, 100), bool)
    dense[0, 10:20, 30:40] = True
    heat = Decay((72, 100), frame_rate, 70 / frame_rate, KERNELS[kernel])
    heat.step(100, objects(SMALL, [30, 10, 40, 20], rle=encode(dense)))
    before, nothing = heat.heat.copy(), objects(SMALL, rle=encode(dense[:0]))
    for frame in range(100 + step, 171, step):
        heat.step(frame, nothing)
    assert before.max() > 0.9
    assert heat.heat == pytest.approx(before / 2, rel=1e-5)


def test_negligible_heat_becomes_zero():
    heat = Decay((72, 100), 1, 1, add_feet)
    heat.step(0, objects(SMALL, [30.5, 10, 40.5, 20.5]))
    heat.step(30, objects(SMALL))
    assert heat.heat.max() == 2**-30
    heat.step(60, objects(SMALL))
    assert not heat.heat.any()


def test_heat_of_static_objects_converges():
    heat = Decay((72, 100), 25, 2 / 25, add_boxes)  # half-life of two frames
    for frame in range(200):
        heat.step(frame, objects(SMALL, [30, 10, 40, 20]))
    assert heat.heat.max() == pytest.approx(1 / (1 - 0.5**0.5), rel=1e-5)


def test_a_foot_is_a_gaussian_at_the_middle_of_the_lower_edge():
    heat = np.zeros((72, 100), np.float32)
    add_feet(heat, objects(SMALL, [20.5, 10, 40.5, 20.5]))  # deviation: 72 / 36 = 2 pixels
    assert np.unravel_index(heat.argmax(), heat.shape) == (20, 30)
    assert heat[20, 30] == 1
    assert heat[20, 32] == heat[18, 30] == pytest.approx(np.exp(-0.5))
    assert heat[:14].max() == heat[27:].max() == heat[:, :24].max() == heat[:, 37:].max() == 0


def test_a_box_adds_its_share_of_each_pixel():
    heat = np.zeros((4, 5), np.float32)
    add_boxes(heat, objects(Extent(4, 5, 1, {1: "dog"}), [1, 0, 3.5, 2], [1, 1, 2, 2]))
    assert heat.tolist() == [[0, 1, 1, 0.5, 0], [0, 2, 1, 0.5, 0], [0] * 5, [0] * 5]


def test_a_mask_adds_its_pixels_and_on_a_coarser_map_its_share():
    dense = np.zeros((2, 4, 6), bool)
    dense[0, 1, 2], dense[1, 1, 1:3] = True, True
    rows = objects(Extent(4, 6, 1, {1: "dog"}), *[[0, 0, 6, 4]] * 2, rle=encode(dense))
    large, small = np.zeros((4, 6), np.float32), np.zeros((2, 3), np.float32)
    add_masks(large, rows)
    add_masks(small, rows)
    assert large.tolist() == [[0] * 6, [0, 1, 2, 0, 0, 0], [0] * 6, [0] * 6]
    assert small.tolist() == [[0.25, 0.5, 0], [0, 0, 0]]


def test_only_the_kernel_mask_needs_masks():
    with pytest.raises(ValueError, match="kernel mask: expected tracks with masks, found none"):
        add_masks(np.zeros((72, 100), np.float32), objects(SMALL, [1, 1, 2, 2]))


@pytest.mark.parametrize("add", [add_feet, add_boxes])
def test_only_the_part_inside_the_image_adds_heat(add):
    heat = np.zeros((72, 100), np.float32)
    add(heat, objects(SMALL, [-90, -90, -50, -50], [300, 300, 2e9, 2e9]))
    assert not heat.any()
    add(heat, objects(SMALL, [90, 60, 102, 71]))
    assert heat[70, 96] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("add", [add_feet, add_boxes])
def test_the_order_of_objects_does_not_matter(add):
    boxes = [[10, 10, 30, 40], [20, 5, 55, 60], [50, 30, 90, 71]]
    one, other = np.zeros((2, 72, 100), np.float32)
    add(one, objects(SMALL, *boxes))
    add(other, objects(SMALL, *boxes[::-1]))
    assert one == pytest.approx(other, abs=1e-6)
