from __future__ import annotations

import numpy as np

from datasets.types import Extent, Tracks
from datasets.zone import Zone
from reports.overlays.drawing import PALETTE, draw_points, outline
from reports.overlays.live import FramePainter

EXTENT = Extent(60, 80, 9, {1: "person"})


def rows(frame, *boxes):
    """Return objects of a frame from (track, left, top, right, bottom)."""
    track = np.array([box[0] for box in boxes], int)
    box = np.array([box[1:] for box in boxes], float)
    ones = np.ones(len(track))
    return Tracks(EXTENT, np.full(len(track), frame), track, ones, ones, box)


def paint(painter, frame, *boxes):
    image = np.full((60, 80, 3), 90, np.uint8)
    painter.paint(image, frame, rows(frame, *boxes))
    return image


def test_colours_follow_the_order_in_which_tracks_appear():
    painter = FramePainter()
    first = paint(painter, 0, (9, 10, 30, 30, 50))
    second = paint(painter, 1, (4, 50, 30, 70, 50), (9, 10, 30, 30, 50))
    assert tuple(first[49, 20]) == tuple(second[49, 20]) == PALETTE[0]
    assert tuple(second[49, 60]) == PALETTE[1]


def test_a_trail_joins_the_latest_frames_and_no_others():
    painter = FramePainter(trail=1)
    for frame, left in ((0, 0), (1, 20)):
        paint(painter, frame, (1, left, 20, left + 10, 40))
    image = paint(painter, 2, (1, 60, 20, 70, 40))
    changed = (image[40:42] != 90).any(axis=(0, 2))
    assert changed[30:60].all()
    assert not changed[:20].any()


def test_the_zone_and_the_note_are_drawn_without_objects():
    painter = FramePainter(Zone.of([20, 10, 20, 20]), note="demo")
    image = paint(painter, 0)
    assert tuple(image[10, 30]) == (255, 255, 255)
    assert tuple(image[-1, 0]) == (255, 190, 0)
    assert (image[30:45, 45:] == 90).all()


def test_points_are_discs_with_a_border_and_outlines_have_no_label():
    image = np.full((60, 80, 3), 90, np.uint8)
    draw_points(image, np.array([[40.0, 30.0]]), (200, 0, 0))
    assert tuple(image[30, 40]) == (200, 0, 0)
    assert (image[30] == 255).all(axis=1).any()
    outline(image, np.array([[0.0, 0.0, 20.0, 20.0]]))
    assert tuple(image[0, 10]) == (255, 255, 255)
    assert (image[5:15, 5:15] == 90).all()
