"""Who walks where: one script a scenario, each of its own difficulty.

Positions are those of the feet in the view of a camera at rest, in pixels: (0, 0) is the top left
corner. A smaller row is farther away, so the figure is smaller and others hide it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

HEIGHT, WIDTH = 288, 384
_FAR, _NEAR = 120.0, 284.0  # rows of the feet farthest from and nearest to the camera
_OUTSIDE = 45.0  # a figure whose feet are so far beside the view is not seen


@dataclass(frozen=True)
class Walk:
    """One person's way.

    Args:
        at: (N,) frames of the way points, rising. Before the first and after the last the person
            is not there.
        x: (N,) columns.
        foot: (N,) rows.
    """

    at: np.ndarray
    x: np.ndarray
    foot: np.ndarray


@dataclass(frozen=True)
class Block:
    """An obstacle: centre column, row of its foot, and size in pixels."""

    x: float
    foot: float
    height: int
    width: int


@dataclass(frozen=True)
class Script:
    """Everything that happens in a sequence."""

    frame_count: int
    walks: tuple[Walk, ...]
    blocks: tuple[Block, ...] = ()


def figure_height(foot: float) -> float:
    """Return the height of a person, in pixels, by where the feet are."""
    return 46 + 58 * (foot - _FAR) / (_NEAR - _FAR)


def place(walk: Walk, frame: int) -> tuple[float, float] | None:
    """Return (x, foot) at a frame, None where the person is not there."""
    if not walk.at[0] <= frame <= walk.at[-1]:
        return None
    leg = int(np.clip(np.searchsorted(walk.at, frame, side="right") - 1, 0, len(walk.at) - 2))
    share = (frame - walk.at[leg]) / (walk.at[leg + 1] - walk.at[leg])
    x = walk.x[leg] + share * (walk.x[leg + 1] - walk.x[leg])
    foot = walk.foot[leg] + share * (walk.foot[leg + 1] - walk.foot[leg])
    return float(x), float(foot)


def crossing(draw: np.random.Generator) -> Script:
    """Return people who cross the view both ways and pass before each other."""
    frame_count, walks = 100, []
    for number in range(7):
        start, end = _either_way(draw, number)
        foot = _between(draw, _FAR + 15, _NEAR - 10)
        pace = _between(draw, 0.85, 1.2)
        late = int(draw.integers(-45, 15))
        arrival = late + int((WIDTH + 2 * _OUTSIDE) / (4.2 * pace))
        walks.append(_walk((late, start, foot), (arrival, end, foot)))
    return Script(frame_count, tuple(walks))


def crowd(draw: np.random.Generator) -> Script:
    """Return a crowd that mills about in the whole view."""
    frame_count, walks = 110, []
    for _ in range(14):
        points = [(0, _between(draw, 20, WIDTH - 20), _between(draw, _FAR, _NEAR))]
        while points[-1][0] < frame_count:
            at, x, foot = points[-1]
            points.append(
                (
                    at + int(draw.integers(20, 45)),
                    _clip(x + _between(draw, -90, 90), 10, WIDTH - 10),
                    _clip(foot + _between(draw, -35, 35), _FAR, _NEAR),
                )
            )
        walks.append(_walk(*points))
    return Script(frame_count, tuple(walks))


def long_occlusion(draw: np.random.Generator) -> Script:
    """Return people who stay hidden behind a wide block for a second or more, and some in front."""
    frame_count = 120
    block = Block(WIDTH / 2 + _between(draw, -15, 15), 215, 138, 96)
    walks = []
    for number in range(4):
        start, end = _either_way(draw, number)
        foot = _between(draw, 150, 195)
        into = int(draw.integers(18, 45))
        wait = int(draw.integers(8, 26))
        behind = block.x + _between(draw, -12, 12)
        path = [(0, start * 0.75 + WIDTH * 0.125, foot), (into, behind, foot)]
        path += [(into + wait, behind, foot), (into + wait + 45, end, foot)]
        walks.append(_walk(*path))
    for number in range(3):
        start, end = _either_way(draw, number)
        foot = _between(draw, 235, _NEAR)
        late = int(draw.integers(0, 30))
        walks.append(_walk((late, start, foot), (late + 80, end, foot)))
    return Script(frame_count, tuple(walks), (block,))


def entering_leaving(draw: np.random.Generator) -> Script:
    """Return people who come in at any time, leave, and in part come back as the same person."""
    frame_count, walks = 120, []
    for number in range(9):
        side, _ = _either_way(draw, number)
        foot, inside = _between(draw, _FAR + 10, _NEAR), _between(draw, 90, WIDTH - 90)
        first = int(draw.integers(-10, 45))
        turn, leave = first + int(draw.integers(18, 30)), first + int(draw.integers(45, 60))
        path = [(first, side, foot), (turn, inside, foot), (leave, side, foot)]
        if number % 2:
            back = leave + int(draw.integers(10, 25))
            path += [(back, side, foot), (back + 40, WIDTH - side, foot)]
        walks.append(_walk(*path))
    return Script(frame_count, tuple(walks))


SCENARIOS: dict[str, Callable[[np.random.Generator], Script]] = {
    script.__name__: script for script in (crossing, crowd, long_occlusion, entering_leaving)
}


def _walk(*points: tuple[int, float, float]) -> Walk:
    at, x, foot = (np.array(column, float) for column in zip(*points, strict=True))
    return Walk(at, x, foot)


def _either_way(draw: np.random.Generator, number: int) -> tuple[float, float]:
    """Return start and end columns just outside the view, the sides taking turns."""
    left, right = -_OUTSIDE - 20 * draw.random(), WIDTH + _OUTSIDE + 20 * draw.random()
    return (left, right) if number % 2 == 0 else (right, left)


def _between(draw: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(draw.random())


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
