"""Render a script: frames, and for each person the exact box, mask and visibility."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from datasets.synthesis.people import Looks, Patch, draw_looks, draw_obstacle, draw_person
from datasets.synthesis.scripts import HEIGHT, WIDTH, Script, figure_height, place
from datasets.synthesis.texture import noise

_MARGIN = 24  # maximum offset of the camera, in pixels
_MIN_VISIBILITY = 0.05  # visible share of a figure; below it, annotators would not label it


@dataclass(frozen=True)
class Label:
    """The label of one person in one frame.

    Args:
        identity: Identity, counted from 1.
        box: (4,) of the whole silhouette, including occluded parts, within the image.
        mask: (HEIGHT, WIDTH) bool, the visible part.
        visibility: Visible pixels over pixels of the whole silhouette.
    """

    identity: int
    box: np.ndarray
    mask: np.ndarray
    visibility: float


@dataclass(frozen=True)
class _Stage:
    """What is drawn once per sequence: the backdrop, larger than the view, and all appearances."""

    backdrop: np.ndarray
    looks: tuple[Looks, ...]
    blocks: tuple[tuple[np.ndarray, np.ndarray], ...]
    camera: np.ndarray


def play(rng: np.random.Generator, script: Script) -> Iterator[tuple[np.ndarray, list[Label]]]:
    """Yield each frame's image, (HEIGHT, WIDTH, 3) uint8 RGB, with its labels."""
    stage = _Stage(
        _backdrop(rng),
        tuple(draw_looks(rng) for _ in script.walks),
        tuple(
            (noise(rng, block.height, block.width, (16, 4)), 60 + 150 * rng.random(3))
            for block in script.blocks
        ),
        _camera(rng, script.frame_count),
    )
    for frame in range(script.frame_count):
        across, down = (int(offset) for offset in stage.camera[frame])
        image = stage.backdrop[down : down + HEIGHT, across : across + WIDTH].copy()
        owner = np.zeros((HEIGHT, WIDTH), int)
        figures = _figures(script, stage, frame, across - _MARGIN, down - _MARGIN)
        for identity, _, patch in figures:
            _paint(image, owner, patch, identity)
        yield image, list(_labels(owner, figures))


def _figures(
    script: Script, stage: _Stage, frame: int, across: int, down: int
) -> list[tuple[int, float, Patch]]:
    """Return (identity or 0, foot, patch) of all people and obstacles, farthest first."""
    figures = []
    for block, (cloth, tint) in zip(script.blocks, stage.blocks, strict=True):
        patch = draw_obstacle(cloth, tint, block.x - across, block.foot - down)
        figures.append((0, block.foot, patch))
    for identity, (walk, looks) in enumerate(zip(script.walks, stage.looks, strict=True), start=1):
        at = place(walk, frame)
        if at is not None:
            x, foot = at
            patch = draw_person(looks, frame, x - across, foot - down, figure_height(foot))
            figures.append((identity, foot, patch))
    return sorted(figures, key=lambda each: each[1])


def _paint(image: np.ndarray, owner: np.ndarray, patch: Patch, identity: int) -> None:
    """Paint a patch into the frame's image and owner map, which are both modified."""
    view, part = _clip(patch)
    shape = patch.shape[part]
    image[view][shape] = patch.colour[part][shape]
    owner[view][shape] = identity


def _clip(patch: Patch) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the patch's area in the view, and the corresponding part of the patch."""
    rows, columns = patch.shape.shape
    top, left = max(patch.top, 0), max(patch.left, 0)
    bottom = max(min(patch.top + rows, HEIGHT), top)
    right = max(min(patch.left + columns, WIDTH), left)
    view = slice(top, bottom), slice(left, right)
    return view, (
        slice(top - patch.top, bottom - patch.top),
        slice(left - patch.left, right - patch.left),
    )


def _labels(owner: np.ndarray, figures: list[tuple[int, float, Patch]]) -> Iterator[Label]:
    for identity, _, patch in sorted(figures, key=lambda each: each[0]):
        mask = owner == identity
        visibility = int(mask.sum()) / int(patch.shape.sum())
        if identity and visibility >= _MIN_VISIBILITY:
            (rows, columns), part = _clip(patch)
            down, across = np.nonzero(patch.shape[part])
            left, top = columns.start + across.min(), rows.start + down.min()
            right, bottom = columns.start + across.max() + 1, rows.start + down.max() + 1
            yield Label(identity, np.array([left, top, right, bottom], float), mask, visibility)


def _backdrop(rng: np.random.Generator) -> np.ndarray:
    """Return a wall above a floor with colour noise, larger than the view by the margin."""
    height, width = HEIGHT + 2 * _MARGIN, WIDTH + 2 * _MARGIN
    wall = 120 + 70 * rng.random() + 45 * (rng.random(3) - 0.5)
    floor = 90 + 70 * rng.random() + 45 * (rng.random(3) - 0.5)
    upper = (np.arange(height) < 130)[:, None, None]
    grain = np.stack([noise(rng, height, width, (48, 16, 6)) for _ in range(3)], axis=2)
    grey = noise(rng, height, width, (64, 24, 8, 4))[..., None]
    colour = np.where(upper, wall, floor) * (0.45 + 0.75 * grey) + 50 * (grain - 0.5)
    return colour.clip(0, 255).astype(np.uint8)


def _camera(rng: np.random.Generator, frame_count: int) -> np.ndarray:
    """Return the view's offset in the backdrop, (frame_count, 2) integers: pan and shake."""
    knots = 2 * _MARGIN * rng.random((frame_count // 40 + 2, 2))
    step = np.arange(frame_count)
    share = (step % 40 / 40)[:, None]
    eased = share * share * (3 - 2 * share)
    pan = knots[step // 40] * (1 - eased) + knots[step // 40 + 1] * eased
    shake = 1.6 * (rng.random((frame_count, 2)) - 0.5)
    return np.floor(pan + shake + 0.5).clip(0, 2 * _MARGIN).astype(int)
