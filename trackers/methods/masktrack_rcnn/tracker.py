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
from trackers.contract import TrackerOutput
from trackers.mask_rcnn.loading import load_segmenter
from trackers.mask_rcnn.segmenter import Objects, Segmenter
from trackers.methods.masktrack_rcnn.memory import NOBODY, Memory
from trackers.methods.masktrack_rcnn.options import Options
from trackers.parts.class_names import class_ids
from trackers.parts.deep_sort import DeepSort

_UNWANTED = -1  # class id of what the sequence has not


def build(options: Options) -> MasktrackRcnn:
    """Return a tracker.

    Raises:
        FileNotFoundError: The weights or networks are not there.
        ValueError: Options contradict each other, or files do not fit.
    """
    segmenter = load_segmenter(options.weights, options.runner, options.limits)
    if options.association == "deepsort":
        targets = DeepSort(options.deep_sort, report_coasted=False)
        return MasktrackRcnn(segmenter, ByDeepSort(targets, options.min_confidence))
    memory = Memory(
        options.coefficients,
        options.retain,
        motion=options.association == "kalman_iou",
        max_age=options.deep_sort.max_age,
        mean=options.remembered_vector == "mean",
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

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        found = self._segmenter.look(frame.image)
        wanted = np.flatnonzero(self._class_id[found.label] != _UNWANTED)
        objects = Objects(found.box[wanted], found.score[wanted], found.label[wanted])
        identity, kept = self._association.step(objects, self._segmenter.vectors()[wanted])
        return TrackerOutput(
            identity,
            objects.box[kept].astype(np.float64),
            objects.score[kept],
            self._class_id[objects.label[kept]],
            self._segmenter.masks(wanted[kept]),
        )
