"""The prompts of a prompted tracker: each object once, in the frame from which it is tracked.

Prompts are Tracks with one row per identity: its class, its box, and its mask if there are masks.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import Any

import numpy as np

from datasets.masks.mask_set import Masks
from datasets.types import NO_TRACK, Tracks


def first_visible(truth: Tracks) -> Tracks:
    """Return the row of each object in the first frame in which it is visible.

    This is the task of semi-supervised video object segmentation. Boxes cover the visible part:
    they are tight around the mask, or the part of the box that is in the image. Rows that are not
    scored and ignored classes are not objects.
    """
    size = np.tile([truth.extent.width, truth.extent.height], 2)
    box = truth.box.clip(0, size) if truth.rle is None else truth.rle.boxes.astype(np.float64)
    visible = (box[:, 2:] > box[:, :2]).all(axis=1)
    if truth.visibility is not None:
        visible &= truth.visibility > 0
    visible &= (truth.score > 0) & (truth.track != NO_TRACK)
    visible &= ~np.isin(truth.class_id, truth.extent.ignored)
    rows = np.flatnonzero(visible)
    first = rows[np.sort(np.unique(truth.track[rows], return_index=True)[1])]
    boxed = replace(truth, box=np.where(visible[:, None], box, truth.box))
    return replace(boxed.take(first), visibility=None, area=None)


def starting_in(prompts: Tracks, frame: int) -> Tracks:
    """Return the prompts of one frame."""
    return prompts.take(np.arange(*np.searchsorted(prompts.frame, [frame, frame + 1])))


def joined(prompts: Many[Tracks], frame: int) -> Tracks:
    """Return the prompts of one or more frames as prompts of a single frame, in order."""
    first = prompts[0]
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(each, name) for each in prompts])
        for name in ("track", "class_id", "score", "box")
    }
    masks = [each.rle for each in prompts if each.rle is not None]
    runs = [run for each in masks for run in each.runs]
    return Tracks(
        first.extent,
        frame=np.full(len(columns["track"]), frame),
        rle=Masks.read(runs, first.extent.height, first.extent.width) if masks else None,
        **columns,
    )
