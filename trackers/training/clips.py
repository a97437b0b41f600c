"""Short clips of synthetic training sequences, with the masks of the people in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from datasets.io.files import replacing
from datasets.io.progress import progress
from datasets.synthesis.rendering import play
from datasets.synthesis.scripts import SCENARIOS

_HALF = 0.5
_GAP = (8, 49)  # number of frames left out, upper end exclusive
_TRAIN = 0  # number of the split in the seed of `datasets/readers/synthetic.py`


@dataclass(frozen=True)
class World:
    """A synthetic training sequence, drawn once and cached.

    Args:
        images: (T, S, S, 3) uint8 RGB, resized to a square.
        owner: (T, S, S) uint8, the identity each pixel shows, 0 for the background.
        area: (T, people + 1) int64, area of each identity in pixels; 0 if it is too small to label.
    """

    images: np.ndarray
    owner: np.ndarray
    area: np.ndarray


@dataclass(frozen=True)
class Clip:
    """Consecutive frames for one training example.

    Args:
        images: (T, S, S, 3) uint8 RGB.
        masks: (T, K, S, S) bool, of K people who are visible in the first frame.
    """

    images: np.ndarray
    masks: np.ndarray


def load_worlds(folder: Path, count: int, size: int, seed: int) -> list[World]:
    """Return `count` worlds of the train split, drawn by the first call and cached in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _load_world(folder, number, size, seed)
        for number in progress(range(count), "worlds", "world")
    ]


def _load_world(folder: Path, number: int, size: int, seed: int) -> World:
    path = folder / f"{seed}-{size}-{number:03d}.npz"
    if not path.is_file():
        with replacing(path) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, **_draw_world(number, size, seed))
    with np.load(path) as arrays:
        return World(**arrays)


def _draw_world(number: int, size: int, seed: int) -> dict[str, np.ndarray]:
    names = list(SCENARIOS)
    scenario = number % len(names)
    draw = np.random.Generator(np.random.PCG64([seed, _TRAIN, scenario, number // len(names)]))
    images, owners, areas = [], [], []
    script = SCENARIOS[names[scenario]](draw)
    for image, labels in play(draw, script):
        owner = np.zeros(image.shape[:2], np.uint8)
        for label in labels:
            owner[label.mask] = label.identity
        images.append(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA))
        owners.append(cv2.resize(owner, (size, size), interpolation=cv2.INTER_NEAREST_EXACT))
        areas.append(np.bincount(owners[-1].ravel(), minlength=len(script.walks) + 1))
    return {"images": np.array(images), "owner": np.array(owners), "area": np.array(areas)}


def draw_clips(
    draw: np.random.Generator,
    worlds: list[World],
    length: int,
    people: int,
    gaps: float = 0.0,
    near: float = 0.0,
) -> Iterator[Clip]:
    """Yield random clips forever, of any world, start, direction and frame step from 1 to 3.

    Half of the clips start when somebody appears, at the edge of the image or after an occlusion.

    Args:
        draw: Source of random numbers.
        worlds: The training sequences.
        length: Number of frames of a clip.
        people: Maximum number of people, of those in the first frame, whose masks are included.
        gaps: Share of clips that leave out 8 to 48 frames, so that occluded people reappear.
        near: Share of clips that include one person and the people who come nearest to that person.
    """
    while True:
        world = worlds[draw.integers(len(worlds))]
        drawn = _draw_frames(draw, len(world.images), length, gaps)
        if drawn is None:
            continue
        previous, *frames = drawn
        present = world.area[frames[0]] > 0
        present[0] = False
        new = present.copy()
        if 0 <= previous < len(world.images):
            new &= world.area[previous] == 0
        required = new if draw.random() < _HALF else present
        if not required.any():
            continue
        order = np.nonzero(present)[0]
        order = order[np.argsort(draw.random(len(order)) - 10 * new[order])]
        if near and draw.random() < near:
            order = order[np.argsort(_distances(world.owner[frames], order), kind="stable")]
        order = order[:people]
        clip = world.images[frames], world.owner[frames]
        if draw.random() < _HALF:
            clip = clip[0][:, :, ::-1], clip[1][:, :, ::-1]
        yield Clip(np.ascontiguousarray(clip[0]), clip[1][:, None] == order[:, None, None])


def _distances(owner: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return the minimum distance of each person from the first one, in pixels between centres.

    Args:
        owner: (T, S, S), the identity each pixel shows.
        people: (K,), identities. The distance of a person who is never visible together with the
            first one is infinite; that of the first one is -1.
    """
    side = owner.shape[-1]
    row, column = np.divmod(np.arange(side * side), side)
    centres = np.full((len(owner), len(people), 2), np.inf)
    for frame, pixels in enumerate(owner.reshape(len(owner), -1)):
        area = np.bincount(pixels, minlength=people.max() + 1)[people]
        for axis, coordinate in enumerate((column, row)):
            total = np.bincount(pixels, coordinate, people.max() + 1)[people]
            np.divide(total, area, out=centres[frame, :, axis], where=area > 0)
    with np.errstate(invalid="ignore"):
        distance = np.hypot(*(centres - centres[:, :1]).transpose(2, 0, 1))
    nearest = np.where(np.isfinite(distance), distance, np.inf).min(0)
    nearest[0] = -1.0
    return np.asarray(nearest)


def _draw_frames(
    draw: np.random.Generator, count: int, length: int, gaps: float
) -> list[int] | None:
    """Return the frame before a clip, which may be outside the sequence, and the clip's frames.

    None if the sequence of `count` frames is too short.
    """
    step = int(draw.integers(1, 4))
    direction = int(draw.choice([-1, 1]))
    offsets = step * np.arange(length)
    if gaps and draw.random() < gaps:
        offsets[draw.integers(1, length) :] += draw.integers(*_GAP)
    span = int(offsets[-1])
    if span >= count:
        return None
    first = int(draw.integers(count - span)) + (span if direction < 0 else 0)
    return [first - direction, *(first + direction * offsets).tolist()]
