"""Maps of where objects were, frame after frame: `Decay`, and `Maskout` after its namesake.

Source of `Maskout`: the observed behaviour of imneonizer/maskout, its oddities included; the
constants are its own, the time is that of the video and not of a clock on the wall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import cv2
import numpy as np

from datasets.masks.coco_rle import decode
from datasets.masks.mask_set import Masks
from datasets.types import Tracks

MAP_SIZE = (720, 1280)  # of maskout, whatever the size of the video: its frames are scaled to it
_HIT_EVERY_S, _FADE_EVERY_S = 0.04, 2.0
_RADIUS, _VALUE, _SPREAD = 20, 75, 105  # of a hit: pixels, of 255, pixels of the box blur
_FADE_BY, _FADE_SPREAD = 2, 55
_FAR = 10_000  # pixels: far outside the map, and still a number that can be drawn
_FOOT_SHARE = 1 / 36  # of the image's height: maskout's 20 pixels of 720
_REACH = 3  # standard deviations at which the bell of a foot ends
_MASKS_AT_ONCE, _BOXES_AT_ONCE = 16, 1024
_COLD = 1e-12  # nothing, before a float32 becomes a slow number


@dataclass(frozen=True)
class Objects:
    """What is in a frame, or in all of them.

    Args:
        box: (N, 4) float64, left, top, right, bottom in pixels.
        rle: Their masks, where they have some.
        height: Of the image, in pixels.
        width: Of the image, in pixels.
    """

    box: np.ndarray
    rle: Masks | None
    height: int
    width: int

    @classmethod
    def of(cls, tracks: Tracks) -> Objects:
        """Return all rows."""
        return cls(tracks.box, tracks.rle, tracks.extent.height, tracks.extent.width)

    def __len__(self) -> int:
        return len(self.box)

    def part(self, begin: int, end: int) -> Objects:
        """Return rows `begin` to before `end`."""
        rle = None if self.rle is None else self.rle.take(np.arange(begin, end))
        return Objects(self.box[begin:end], rle, self.height, self.width)


Add = Callable[[np.ndarray, Objects], None]


class Heat(Protocol):
    """A map that takes frames in order.

    Attributes:
        heat: (height, width), the map after the last frame; its sides need not be the image's.
    """

    heat: np.ndarray

    def step(self, frame: int, objects: Objects) -> None:
        """Take the objects of a frame, which comes after all before; frames may be left out."""


class Maskout:
    """At most one object each 40 ms heats; an object that heats is what makes the map fade.

    A hit is a disk at the box's upper left corner, blurred, added to a map of 0 .. 255. Before a
    hit the map fades if it did not for two seconds. Without objects nothing fades.
    """

    def __init__(self, frame_rate: float) -> None:
        self.heat: np.ndarray = np.zeros(MAP_SIZE, np.uint8)
        self._rate, self._hit, self._faded = frame_rate, -float("inf"), 0.0

    def step(self, frame: int, objects: Objects) -> None:
        if not len(objects) or not (frame - self._hit) / self._rate > _HIT_EVERY_S:
            return
        if (frame - self._faded) / self._rate > _FADE_EVERY_S:
            fainter = np.maximum(self.heat, _FADE_BY) - np.uint8(_FADE_BY)
            self.heat, self._faded = cv2.blur(fainter, (_FADE_SPREAD, _FADE_SPREAD)), frame
        corner = np.clip(np.trunc(objects.box[0, :2] * _scale(self.heat, objects)), -_FAR, _FAR)
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

    def step(self, frame: int, objects: Objects) -> None:
        self.heat *= np.float32(0.5 ** ((frame - self._last) / self._half_life))
        cv2.threshold(self.heat, _COLD, 0, cv2.THRESH_TOZERO, dst=self.heat)
        self._add(self.heat, objects)
        self._last = frame


def by_frame(tracks: Tracks, frame_count: int) -> Iterator[Objects]:
    """Yield what is in each of the first frames, in order; none in a frame without objects."""
    everything = Objects.of(tracks)
    edges = np.searchsorted(tracks.frame, np.arange(frame_count + 1))
    for begin, end in pairwise(edges.tolist()):
        yield everything.part(begin, end)


def add_feet(heat: np.ndarray, objects: Objects) -> None:
    """Add to a map a bell at the middle of each box's lower edge, 1 high.

    Its standard deviation is 1 / 36 of the image's height; it ends after three of them.
    """
    deviation = _FOOT_SHARE * objects.height * _scale(heat, objects)
    for box in _blocks(heat, objects):
        rises = _bells(box[:, 3], deviation[1], heat.shape[0])
        heat += rises.T @ _bells((box[:, 0] + box[:, 2]) / 2, deviation[0], heat.shape[1])


def add_boxes(heat: np.ndarray, objects: Objects) -> None:
    """Add to each pixel of a map the share of it that each box covers."""
    for box in _blocks(heat, objects):
        rises = _covers(box[:, 1], box[:, 3], heat.shape[0])
        heat += rises.T @ _covers(box[:, 0], box[:, 2], heat.shape[1])


def add_masks(heat: np.ndarray, objects: Objects) -> None:
    """Add to each pixel of a map the share of it that each mask covers.

    Raises:
        ValueError: The objects have no masks.
    """
    if objects.rle is None:
        raise ValueError("kernel mask: the tracks have no masks: choose foot or box")
    for begin in range(0, len(objects), _MASKS_AT_ONCE):
        some = np.arange(begin, min(begin + _MASKS_AT_ONCE, len(objects)))
        total = decode(objects.rle.take(some)).sum(axis=0, dtype=np.float32)
        heat += cv2.resize(total, heat.shape[::-1], interpolation=cv2.INTER_AREA)


KERNELS: Mapping[str, Add] = {"foot": add_feet, "box": add_boxes, "mask": add_masks}


def _scale(heat: np.ndarray, objects: Objects) -> np.ndarray:
    """Return pixels of the map in a pixel of the image, across and down."""
    return np.array([heat.shape[1] / objects.width, heat.shape[0] / objects.height])


def _blocks(heat: np.ndarray, objects: Objects) -> Iterator[np.ndarray]:
    """Yield the boxes in pixels of the map, some at a time: that bounds memory."""
    scaled = objects.box * np.tile(_scale(heat, objects), 2)
    for begin in range(0, len(scaled), _BOXES_AT_ONCE):
        yield scaled[begin : begin + _BOXES_AT_ONCE]


def _spot(left: int, top: int) -> np.ndarray:
    disk = np.zeros(MAP_SIZE, np.uint8)
    cv2.circle(disk, (left + _RADIUS, top + _RADIUS), _RADIUS, _VALUE, cv2.FILLED)
    return cv2.blur(disk, (_SPREAD, _SPREAD))


def _bells(centre: np.ndarray, deviation: float, size: int) -> np.ndarray:
    """Return the heights of bells in each pixel of an axis, (N, size) float32."""
    away = (np.arange(size) + 0.5 - centre[:, None]) / deviation
    return np.where(abs(away) <= _REACH, np.exp(away**2 / -2), 0).astype(np.float32)


def _covers(low: np.ndarray, high: np.ndarray, size: int) -> np.ndarray:
    """Return the share of each pixel of an axis that intervals cover, (N, size) float32."""
    edge = np.arange(size)
    covered = np.minimum(edge + 1, high[:, None]) - np.maximum(edge, low[:, None])
    return np.maximum(covered, 0).astype(np.float32)
