"""Other clothes for the same people."""

from __future__ import annotations

import numpy as np

_HALF = 0.5


def draw_colours(draw: np.random.Generator) -> np.ndarray:
    """Return the order in which an image's channels are seen, (3,): half of the time, as they are.

    All frames of one clip are seen in the same order, so there are six times as many people to
    tell apart as are drawn.
    """
    return draw.permutation(3) if draw.random() < _HALF else np.arange(3)
