"""Options of MaskTrack R-CNN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trackers.engines.runner import Runner
from trackers.mask_rcnn.options import Limits
from trackers.option_types import NonNegativeFloat, NonNegativeInt
from trackers.parts.options import DeepSortOptions


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Weights of what is compared in the associations `native` and `kalman_iou`.

    Args:
        vector_weight: Weight of the vectors: 1 as in the paper, 0 leaves the tracking head out.
        score_weight: Weight of the detection's score, alpha in the paper.
        overlap_weight: Weight of the IoU of boxes, beta in the paper.
        label_weight: Weight of an equal class, gamma in the paper.
        new_logit: Logit of a new object, 0 in the paper; the higher, the surer an object must be
            known to be met again.
    """

    vector_weight: NonNegativeFloat = 1.0
    score_weight: NonNegativeFloat = 1.0
    overlap_weight: NonNegativeFloat = 2.0
    label_weight: NonNegativeFloat = 10.0
    new_logit: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module. `torch_mode` is of the first network alone: the others meet new shapes.

    Args:
        weights: A file that `trackers.mask_rcnn.convert` or a training has written; it says size,
            classes and convention.
        association: How objects are associated, see `tracker.py`.
        remembered_vector: In `native` and `kalman_iou`, what an object looks like: its `newest`
            vector, as in the paper, or the `mean` of all.
        retain: In `native` and `kalman_iou`, frames after which an unseen object is forgotten; None
            for never. mmtracking's is 20.
        min_confidence: In `deepsort`, objects with a smaller score are discarded.
        deep_sort: Options of `deepsort`; in `kalman_iou`, `max_age` is the number of frames in
            which the box of an unseen object moves on.
    """

    weights: str = "trackers/weights/masktrack_demo.safetensors"
    runner: Runner = Runner()
    association: Literal["native", "kalman_iou", "deepsort"] = "native"
    limits: Limits = Limits()
    coefficients: Weights = Weights()
    remembered_vector: Literal["newest", "mean"] = "newest"
    retain: NonNegativeInt | None = None
    min_confidence: float = 0.3
    deep_sort: DeepSortOptions = DeepSortOptions(max_age=70)
