"""Accumulate heat maps of object positions frame by frame: `Decay`, and `Maskout`.

Source of `Maskout`: the observed behaviour of imneonizer/maskout, including its oddities. Its
constants are kept, but time is video time instead of wall-clock time.
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

MAP_SIZE = (720, 1280)  # of maskout, for any video size: frames are scaled to it
_HIT_EVERY_S, _FADE_EVERY_S = 0.04, 2.0
_RADIUS, _VALUE, _SPREAD = 20, 75, 105  # of a hit: pixels, level of 255, box blur in pixels
_FADE_BY, _FADE_SPREAD = 2, 55
_FAR = 10_000  # pixels: far outside the map, but small enough for OpenCV
_FOOT_SHARE = 1 / 36  # of the image's height: maskout's 20 pixels of 720
_REACH = 3  # standard deviations at which the Gaussian is cut off
_MASKS_AT_ONCE, _BOXES_AT_ONCE = 16, 1024
_COLD = 1e-12  # set to 0 below it, before float32 values become subnormal and slow


@dataclass(frozen=True)
class Objects:
    """The objects of one frame, or of all frames.

    Args:
        box: (N, 4) float64, left, top, right, bottom in pixels.
        rle: Masks of the objects; None if they have none.
        height: Height of the image, in pixels.
        width: Width of the image, in pixels.
    """

    box: np.ndarray
    rle: Masks | None
    height: int
    width: int

    @classmethod
    def of(cls, tracks: Tracks) -> Objects:
        """Return all rows of tracks."""
        return cls(tracks.box, tracks.rle, tracks.extent.height, tracks.extent.width)

    def __len__(self) -> int:
        return len(self.box)

    def part(self, begin: int, end: int) -> Objects:
        """Return rows `begin` (inclusive) to `end` (exclusive)."""
        rle = None if self.rle is None else self.rle.take(np.arange(begin, end))
        return Objects(self.box[begin:end], rle, self.height, self.width)


Add = Callable[[np.ndarray, Objects], None]


class Heat(Protocol):
    """A heat map that is updated frame by frame.

    Attributes:
        heat: (height, width), map after the last frame; its size may differ from the image's.
    """

    heat: np.ndarray

    def step(self, frame: int, objects: Objects) -> None:
        """Update the map with the objects of a frame; frames come in order, and may be skipped."""


class Maskout:
    """The heat map of maskout: at most one object per 40 ms adds a hit, and hits trigger fading.

    A hit is a blurred disk at the box's upper left corner, added to a map of 0 to 255. The map
    fades before a hit if the last fading is over two seconds ago, and never without objects.
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
    """A heat map with exponential decay, to which every object of every frame adds a kernel.

    Args:
        shape: (height, width) of the map.
        frame_rate: Frames per second.
        half_life_s: Half-life in seconds of video.
        add: Function that adds the objects, one of KERNELS.
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
    """Yield the objects of each of the first `frame_count` frames, in order."""
    everything = Objects.of(tracks)
    edges = np.searchsorted(tracks.frame, np.arange(frame_count + 1))
    for begin, end in pairwise(edges.tolist()):
        yield everything.part(begin, end)


def add_feet(heat: np.ndarray, objects: Objects) -> None:
    """Add a Gaussian of height 1 at the middle of each box's lower edge to a map, in place.

    Its standard deviation is 1 / 36 of the image's height; it is cut off at three of them.
    """
    deviation = _FOOT_SHARE * objects.height * _scale(heat, objects)
    for box in _blocks(heat, objects):
        vertical = _gaussians(box[:, 3], deviation[1], heat.shape[0])
        heat += vertical.T @ _gaussians((box[:, 0] + box[:, 2]) / 2, deviation[0], heat.shape[1])


def add_boxes(heat: np.ndarray, objects: Objects) -> None:
    """Add the share of each pixel that each box covers to a map, in place."""
    for box in _blocks(heat, objects):
        vertical = _coverage(box[:, 1], box[:, 3], heat.shape[0])
        heat += vertical.T @ _coverage(box[:, 0], box[:, 2], heat.shape[1])


def add_masks(heat: np.ndarray, objects: Objects) -> None:
    """Add the share of each pixel that each mask covers to a map, in place.

    Raises:
        ValueError: The objects have no masks.
    """
    if objects.rle is None:
        raise ValueError("kernel mask: expected tracks with masks, found none: use foot or box")
    for begin in range(0, len(objects), _MASKS_AT_ONCE):
        some = np.arange(begin, min(begin + _MASKS_AT_ONCE, len(objects)))
        total = decode(objects.rle.take(some)).sum(axis=0, dtype=np.float32)
        heat += cv2.resize(total, heat.shape[::-1], interpolation=cv2.INTER_AREA)


KERNELS: Mapping[str, Add] = {"foot": add_feet, "box": add_boxes, "mask": add_masks}


def _scale(heat: np.ndarray, objects: Objects) -> np.ndarray:
    """Return map pixels per image pixel, horizontally and vertically."""
    return np.array([heat.shape[1] / objects.width, heat.shape[0] / objects.height])


def _blocks(heat: np.ndarray, objects: Objects) -> Iterator[np.ndarray]:
    """Yield the boxes in map pixels, in blocks that bound memory."""
    scaled = objects.box * np.tile(_scale(heat, objects), 2)
    for begin in range(0, len(scaled), _BOXES_AT_ONCE):
        yield scaled[begin : begin + _BOXES_AT_ONCE]


def _spot(left: int, top: int) -> np.ndarray:
    disk = np.zeros(MAP_SIZE, np.uint8)
    cv2.circle(disk, (left + _RADIUS, top + _RADIUS), _RADIUS, _VALUE, cv2.FILLED)
    return cv2.blur(disk, (_SPREAD, _SPREAD))


def _gaussians(centre: np.ndarray, deviation: float, size: int) -> np.ndarray:
    """Return the value of a Gaussian at each pixel of an axis, (N, size) float32."""
    away = (np.arange(size) + 0.5 - centre[:, None]) / deviation
    return np.where(abs(away) <= _REACH, np.exp(away**2 / -2), 0).astype(np.float32)


def _coverage(low: np.ndarray, high: np.ndarray, size: int) -> np.ndarray:
    """Return the share of each pixel of an axis that each interval covers, (N, size) float32."""
    edge = np.arange(size)
    covered = np.minimum(edge + 1, high[:, None]) - np.maximum(edge, low[:, None])
    return np.maximum(covered, 0).astype(np.float32)
