"""A case of the manifest of videos and image folders: how it is made, and what must be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.media.drawn import HEIGHT, WIDTH
from tests.support.media.videos import COUNT, RATE

Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """A video or a folder, and what `datasets.own` makes of it.

    Args:
        name: Name of the case; for a video, with the suffix of its file.
        make: Writes it to a path that does not exist, and returns the path to read.
        numbers: Numbers that the frames show, in order.
        size: Height and width.
        rate: Frames per second.
        times: Seconds of each frame, where the rate varies.
        near: Maximum mean difference of a frame from what was drawn, in levels; 0 for lossless.
        grey: Whether the frames have no colours.
        notes: Words in what is reported beside the result.
        error: Regular expression for the error; then nothing is read.
        accept: Whether damage is accepted.
    """

    name: str
    make: Make
    numbers: tuple[int | None, ...] = tuple(range(COUNT))
    size: tuple[int, int] = (HEIGHT, WIDTH)
    rate: float = RATE
    times: tuple[float, ...] | None = None
    near: float = 3.0
    grey: bool = False
    notes: tuple[str, ...] = ()
    error: str = ""
    accept: bool = False
