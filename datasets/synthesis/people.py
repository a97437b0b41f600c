"""Appearance of people and obstacles: silhouettes and colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.synthesis.texture import noise

_CLOTH = 48  # side of the square texture of a figure's clothes, in texels
_STRIDE = 18  # frames of one step cycle
_BREADTH = 0.30  # half the width of a figure's patch, in figure heights


@dataclass(frozen=True)
class Patch:
    """The rendered pixels of one figure.

    Args:
        left: Column of the patch's first pixel in the view; may lie outside.
        top: Row, likewise.
        shape: (height, width) bool, the silhouette.
        colour: (height, width, 3) uint8.
    """

    left: int
    top: int
    shape: np.ndarray
    colour: np.ndarray


@dataclass(frozen=True)
class Looks:
    """The constant appearance of one person.

    Args:
        palette: (4, 3) colours of skin, hair, shirt and trousers in [0, 255].
        cloth: (_CLOTH, _CLOTH) brightness of the texture, in [0, 1).
        girth: Width relative to the average, about 1.
        phase: Offset of the step cycle, in frames.
    """

    palette: np.ndarray
    cloth: np.ndarray
    girth: float
    phase: int


def draw_looks(rng: np.random.Generator) -> Looks:
    """Return the random appearance of a new person."""
    skin = np.array([235.0, 190.0, 150.0]) * (0.45 + 0.55 * rng.random())
    hair = np.array([90.0, 65.0, 45.0]) * (0.3 + 1.5 * rng.random())
    shirt, trousers = 40 + 215 * rng.random(3), 25 + 130 * rng.random(3)
    cloth = noise(rng, _CLOTH, _CLOTH, (12, 4))
    if rng.random() < 0.5:  # stripes instead of noise
        band = int(rng.integers(3, 7))
        cloth = 0.5 * cloth + 0.5 * (np.arange(_CLOTH)[:, None] // band % 2)
    return Looks(
        np.stack([skin, hair, shirt, trousers]),
        cloth,
        0.85 + 0.3 * rng.random(),
        int(rng.integers(_STRIDE)),
    )


def draw_person(looks: Looks, frame: int, x: float, foot: float, height: float) -> Patch:
    """Return the patch of a walking person.

    Args:
        x: Centre of the body, in pixels of the view.
        foot: Row of the soles, in pixels of the view.
        height: Body height, in pixels.
    """
    half = _BREADTH * height * looks.girth
    left, top = int(np.floor(x - half)), int(np.floor(foot - height))
    rows, columns = int(height) + 2, int(2 * half) + 3
    across = ((left + np.arange(columns) + 0.5 - x) / (height * looks.girth))[None, :]
    down = ((top + np.arange(rows) + 0.5 - (foot - height)) / height)[:, None]
    parts = _body(across, down, _swing(frame + looks.phase))
    shade = looks.cloth[
        np.floor((down % 1) * (_CLOTH - 1)).astype(int),
        np.floor((across + 0.5).clip(0, 1) * (_CLOTH - 1)).astype(int),
    ]
    colour = looks.palette[np.maximum(parts, 0)] * (0.55 + 0.45 * shade)[..., None]
    return Patch(left, top, parts >= 0, colour.clip(0, 255).astype(np.uint8))


def _swing(frame: int) -> float:
    """Return the position of the legs in the step cycle, a triangle wave in [-1, 1]."""
    at = frame % _STRIDE / _STRIDE
    return 4 * at - 1 if at < 0.5 else 3 - 4 * at


def _body(across: np.ndarray, down: np.ndarray, swing: float) -> np.ndarray:
    """Return the body part of each pixel: -1 none, 0 skin, 1 hair, 2 shirt, 3 trousers.

    Args:
        across: (1, columns), 0 at the middle of the body, in figure heights.
        down: (rows, 1), 0 at the top of the head, 1 at the soles.
    """
    parts = np.full(np.broadcast_shapes(across.shape, down.shape), -1)
    for side in (-1, 1):
        leg = across - side * (0.055 + 0.13 * swing * (down - 0.52))
        parts[(abs(leg) < 0.055) & (down > 0.5) & (down < 1)] = 3
        arm = across - side * (0.16 + 0.10 * swing * (down - 0.22))
        parts[(abs(arm) < 0.032) & (down > 0.22) & (down < 0.52)] = 2
        parts[(abs(arm) < 0.028) & (down >= 0.52) & (down < 0.57)] = 0
    torso = (across / 0.16) * (across / 0.16) + ((down - 0.37) / 0.21) * ((down - 0.37) / 0.21)
    parts[(torso < 1) | ((abs(across) < 0.11) & (abs(down - 0.38) < 0.16))] = 2
    head = (across / 0.072) * (across / 0.072) + ((down - 0.095) / 0.095) * ((down - 0.095) / 0.095)
    parts[np.broadcast_to(head < 1, parts.shape)] = 0
    parts[(head < 1) & (down < 0.07)] = 1
    return parts


def draw_obstacle(cloth: np.ndarray, tint: np.ndarray, x: float, foot: float) -> Patch:
    """Return the patch of a block that occludes the people behind it.

    Args:
        cloth: (height, width) brightness in [0, 1); its size is that of the block.
        tint: (3,) colour in [0, 255].
        x: Centre, in pixels of the view.
        foot: Lower edge, in pixels of the view.
    """
    height, width = cloth.shape
    frame = np.ones((height, width))
    frame[4:-4, 4:-4] = 0.8  # a lighter rim makes it look like an object
    colour = tint * (frame * (0.6 + 0.4 * cloth))[..., None]
    left, top = int(np.floor(x - width / 2)), int(np.floor(foot)) - height
    return Patch(left, top, np.ones((height, width), bool), colour.clip(0, 255).astype(np.uint8))
