"""Scripts of the scenarios: the paths of people, with a difficulty of its own for each scenario.

Positions are those of the feet in the view of a static camera, in pixels: (0, 0) is the top left
corner. A smaller row is farther away, so that the figure is smaller and may be occluded by others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

HEIGHT, WIDTH = 288, 384
_FAR, _NEAR = 120.0, 284.0  # rows of the feet: farthest from and nearest to the camera
_OUTSIDE = 45.0  # a figure whose feet are this far beside the view is invisible


@dataclass(frozen=True)
class Walk:
    """The path of one person.

    Args:
        at: (N,) frames of the waypoints, ascending. The person is absent before the first and after
            the last.
        x: (N,) columns.
        foot: (N,) rows.
    """

    at: np.ndarray
    x: np.ndarray
    foot: np.ndarray


@dataclass(frozen=True)
class Block:
    """An obstacle: centre column, row of its lower edge, and size in pixels."""

    x: float
    foot: float
    height: int
    width: int


@dataclass(frozen=True)
class Script:
    """The paths and obstacles of a sequence."""

    frame_count: int
    walks: tuple[Walk, ...]
    blocks: tuple[Block, ...] = ()


def figure_height(foot: float) -> float:
    """Return the height of a person in pixels, given the row of the feet."""
    return 46 + 58 * (foot - _FAR) / (_NEAR - _FAR)


def place(walk: Walk, frame: int) -> tuple[float, float] | None:
    """Return (x, foot) at a frame, None if the person is absent."""
    if not walk.at[0] <= frame <= walk.at[-1]:
        return None
    leg = int(np.clip(np.searchsorted(walk.at, frame, side="right") - 1, 0, len(walk.at) - 2))
    share = (frame - walk.at[leg]) / (walk.at[leg + 1] - walk.at[leg])
    x = walk.x[leg] + share * (walk.x[leg + 1] - walk.x[leg])
    foot = walk.foot[leg] + share * (walk.foot[leg + 1] - walk.foot[leg])
    return float(x), float(foot)


def crossing(rng: np.random.Generator) -> Script:
    """Return people who cross the view in both directions and occlude each other."""
    frame_count, walks = 100, []
    for number in range(7):
        start, end = _either_way(rng, number)
        foot = _between(rng, _FAR + 15, _NEAR - 10)
        speed = _between(rng, 0.85, 1.2)
        begin = int(rng.integers(-45, 15))
        end_frame = begin + int((WIDTH + 2 * _OUTSIDE) / (4.2 * speed))
        walks.append(_walk((begin, start, foot), (end_frame, end, foot)))
    return Script(frame_count, tuple(walks))


def crowd(rng: np.random.Generator) -> Script:
    """Return a crowd that walks around in the whole view."""
    frame_count, walks = 110, []
    for _ in range(14):
        points = [(0, _between(rng, 20, WIDTH - 20), _between(rng, _FAR, _NEAR))]
        while points[-1][0] < frame_count:
            at, x, foot = points[-1]
            points.append(
                (
                    at + int(rng.integers(20, 45)),
                    _clip(x + _between(rng, -90, 90), 10, WIDTH - 10),
                    _clip(foot + _between(rng, -35, 35), _FAR, _NEAR),
                )
            )
        walks.append(_walk(*points))
    return Script(frame_count, tuple(walks))


def long_occlusion(rng: np.random.Generator) -> Script:
    """Return people who are occluded by a wide block for a second or more, and some in front."""
    frame_count = 120
    block = Block(WIDTH / 2 + _between(rng, -15, 15), 215, 138, 96)
    walks = []
    for number in range(4):
        start, end = _either_way(rng, number)
        foot = _between(rng, 150, 195)
        arrival = int(rng.integers(18, 45))
        pause = int(rng.integers(8, 26))
        behind = block.x + _between(rng, -12, 12)
        path = [(0, start * 0.75 + WIDTH * 0.125, foot), (arrival, behind, foot)]
        path += [(arrival + pause, behind, foot), (arrival + pause + 45, end, foot)]
        walks.append(_walk(*path))
    for number in range(3):
        start, end = _either_way(rng, number)
        foot = _between(rng, 235, _NEAR)
        begin = int(rng.integers(0, 30))
        walks.append(_walk((begin, start, foot), (begin + 80, end, foot)))
    return Script(frame_count, tuple(walks), (block,))


def entering_leaving(rng: np.random.Generator) -> Script:
    """Return people who enter at random times and leave; some return with the same identity."""
    frame_count, walks = 120, []
    for number in range(9):
        side, _ = _either_way(rng, number)
        foot, inside = _between(rng, _FAR + 10, _NEAR), _between(rng, 90, WIDTH - 90)
        first = int(rng.integers(-10, 45))
        turn, leave = first + int(rng.integers(18, 30)), first + int(rng.integers(45, 60))
        path = [(first, side, foot), (turn, inside, foot), (leave, side, foot)]
        if number % 2:
            back = leave + int(rng.integers(10, 25))
            path += [(back, side, foot), (back + 40, WIDTH - side, foot)]
        walks.append(_walk(*path))
    return Script(frame_count, tuple(walks))


SCENARIOS: dict[str, Callable[[np.random.Generator], Script]] = {
    script.__name__: script for script in (crossing, crowd, long_occlusion, entering_leaving)
}


def _walk(*points: tuple[int, float, float]) -> Walk:
    at, x, foot = (np.array(column, float) for column in zip(*points, strict=True))
    return Walk(at, x, foot)


def _either_way(rng: np.random.Generator, number: int) -> tuple[float, float]:
    """Return start and end columns just outside the view, with alternating sides."""
    left, right = -_OUTSIDE - 20 * rng.random(), WIDTH + _OUTSIDE + 20 * rng.random()
    return (left, right) if number % 2 == 0 else (right, left)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(rng.random())


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
