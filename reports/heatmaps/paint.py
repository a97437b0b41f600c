"""Heat painted over a scene: one map, or truth, prediction and their difference side by side.

Everything is done in bytes and by tables: videos have many pixels.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

_DIM = 0.55  # of the scene below a map, in grey, so that its colours do not compete
_COOLEST = 0.25  # of inferno, below which it is as dark as the scene
_MOST_OPAQUE = 0.9
_MORE, _LESS = (230, 159, 0), (86, 180, 233)  # Okabe and Ito: people tell them apart
_MIDDLE = 128  # the level of no difference
_JET_SCENE, _JET_HEAT = 0.7, 0.5  # of maskout's own overlay
_TEXT_SHARE = 1 / 600  # size of the letters, of the image's height
_BORDER = 2


def paint_heat(image: np.ndarray, heat: np.ndarray, top: float) -> np.ndarray:
    """Return a dimmed scene in grey, a map over it: bright where much is, none where nothing is.

    Args:
        image: (height, width, 3) uint8 RGB.
        heat: (height, width), from 0.
        top: What is as bright as can be.
    """
    level = cv2.convertScaleAbs(heat, alpha=255 / top if top else 0)
    return _mix(image, level, *_heat_tables())


def paint_difference(image: np.ndarray, difference: np.ndarray, top: float) -> np.ndarray:
    """Return a dimmed scene in grey: orange where the prediction has more heat, blue where less.

    Args:
        image: (height, width, 3) uint8 RGB.
        difference: (height, width), at most `top` from 0.
        top: What is as bright as can be.
    """
    scale = (_MIDDLE - 1) / top if top else 0
    return _mix(image, cv2.convertScaleAbs(difference, alpha=scale, beta=_MIDDLE), *_two_tables())


def paint_maskout(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Return a scene with a map of `Maskout` over it, in JET: what is cold is blue everywhere."""
    size = image.shape[1::-1]
    colour = cv2.cvtColor(cv2.applyColorMap(heat, cv2.COLORMAP_JET), cv2.COLOR_BGR2RGB)
    large = cv2.resize(colour, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.addWeighted(image, _JET_SCENE, large, _JET_HEAT, 0))


def beside(images: dict[str, np.ndarray]) -> np.ndarray:
    """Return images of one height in a row, each with its name in the corner and a line between."""
    named = [_name(image, name) for name, image in images.items()]
    line = np.full((named[0].shape[0], _BORDER, 3), 255, np.uint8)
    parts = [part for image in named for part in (line, image)]
    return np.concatenate(parts[1:], axis=1)


@cache
def _heat_tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the tables of `_mix` for heat; the root shows little of it too."""
    share = np.arange(256) / 255
    steps = np.round(255 * (_COOLEST + (1 - _COOLEST) * share)).astype(np.uint8)
    colour = cv2.applyColorMap(steps[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    return _tables(colour, np.sqrt(share))


@cache
def _two_tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the tables of `_mix` for differences, none in the middle."""
    share = (np.arange(256) - _MIDDLE) / (_MIDDLE - 1)
    colour = np.where(share[:, None] > 0, np.array(_MORE), np.array(_LESS))
    return _tables(colour, np.minimum(abs(share), 1))


def _tables(colour: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return by level the light that is added, (256, 1, 3), and how much is kept, (256, 1)."""
    opaque = _MOST_OPAQUE * share[:, None]
    added, kept = np.round(colour * opaque), np.round(255 * _DIM * (1 - opaque))
    return added.astype(np.uint8)[:, None], kept.astype(np.uint8)


def _mix(image: np.ndarray, level: np.ndarray, added: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return a dimmed grey scene under what each pixel's level has in the tables."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    dim = cv2.multiply(grey, cv2.LUT(level, kept), scale=1 / 255)
    light = cv2.LUT(cv2.merge([level, level, level]), added)
    return np.asarray(cv2.add(cv2.cvtColor(dim, cv2.COLOR_GRAY2RGB), light))


def _name(image: np.ndarray, name: str) -> np.ndarray:
    marked, size = image.copy(), max(0.4, image.shape[0] * _TEXT_SHARE)
    foot = (round(10 * size), round(30 * size))
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        thick = max(1, round(thickness * size))
        cv2.putText(marked, name, foot, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)
    return marked
