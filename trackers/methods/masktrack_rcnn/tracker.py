"""MaskTrack R-CNN: objects found and segmented frame by frame, and told apart by their looks.

| association | who is who |
|---|---|
| `native` | the paper's own: vectors of the tracking head, overlap and class, see `memory.py` |
| `kalman_iou` | the same, with the overlap of boxes that a Kalman filter predicts |
| `deepsort` | DeepSORT on the boxes, with the vectors of the tracking head |

The box that is told is the one found, with the mask in it, of `deepsort` too.

Source: Yang, Fan, Xu, Video Instance Segmentation, ICCV 2019, arXiv 1905.04804; the other two are
what MaskTrackRCNN + DeepSORT is meant to be, without its defects.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from datasets.types import Detections, Frame, Sequence
from trackers.contract import Answer
from trackers.engines.runner import Runner
from trackers.mask_rcnn.loading import load_segmenter
from trackers.mask_rcnn.segmenter import Limits, Objects, Segmenter
from trackers.methods.masktrack_rcnn.memory import NOBODY, Memory, Weights
from trackers.parts.class_names import class_ids
from trackers.parts.deep_sort import DeepSort, Rules

ASSOCIATIONS = ("native", "kalman_iou", "deepsort")
VECTORS = ("newest", "mean")
_UNWANTED = -1  # class id of what the sequence has not


def build(
    *,
    weights: str = "trackers/weights/masktrack_demo.safetensors",
    engine: str = "torch",
    device: str = "cpu",
    networks: str | None = None,
    precision: str = "fp32",
    torch_mode: str = "eager",
    association: str = "native",
    min_score: float = 0.05,
    max_overlap: float = 0.5,
    max_objects: int = 10,
    vector_weight: float = 1.0,
    score_weight: float = 1.0,
    overlap_weight: float = 2.0,
    label_weight: float = 10.0,
    new_logit: float = 0.0,
    remembered_vector: str = "newest",
    retain: int | None = None,
    min_confidence: float = 0.3,
    max_iou_distance: float = 0.7,
    max_age: int = 70,
    n_init: int = 3,
    max_cosine_distance: float = 0.2,
    nn_budget: int | None = 100,
) -> MasktrackRcnn:
    """Return a tracker.

    Args:
        weights: A file that `trackers.mask_rcnn.convert` or a training has written; it says size,
            classes and convention.
        engine, device, networks, precision, torch_mode: What runs it, see `Runner`; a mode is of
            the first network alone, for the others meet new shapes in each frame.
        association: `native`, `kalman_iou` or `deepsort`.
        min_score, max_overlap, max_objects: Which objects are found, see `Limits`.
        vector_weight, score_weight, overlap_weight, label_weight, new_logit: Of the first two, see
            `Weights`.
        remembered_vector: Of those: `newest` of an object, as in the paper, or the `mean` of all.
        retain: Of those: an object unseen for more frames is forgotten; mmtracking's is 20.
        min_confidence: Of `deepsort`: objects below it are not looked at.
        max_age: Of the last two: frames that an unseen object's box moves on, or that it lives.
        max_iou_distance, n_init, max_cosine_distance, nn_budget: Of `deepsort`, see its `Rules`.

    Raises:
        FileNotFoundError: The weights or networks are not there.
        ValueError: An option is not one of those, or files do not fit.
    """
    if association not in ASSOCIATIONS:
        raise ValueError(
            f"association {association!r} is unknown: expected one of {list(ASSOCIATIONS)}"
        )
    if remembered_vector not in VECTORS:
        raise ValueError(
            f"remembered_vector {remembered_vector!r} is unknown: expected one of {list(VECTORS)}"
        )
    run = Runner(engine, device, networks, precision, torch_mode)
    segmenter = load_segmenter(weights, run, Limits(min_score, max_overlap, max_objects))
    if association == "deepsort":
        rules = Rules(
            max_iou_distance, max_age, n_init, max_cosine_distance, nn_budget, report_coasted=False
        )
        return MasktrackRcnn(segmenter, ByDeepSort(DeepSort(rules), min_confidence))
    coefficients = Weights(vector_weight, score_weight, overlap_weight, label_weight, new_logit)
    memory = Memory(
        coefficients,
        retain,
        motion=association == "kalman_iou",
        max_age=max_age,
        mean=remembered_vector == "mean",
    )
    return MasktrackRcnn(segmenter, ByMemory(memory))


class Association(Protocol):
    """Who is who."""

    def start(self) -> None:
        """Forget everything."""

    def step(self, objects: Objects, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return identities (K,) int64 and which of the objects (N,) have them, (K,) rows."""


class ByMemory:
    """The paper's memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def start(self) -> None:
        self._memory.start()

    def step(self, objects: Objects, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        identity = self._memory.assign(objects, vectors)
        kept = np.flatnonzero(identity != NOBODY)
        return identity[kept], kept


class ByDeepSort:
    """DeepSORT's targets, of objects of a least score."""

    def __init__(self, targets: DeepSort, least: float) -> None:
        self._targets, self._least = targets, least

    def start(self) -> None:
        self._targets.start()

    def step(self, objects: Objects, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sure = np.flatnonzero(objects.score >= self._least)
        seen = Detections(objects.box[sure], objects.score[sure], objects.label[sure])
        told = self._targets.step(seen, vectors[sure])
        return told.track, sure[told.row]


class MasktrackRcnn:
    """See the module."""

    def __init__(self, segmenter: Segmenter, association: Association) -> None:
        self._segmenter, self._association = segmenter, association
        self._class_id = np.zeros(0, np.int64)

    def start(self, sequence: Sequence) -> None:
        self._association.start()
        known = self._segmenter.card.classes
        self._class_id = np.full(len(known), _UNWANTED)
        for number, key in class_ids(known, sequence.extent.classes).items():
            self._class_id[number] = key

    def step(self, frame: Frame) -> Answer:
        assert frame.image is not None
        found = self._segmenter.look(frame.image)
        wanted = np.flatnonzero(self._class_id[found.label] != _UNWANTED)
        objects = Objects(found.box[wanted], found.score[wanted], found.label[wanted])
        identity, kept = self._association.step(objects, self._segmenter.vectors()[wanted])
        return Answer(
            identity,
            objects.box[kept].astype(np.float64),
            objects.score[kept],
            self._class_id[objects.label[kept]],
            self._segmenter.masks(wanted[kept]),
        )
