"""Options of MaskTrack R-CNN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trackers.engines.runner import Runner
from trackers.mask_rcnn.options import Limits
from trackers.option_types import NonNegativeFloat, NonNegativeInt
from trackers.parts.options import DeepSortOptions


@dataclass(frozen=True, kw_only=True)
class AssociationWeights:
    """Weights in the score of the associations `native` and `kalman_iou`.

    Args:
        vector_weight: Weight of the embedding similarity: 1 as in the paper; 0 ignores the tracking
            head.
        score_weight: Weight of the detection's log score, alpha in the paper.
        overlap_weight: Weight of the box IoU, beta in the paper.
        label_weight: Weight of an equal class, gamma in the paper.
        new_logit: Logit of a new object, 0 in the paper; the higher it is, the more similar an
            object must be to match an existing track.
    """

    vector_weight: NonNegativeFloat = 1.0
    score_weight: NonNegativeFloat = 1.0
    overlap_weight: NonNegativeFloat = 2.0
    label_weight: NonNegativeFloat = 10.0
    new_logit: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of MaskTrack R-CNN.

    `torch_mode` applies to the first network only: the others receive arrays of varying shapes.

    Args:
        weights: Weights file written by `trackers.mask_rcnn.convert` or by a training run; it
            stores size, classes and convention.
        association: Method of association, see `tracker.py`.
        remembered_vector: Embedding kept per object with `native` and `kalman_iou`: the `newest`
            vector, as in the paper, or the `mean` of all.
        num_frames_retain: Number of frames without a match after which an object is removed, with
            `native` and `kalman_iou`; None keeps all. mmtracking uses 20.
        min_confidence: Minimum score of the objects used with `deepsort`.
        deep_sort: Options of `deepsort`; with `kalman_iou`, `max_age` is the number of frames in
            which the box of an unmatched object is still predicted.
    """

    weights: str = "trackers/weights/masktrack_demo.safetensors"
    runner: Runner = Runner()
    association: Literal["native", "kalman_iou", "deepsort"] = "native"
    limits: Limits = Limits()
    coefficients: AssociationWeights = AssociationWeights()
    remembered_vector: Literal["newest", "mean"] = "newest"
    num_frames_retain: NonNegativeInt | None = None
    min_confidence: float = 0.3
    deep_sort: DeepSortOptions = DeepSortOptions(max_age=70)
