"""Paint heat maps over images: one map, or ground truth, prediction and difference side by side.

Colours come from lookup tables on uint8 levels, which is fast enough for videos.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

_DIM = 0.55  # brightness of the grey image below a map
_INFERNO_START = 0.25  # start in the inferno colour map, whose lower part is as dark as the image
_MAX_OPACITY = 0.9
_MORE, _LESS = (230, 159, 0), (86, 180, 233)  # Okabe and Ito, for colour-blind readers
_MIDDLE = 128  # level of no difference
_JET_IMAGE, _JET_HEAT = 0.7, 0.5  # of maskout's own overlay
_TEXT_SHARE = 1 / 600  # font scale per pixel of image height
_BORDER = 2


def paint_heat(image: np.ndarray, heat: np.ndarray, top: float) -> np.ndarray:
    """Return a dimmed grey image with a heat map over it, transparent where there is no heat.

    Args:
        image: (height, width, 3) uint8 RGB.
        heat: (height, width), 0 or more.
        top: Heat with the brightest colour.
    """
    level = cv2.convertScaleAbs(heat, alpha=255 / top if top else 0)
    return _mix(image, level, *_heat_tables())


def paint_difference(image: np.ndarray, difference: np.ndarray, top: float) -> np.ndarray:
    """Return a dimmed grey image: orange where the prediction has more heat, blue where less.

    Args:
        image: (height, width, 3) uint8 RGB.
        difference: (height, width), from -top to top.
        top: Absolute difference with the strongest colour.
    """
    scale = (_MIDDLE - 1) / top if top else 0
    return _mix(
        image, cv2.convertScaleAbs(difference, alpha=scale, beta=_MIDDLE), *_difference_tables()
    )


def paint_maskout(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Return an image with a map of `Maskout` over it in JET, where no heat is blue."""
    size = image.shape[1::-1]
    colour = cv2.cvtColor(cv2.applyColorMap(heat, cv2.COLORMAP_JET), cv2.COLOR_BGR2RGB)
    large = cv2.resize(colour, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.addWeighted(image, _JET_IMAGE, large, _JET_HEAT, 0))


def side_by_side(images: dict[str, np.ndarray]) -> np.ndarray:
    """Return images of one height in a row, with names in their corners and lines between them."""
    labelled = [_label(image, name) for name, image in images.items()]
    line = np.full((labelled[0].shape[0], _BORDER, 3), 255, np.uint8)
    parts = [part for image in labelled for part in (line, image)]
    return np.concatenate(parts[1:], axis=1)


@cache
def _heat_tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the tables of `_mix` for heat; opacity is its square root, so that low heat shows."""
    share = np.arange(256) / 255
    steps = np.round(255 * (_INFERNO_START + (1 - _INFERNO_START) * share)).astype(np.uint8)
    colour = cv2.applyColorMap(steps[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    return _tables(colour, np.sqrt(share))


@cache
def _difference_tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the tables of `_mix` for differences, transparent at the middle level."""
    share = (np.arange(256) - _MIDDLE) / (_MIDDLE - 1)
    colour = np.where(share[:, None] > 0, np.array(_MORE), np.array(_LESS))
    return _tables(colour, np.minimum(abs(share), 1))


def _tables(colour: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the added colour, (256, 1, 3), and the kept share of the image, (256, 1), by level."""
    opaque = _MAX_OPACITY * share[:, None]
    added, kept = np.round(colour * opaque), np.round(255 * _DIM * (1 - opaque))
    return added.astype(np.uint8)[:, None], kept.astype(np.uint8)


def _mix(image: np.ndarray, level: np.ndarray, added: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return a dimmed grey image, blended with the table colours of each pixel's level."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    dim = cv2.multiply(grey, cv2.LUT(level, kept), scale=1 / 255)
    light = cv2.LUT(cv2.merge([level, level, level]), added)
    return np.asarray(cv2.add(cv2.cvtColor(dim, cv2.COLOR_GRAY2RGB), light))


def _label(image: np.ndarray, name: str) -> np.ndarray:
    labelled, size = image.copy(), max(0.4, image.shape[0] * _TEXT_SHARE)
    foot = (round(10 * size), round(30 * size))
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        thick = max(1, round(thickness * size))
        cv2.putText(
            labelled, name, foot, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA
        )
    return labelled
