"""The rules of DAVIS for void pixels, which are not scored, and for masks without classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from datasets.masks.algebra import subtract
from datasets.types import Extent, Tracks
from metrics.pairing import masks_of


def one_class(_: Extent) -> dict[str, int]:
    """Return the name and id of the single class of all objects."""
    return {"object": 1}


def keep_objects(truth: Tracks, prediction: Tracks, *_: object) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are not void, of any class, (N,) and (M,) bool."""
    return ~is_void(truth), ~is_void(prediction)


def is_void(tracks: Tracks) -> np.ndarray:
    """Return which rows are of an ignored class, (N,) bool."""
    return np.isin(tracks.class_id, tracks.extent.ignored)


def refuse_void(truth: Tracks, prediction: Tracks) -> tuple[Tracks, Tracks]:
    """Return both sides unchanged; ValueError if the prediction contains void."""
    void = is_void(prediction)
    if void.any():
        frame = prediction.frame[np.argmax(void)]
        raise ValueError(f"prediction, frame {frame} (from 0): expected objects only, found void")
    return truth, prediction


def remove_void(truth: Tracks, prediction: Tracks) -> tuple[Tracks, Tracks]:
    """Return both sides, with the ground truth's void pixels removed from the predictions.

    A prediction that loses all its pixels stays, as an empty mask. Raises as `refuse_void`.
    """
    refuse_void(truth, prediction)
    void = truth.take(is_void(truth))
    masks = subtract(
        masks_of(prediction, "prediction"),
        prediction.frame,
        masks_of(void, "truth"),
        void.frame,
    )
    return truth, replace(prediction, rle=masks, box=masks.boxes)
