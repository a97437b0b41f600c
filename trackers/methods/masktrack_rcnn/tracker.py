"""MaskTrack R-CNN: objects are detected and segmented in every frame, then associated.

| association | how objects are associated |
|---|---|
| `native` | as in the paper: vectors of the tracking head, box IoU and class, see `memory.py` |
| `kalman_iou` | the same, with the IoU of boxes that a Kalman filter predicts |
| `deepsort` | DeepSORT on the boxes, with the vectors of the tracking head as embeddings |

The reported box is the detected one, with the mask inside it, also with `deepsort`.

Source: Yang, Fan, Xu, Video Instance Segmentation, ICCV 2019, arXiv 1905.04804; the other two
associations are what MaskTrackRCNN + DeepSORT is meant to be, without its defects.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from datasets.types import Detections, Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.mask_rcnn.loading import load_segmenter
from trackers.mask_rcnn.segmenter import Objects, Segmenter
from trackers.methods.masktrack_rcnn.memory import UNASSIGNED, Memory
from trackers.methods.masktrack_rcnn.options import Options
from trackers.parts.class_names import class_ids
from trackers.parts.deep_sort import DeepSortAssociation

_NOT_IN_SEQUENCE = -1  # class id of a class that the sequence does not have


def build(options: Options) -> MaskTrackRcnnTracker:
    """Return a MaskTrack R-CNN tracker.

    Raises:
        FileNotFoundError: The weights or networks do not exist.
        ValueError: Options contradict each other, or files do not match them.
    """
    segmenter = load_segmenter(options.weights, options.runner, options.limits)
    if options.association == "deepsort":
        deep_sort = DeepSortAssociation(options.deep_sort, report_coasted=False)
        return MaskTrackRcnnTracker(segmenter, ByDeepSort(deep_sort, options.min_confidence))
    memory = Memory(
        options.coefficients,
        options.num_frames_retain,
        motion=options.association == "kalman_iou",
        max_age=options.deep_sort.max_age,
        mean=options.remembered_vector == "mean",
    )
    return MaskTrackRcnnTracker(segmenter, ByMemory(memory))


class Association(Protocol):
    """Assigns track ids to the objects of consecutive frames."""

    def start(self) -> None:
        """Remove all tracks."""

    def step(
        self, objects: Objects, vectors: np.ndarray, elapsed: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return track ids (K,) int64, and the rows (K,) of the N objects that have them.

        Args:
            vectors: (N, D), one embedding per object.
            elapsed: Time since the previous frame, see `Frame`.
        """


class ByMemory:
    """The paper's association, `native` or `kalman_iou`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def start(self) -> None:
        self._memory.start()

    def step(
        self, objects: Objects, vectors: np.ndarray, elapsed: float
    ) -> tuple[np.ndarray, np.ndarray]:
        identity = self._memory.assign(objects, vectors, elapsed)
        kept = np.flatnonzero(identity != UNASSIGNED)
        return identity[kept], kept


class ByDeepSort:
    """DeepSORT's association of the objects with a score of at least `min_score`."""

    def __init__(self, deep_sort: DeepSortAssociation, min_score: float) -> None:
        self._deep_sort, self._min_score = deep_sort, min_score

    def start(self) -> None:
        self._deep_sort.start()

    def step(
        self, objects: Objects, vectors: np.ndarray, elapsed: float
    ) -> tuple[np.ndarray, np.ndarray]:
        selected = np.flatnonzero(objects.score >= self._min_score)
        detections = Detections(
            objects.box[selected], objects.score[selected], objects.label[selected]
        )
        reported = self._deep_sort.step(detections, vectors[selected], elapsed)
        return reported.track, selected[reported.row]


class MaskTrackRcnnTracker:
    """Mask R-CNN with an association of its objects over time."""

    def __init__(self, segmenter: Segmenter, association: Association) -> None:
        self._segmenter, self._association = segmenter, association
        self._class_id = np.zeros(0, np.int64)

    def start(self, sequence: Sequence) -> None:
        self._association.start()
        known = self._segmenter.card.classes
        self._class_id = np.full(len(known), _NOT_IN_SEQUENCE)
        for label, class_id in class_ids(known, sequence.extent.classes).items():
            self._class_id[label] = class_id

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        detected = self._segmenter.detect(frame.image)
        wanted = np.flatnonzero(self._class_id[detected.label] != _NOT_IN_SEQUENCE)
        objects = Objects(detected.box[wanted], detected.score[wanted], detected.label[wanted])
        vectors = self._segmenter.vectors()[wanted]
        identity, kept = self._association.step(objects, vectors, frame.elapsed)
        return TrackerOutput(
            identity,
            objects.box[kept].astype(np.float64),
            objects.score[kept],
            self._class_id[objects.label[kept]],
            self._segmenter.masks(wanted[kept]),
        )
