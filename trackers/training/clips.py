"""Short clips of the synthetic training worlds, with the masks of the people in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from datasets.io.files import replacing
from datasets.io.progress import progress
from datasets.synthesis.scene import play
from datasets.synthesis.scripts import SCENARIOS

_HALF = 0.5
_GAP = (8, 49)  # frames left out
_TRAIN = 0  # the split's number in the seed of `datasets/readers/synthetic.py`


@dataclass(frozen=True)
class World:
    """A sequence drawn once and kept.

    Args:
        images: (T, S, S, 3) uint8 RGB, made square.
        owner: (T, S, S) uint8, the identity each pixel shows, 0 for none.
        area: (T, people + 1) int64 pixels of each identity; those too small to label are 0.
    """

    images: np.ndarray
    owner: np.ndarray
    area: np.ndarray


@dataclass(frozen=True)
class Clip:
    """What the model sees at once.

    Args:
        images: (T, S, S, 3) uint8 RGB.
        masks: (T, K, S, S) bool, of K people who are seen in the first frame.
    """

    images: np.ndarray
    masks: np.ndarray


def load_worlds(folder: Path, count: int, size: int, seed: int) -> list[World]:
    """Return `count` worlds of the train split, drawn at the first call and kept in `folder`."""
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
    with np.load(path) as kept:
        return World(**kept)


def _draw_world(number: int, size: int, seed: int) -> dict[str, np.ndarray]:
    names = list(SCENARIOS)
    which = number % len(names)
    draw = np.random.Generator(np.random.PCG64([seed, _TRAIN, which, number // len(names)]))
    images, owners, areas = [], [], []
    script = SCENARIOS[names[which]](draw)
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
    """Yield clips without end: any world, start, pace up to every third frame and direction.

    Half of them begin with somebody who has just come into view or out from behind something.

    Args:
        length: Frames of a clip.
        people: At most so many of those in the first frame are followed.
        gaps: Share of clips that leave out 8 to 48 frames somewhere: who was hidden is back.
        near: Share of clips in which they are one and those who come nearest to him.
    """
    while True:
        world = worlds[draw.integers(len(worlds))]
        drawn = _draw_frames(draw, len(world.images), length, gaps)
        if drawn is None:
            continue
        before, *frames = drawn
        present = world.area[frames[0]] > 0
        present[0] = False
        new = present.copy()
        if 0 <= before < len(world.images):
            new &= world.area[before] == 0
        wanted = new if draw.random() < _HALF else present
        if not wanted.any():
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
    """Return how near each of the people comes to the first of them, in pixels between centres.

    Args:
        owner: (T, S, S) the identity each pixel shows.
        people: (K,) identities. Who is never in view together with the first is infinitely far.
    """
    side = owner.shape[-1]
    row, column = np.divmod(np.arange(side * side), side)
    centres = np.full((len(owner), len(people), 2), np.inf)
    for frame, here in enumerate(owner.reshape(len(owner), -1)):
        area = np.bincount(here, minlength=people.max() + 1)[people]
        for axis, place in enumerate((column, row)):
            total = np.bincount(here, place, people.max() + 1)[people]
            np.divide(total, area, out=centres[frame, :, axis], where=area > 0)
    with np.errstate(invalid="ignore"):
        apart = np.hypot(*(centres - centres[:, :1]).transpose(2, 0, 1))
    nearest = np.where(np.isfinite(apart), apart, np.inf).min(0)
    nearest[0] = -1.0
    return np.asarray(nearest)


def _draw_frames(
    draw: np.random.Generator, count: int, length: int, gaps: float
) -> list[int] | None:
    """Return the number before a clip's first, which may be no frame's, and those of its frames.

    None where there are not so many.
    """
    pace = int(draw.integers(1, 4))
    way = int(draw.choice([-1, 1]))
    later = pace * np.arange(length)
    if gaps and draw.random() < gaps:
        later[draw.integers(1, length) :] += draw.integers(*_GAP)
    reach = int(later[-1])
    if reach >= count:
        return None
    first = int(draw.integers(count - reach)) + (reach if way < 0 else 0)
    return [first - way, *(first + way * later).tolist()]
