"""What layouts share: boxes and their units, mask prototypes, classes as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Many
from typing import Literal

import numpy as np

Unit = Literal["cells", "pixels", "fractions"]
_MAPS = 4  # axes of mask prototypes


class MisfitError(ValueError):
    """The outputs of a network are not of the shapes of a layout.

    Args:
        expected: The shapes, in words.
        outputs: The outputs.
    """

    def __init__(self, expected: str, outputs: Many[np.ndarray]) -> None:
        super().__init__(f"outputs: expected {expected}, found {[each.shape for each in outputs]}")


def scale(unit: Unit, size: tuple[int, int]) -> np.ndarray:
    """Return the factors (4,) from a unit to pixels, for x, y, x, y or for centres and sizes.

    Args:
        unit: `pixels` of the network's input, or `fractions` of its width and height.
        size: Height and width of the input.
    """
    height, width = size if unit == "fractions" else (1, 1)
    return np.array([width, height, width, height], float)


def corners(centre: np.ndarray, extent: np.ndarray) -> np.ndarray:
    """Return left, top, right, bottom (N, 4) of boxes given by centre and size, (N, 2) each."""
    return np.concatenate([centre - extent / 2, centre + extent / 2], 1)


def find_prototypes(outputs: Many[np.ndarray]) -> dict[int, np.ndarray]:
    """Return the outputs (1, P, h, w) that may be mask prototypes, as (P, h, w), by P.

    Outputs that share P with another one are left out: which are the prototypes is unknown.
    """
    maps = [each[0] for each in outputs if each.ndim == _MAPS and each.shape[0] == 1]
    counts = Counter(len(each) for each in maps)
    return {len(each): each for each in maps if counts[len(each)] == 1}


def one_hot(label: np.ndarray, score: np.ndarray, classes: int) -> np.ndarray:
    """Return the score of each class, (N, C), of boxes that have one class each.

    Args:
        label: (N,) class numbers; those of rows whose score is not positive are ignored.
        score: (N,) scores.
        classes: Number of classes.

    Raises:
        ValueError: A label is no class number.
    """
    rows = np.flatnonzero(score > 0)
    found = label[rows]
    wrong = ~((found >= 0) & (found < classes) & (found % 1 == 0))
    if wrong.any():
        raise ValueError(
            f"class numbers: expected integers from 0 to {classes - 1}, found "
            f"{found[np.argmax(wrong)]:g}"
        )
    scores = np.zeros((len(label), classes), np.float32)
    scores[rows, found.astype(np.int64)] = score[rows]
    return scores
