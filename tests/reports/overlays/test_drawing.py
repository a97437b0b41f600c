from __future__ import annotations

import numpy as np
import pytest

from datasets.masks import coco_rle
from datasets.types import Extent, Tracks
from reports.overlays.drawing import PALETTE, draw, draw_text, draw_trails

HEIGHT, WIDTH = 60, 160


def drawn(*boxes, masks=None, track=None, height=HEIGHT, width=WIDTH, name="dog", level=100):
    """Return a grey image with objects drawn on it."""
    count = len(boxes)
    track = list(range(count)) if track is None else track
    rows = Tracks(
        Extent(height, width, 1, {1: name}),
        np.zeros(count),
        track,
        np.ones(count),
        np.ones(count),
        np.array(boxes, float).reshape(-1, 4),
        None if masks is None else coco_rle.encode(np.array(masks)),
    )
    image = np.full((height, width, 3), level, np.uint8)
    draw(image, rows, {each: each for each in track})
    return image


def disc():
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return (rows - 40) ** 2 + (columns - 30) ** 2 <= 12**2


def test_without_objects_nothing_is_drawn():
    assert (drawn() == 100).all()
    empty = np.zeros((1, HEIGHT, WIDTH), bool)
    touched = np.argwhere((drawn((30, 30, 40, 40), masks=empty) != 100).any(2))
    assert touched.min(axis=0)[1] == 30
    assert touched[:, 0].max() == 39  # the label is above


def test_a_mask_is_half_transparent_with_an_outline():
    mask = disc()
    image = drawn((110, 50, 120, 58), masks=[mask])
    colour = np.array(PALETTE[0])
    assert image[40, 30].tolist() == (100 // 2 + colour // 2).tolist()
    assert image[40, 18].tolist() == image[28, 30].tolist() == colour.tolist()
    away = ~mask
    away[:, 100:] = False  # where the box and its label are
    assert (image[away] == 100).all()


def test_a_mask_on_the_edge_of_the_image_is_outlined_there():
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[30:, :20] = True
    image = drawn((110, 50, 120, 58), masks=[mask])
    assert image[45, 0].tolist() == image[59, 10].tolist() == list(PALETTE[0])


def test_random_masks_are_tinted_pixel_by_pixel():
    draw_of = np.random.default_rng(5)
    mask = draw_of.random((HEIGHT, WIDTH)) < 0.5
    image = drawn((110, 50, 120, 58), masks=[mask])
    mask[:, 100:] = False
    changed = (image != 100).any(2)
    changed[:, 100:] = False
    assert np.array_equal(changed, mask)


def test_a_box_outline_is_two_pixels_wide_in_the_colour_of_its_track():
    image = drawn((30, 30, 50, 50), track=[3])
    line = (image == PALETTE[3]).all(2)
    assert np.flatnonzero(line[40]).tolist() == [30, 31, 48, 49]
    assert np.flatnonzero(line[30:, 40]).tolist() == [0, 1, 18, 19]
    assert drawn((30, 30, 50, 50), track=[3 + len(PALETTE)])[40, 30].tolist() == list(PALETTE[3])


@pytest.mark.parametrize("top", [0, 5, 40, HEIGHT - 2])
@pytest.mark.parametrize("left", [-7, 0, 40, WIDTH - 2])
def test_a_label_stays_in_the_image(top, left):
    image = drawn((left, top, left + 200, top + 100), name="a dog of some kind")
    assert (image == PALETTE[0]).all(2).sum() > 100


def test_a_box_outside_the_image_or_without_area_is_clipped():
    for box in ((500, 500, 600, 600), (-50, -50, -10, -10), (10, 10, 10, 10)):
        assert drawn(box).shape == (HEIGHT, WIDTH, 3)


def test_a_label_shows_track_id_and_class():
    one, other = drawn((5, 30, 60, 50)), drawn((5, 30, 60, 50), name="cat")
    assert (one[:29] != other[:29]).any()
    assert (one[31:] == other[31:]).all()
    assert (one[:29] != drawn((5, 30, 60, 50), track=[len(PALETTE)])[:29]).any()


def trailed(*rows, frames=range(10), track=7):
    """Return a grey image with the trail of boxes (frame, left) whose lower edges are at row 40."""
    frame = [row[0] for row in rows]
    box = [[left, 10, left + 10, 40] for _, left in rows]
    ones = np.ones(len(rows))
    extent = Extent(HEIGHT, WIDTH, 1000, {1: "dog"})
    tracks = Tracks(extent, frame, track * ones, ones, ones, np.array(box, float).reshape(-1, 4))
    image = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    draw_trails(image, tracks, {track: 1}, frames)
    return image


def test_a_trail_joins_lower_edges_and_fades_with_age():
    image = trailed((0, 20), (5, 60), (9, 100))
    assert image[40, 90].tolist() == list(PALETTE[1])
    near, far = (abs(image[40, column].astype(int) - 100).sum() for column in (90, 40))
    assert near > far > 0
    touched = np.argwhere((image != 100).any(2))
    assert touched[:, 0].min() >= 38
    assert touched[:, 0].max() <= 42
    assert abs(touched[:, 1].min() - 25) <= 2
    assert abs(touched[:, 1].max() - 105) <= 2


def test_the_newest_part_of_a_trail_is_above_the_older():
    image = trailed((0, 20), (1, 100), (9, 20))
    assert image[40, 60].tolist() == list(PALETTE[1])


def test_a_single_position_leaves_no_trail():
    assert (trailed((9, 20)) == 100).all()
    assert (trailed() == 100).all()


def test_a_trail_outside_the_image_is_clipped():
    assert (trailed((0, -2e9), (9, -1e9)) == 100).all()
    assert trailed((0, 20), (9, 2e9))[40, 140].tolist() == list(PALETTE[1])


def test_a_text_of_several_lines_becomes_one_line():
    one = draw_text("a b", PALETTE[0], 12)
    assert np.array_equal(draw_text("a\n\tb", PALETTE[0], 12), one)
    assert draw_text("", PALETTE[0], 12).shape[0] == one.shape[0]
