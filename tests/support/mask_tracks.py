"""Random tracks with masks, for the formats that store all sequences in one file."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.masks import coco_rle
from datasets.types import Extent, Tracks

CLASSES = {3: "cat", 8: "dog", 40: "fish"}


@st.composite
def sequences(draw, *, crowds: bool):
    """Return up to three sequences by name; every track has one class and one score.

    Args:
        crowds: Whether scores are those of ground truth, 0 or 1, instead of arbitrary.
    """
    names = draw(st.lists(st.sampled_from(["a", "b c", "d/e", "é"]), max_size=3, unique=True))
    scores = st.sampled_from([0.0, 1.0]) if crowds else st.floats(-1, 1)
    return {name: draw(_tracks(scores)) for name in names}


@st.composite
def _tracks(draw, scores):
    sizes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3))
    height, width, frame_count = draw(sizes)
    present = draw(arrays(bool, (frame_count, 4)))
    frame, track = np.nonzero(present)
    masks = coco_rle.encode(draw(arrays(bool, (len(frame), height, width))))
    class_id = np.array(draw(st.lists(st.sampled_from(list(CLASSES)), min_size=4, max_size=4)))
    score = np.array(draw(st.lists(scores, min_size=4, max_size=4)))
    return Tracks(
        Extent(height, width, frame_count, CLASSES),
        frame,
        track,
        class_id[track],
        score[track],
        masks.boxes,
        masks,
        area=masks.areas,
    )


def renumbered(found: dict[str, Tracks]) -> dict[str, np.ndarray]:
    """Return the identity of each row, by sequence, numbered from 1 over all sequences."""
    numbers, last = {}, 0
    for name, each in found.items():
        identities, place = np.unique(each.track, return_inverse=True)
        numbers[name] = place + last + 1
        last += len(identities)
    return numbers
