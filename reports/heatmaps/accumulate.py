"""Maps of where objects were, frame after frame: `Decay`, and `Maskout` after its namesake.

Source of `Maskout`: the observed behaviour of imneonizer/maskout, its oddities included; the
constants are its own, the time is that of the video and not of a clock on the wall.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Protocol

import cv2
import numpy as np

from datasets.rle import decode
from datasets.types import Tracks

Add = Callable[[np.ndarray, Tracks], None]
MAP_SIZE = (720, 1280)  # of maskout, whatever the size of the video: its frames are scaled to it
_HIT_EVERY_S, _FADE_EVERY_S = 0.04, 2.0
_RADIUS, _VALUE, _SPREAD = 20, 75, 105  # of a hit: pixels, of 255, pixels of the box blur
_FADE_BY, _FADE_SPREAD = 2, 55
_FAR = 10_000  # pixels: far outside the map, and still a number that can be drawn
_FOOT_SHARE = 1 / 36  # of the image's height: maskout's 20 pixels of 720
_REACH = 3  # standard deviations at which the bell of a foot ends
_DECODED_AT_ONCE = 16  # masks: that bounds memory
_COLD = 1e-12  # nothing, before a float32 becomes a slow number


class Heat(Protocol):
    """A map that takes frames in order.

    Attributes:
        heat: (height, width), the map after the last frame; its sides need not be the image's.
    """

    heat: np.ndarray

    def step(self, frame: int, rows: Tracks) -> None:
        """Take the objects of a frame, which comes after all before; frames may be left out."""


class Maskout:
    """At most one object each 40 ms heats; an object that heats is what makes the map fade.

    A hit is a disk at the box's upper left corner, blurred, added to a map of 0 .. 255. Before a
    hit the map fades if it did not for two seconds. Without objects nothing fades.
    """

    def __init__(self, frame_rate: float) -> None:
        self.heat: np.ndarray = np.zeros(MAP_SIZE, np.uint8)
        self._rate, self._hit, self._faded = frame_rate, -float("inf"), 0.0

    def step(self, frame: int, rows: Tracks) -> None:
        if not len(rows) or not (frame - self._hit) / self._rate > _HIT_EVERY_S:
            return
        if (frame - self._faded) / self._rate > _FADE_EVERY_S:
            fainter = np.maximum(self.heat, _FADE_BY) - np.uint8(_FADE_BY)
            self.heat, self._faded = cv2.blur(fainter, (_FADE_SPREAD, _FADE_SPREAD)), frame
        corner = np.clip(np.trunc(_scaled(self.heat, rows)[0, :2]), -_FAR, _FAR)
        left, top = corner.astype(int).tolist()
        self.heat, self._hit = cv2.add(self.heat, _spot(left, top)), frame


class Decay:
    """Every object of every frame adds a kernel; the map is halved by each half-life.

    Args:
        shape: (height, width) of the map.
        frame_rate: In frames per second.
        half_life_s: In seconds of video.
        add: One of KERNELS.
    """

    def __init__(self, shape: tuple[int, int], frame_rate: float, half_life_s: float, add: Add):
        self.heat: np.ndarray = np.zeros(shape, np.float32)
        self._half_life, self._add, self._last = half_life_s * frame_rate, add, 0

    def step(self, frame: int, rows: Tracks) -> None:
        self.heat *= np.float32(0.5 ** ((frame - self._last) / self._half_life))
        cv2.threshold(self.heat, _COLD, 0, cv2.THRESH_TOZERO, dst=self.heat)
        self._add(self.heat, rows)
        self._last = frame


def by_frame(tracks: Tracks, frame_count: int) -> Iterator[Tracks]:
    """Yield the rows of each of the first frames, in order; none of a frame without objects."""
    edges = np.searchsorted(tracks.frame, np.arange(frame_count + 1))
    for begin, end in pairwise(edges.tolist()):
        yield tracks.take(np.arange(begin, end))


def add_feet(heat: np.ndarray, rows: Tracks) -> None:
    """Add to a map a bell at the middle of each box's lower edge, 1 high.

    Its standard deviation is 1 / 36 of the image's height; it ends after three of them.
    """
    down, across = np.array(heat.shape) / [rows.extent.height, rows.extent.width]
    deviation = _FOOT_SHARE * rows.extent.height
    for left, _, right, bottom in _scaled(heat, rows).tolist():
        y, rises = _bell(bottom, deviation * down, heat.shape[0])
        x, widens = _bell((left + right) / 2, deviation * across, heat.shape[1])
        heat[y : y + len(rises), x : x + len(widens)] += np.outer(rises, widens)


def add_boxes(heat: np.ndarray, rows: Tracks) -> None:
    """Add to each pixel of a map the share of it that each box covers."""
    for left, top, right, bottom in _scaled(heat, rows).tolist():
        y, rises = _cover(top, bottom, heat.shape[0])
        x, widens = _cover(left, right, heat.shape[1])
        heat[y : y + len(rises), x : x + len(widens)] += np.outer(rises, widens)


def add_masks(heat: np.ndarray, rows: Tracks) -> None:
    """Add to each pixel of a map the share of it that each mask covers.

    Raises:
        ValueError: The objects have no masks.
    """
    if rows.rle is None:
        raise ValueError("kernel mask: the tracks have no masks: choose foot or box")
    for begin in range(0, len(rows), _DECODED_AT_ONCE):
        some = np.arange(begin, min(begin + _DECODED_AT_ONCE, len(rows)))
        total = decode(rows.rle.take(some)).sum(axis=0, dtype=np.float32)
        heat += cv2.resize(total, heat.shape[::-1], interpolation=cv2.INTER_AREA)


KERNELS: Mapping[str, Add] = {"foot": add_feet, "box": add_boxes, "mask": add_masks}


def _scaled(heat: np.ndarray, rows: Tracks) -> np.ndarray:
    """Return the boxes in pixels of the map, (N, 4)."""
    across, down = heat.shape[1] / rows.extent.width, heat.shape[0] / rows.extent.height
    return rows.box * [across, down, across, down]


def _spot(left: int, top: int) -> np.ndarray:
    disk = np.zeros(MAP_SIZE, np.uint8)
    cv2.circle(disk, (left + _RADIUS, top + _RADIUS), _RADIUS, _VALUE, cv2.FILLED)
    return cv2.blur(disk, (_SPREAD, _SPREAD))


def _bell(centre: float, deviation: float, size: int) -> tuple[int, np.ndarray]:
    """Return where a bell begins on an axis of so many pixels, and its height in each."""
    places = _between(centre - _REACH * deviation, centre + _REACH * deviation, size)
    return places.start, np.exp(-(((np.array(places) + 0.5 - centre) / deviation) ** 2) / 2)


def _cover(low: float, high: float, size: int) -> tuple[int, np.ndarray]:
    """Return where an interval begins on an axis, and the share of each pixel it covers."""
    places = _between(low, high, size)
    edge = np.array(places)
    return places.start, np.minimum(edge + 1, high) - np.maximum(edge, low)


def _between(low: float, high: float, size: int) -> range:
    """Return the pixels of an axis that an interval touches."""
    return range(max(0, math.floor(low)), min(size, math.ceil(high)))
