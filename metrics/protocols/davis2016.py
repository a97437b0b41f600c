"""DAVIS 2016: all objects of a frame form one foreground mask.

Source: Perazzi et al., A benchmark dataset and evaluation methodology for video object
segmentation, CVPR 2016.
"""

from __future__ import annotations

import numpy as np

from datasets.masks.algebra import unite
from datasets.types import Tracks
from metrics.family import ScoringProtocol
from metrics.pairing import masks_of
from metrics.preprocessing.davis_void import is_void, keep_objects, one_class, refuse_void

_FOREGROUND = 1


def _merge(truth: Tracks, prediction: Tracks) -> tuple[Tracks, Tracks]:
    refuse_void(truth, prediction)
    return _merged(truth, "truth"), _merged(prediction, "prediction")


def _merged(tracks: Tracks, side: str) -> Tracks:
    """Return one row per frame, the union of its masks except void."""
    objects = tracks.take(~is_void(tracks))
    frame, masks = unite(masks_of(objects, side), objects.frame)
    ones = np.full(len(frame), _FOREGROUND)
    class_id = objects.class_id[np.searchsorted(objects.frame, frame)]
    return Tracks(tracks.extent, frame, ones, class_id, ones, masks.boxes, masks)


PROTOCOL = ScoringProtocol(
    description=(
        "The foreground: the union of all masks of a frame, of any class; void is background. J&F "
        "excludes the first and the last frame."
    ),
    layout="davis2016",
    families=("jf_davis_ss",),
    keep=keep_objects,
    similarity="disjoint masks",
    classes=one_class,
    prepare=_merge,
)
