"""MaskTracker: a detector initiates targets, SAM 2 tracks them, both decide when they end.

In every frame SAM 2 segments each target. Where the detector runs, its detections are associated
with the targets, and the unmatched ones initiate new targets. A detection is the prompt of a new
target, and a further prompt of a target that SAM 2 is confident of. Source: the documentation and
the shipped configuration of NVIDIA DeepStream's MaskTracker; choices that are not documented there
are stated where they are made.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from datasets.types import Detections, Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.detectors.source import DetectionSource, overlaps_image
from trackers.methods.masktracker.association import associate
from trackers.methods.masktracker.motion import BoxFilter, boxes
from trackers.methods.masktracker.options import Options
from trackers.methods.masktracker.targets import ACTIVE, TENTATIVE, Targets, without
from trackers.parts import rows
from trackers.parts.detections import no_detections
from trackers.sam2.loading import load_networks
from trackers.sam2.object_outputs import ObjectOutputs
from trackers.sam2.policies import DeepStream
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session


def build(options: Options) -> MaskTracker:
    """Return a MaskTracker.

    Raises:
        FileNotFoundError: Weights, networks or the detector do not exist.
        ValueError: Options contradict each other, or files do not match them.
    """
    model, memory = options.sam2, options.memory
    net = load_networks(model.size, model.weights, model.runner)
    policy = DeepStream(options.shipped_memory) if memory == "ds" else memory
    session = Session(net, policy, model.overlap, exclusive=model.exclusive)
    confidence = options.min_detector_confidence
    detection = options.detection
    source = DetectionSource(detection.detector, detection.where.runner, confidence)
    return MaskTracker(session, source, options)


class MaskTracker:
    """A detector and SAM 2 with DeepStream's association and target life cycle.

    Args:
        session: SAM 2 session; each of its objects is a target.
        source: Source of detections.
    """

    def __init__(self, session: Session, source: DetectionSource, options: Options) -> None:
        self.session, self._source, self._options = session, source, options
        self._box_filter = BoxFilter(options.state_estimator)
        self._uses_memory = not options.segmentation_only
        self._min_prompt_iou = (
            options.min_prompt_update_confidence if options.update_mem_bank_prompt else np.inf
        )
        self._reset()

    def start(self, sequence: Sequence) -> None:
        self._reset()
        self._source.start(sequence)

    def _reset(self) -> None:
        self.session.start()
        self.targets = Targets.none(self._box_filter)
        self._initiated = 0

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        self.session.track(frame.image)
        motion = self._box_filter.predict(self.targets.motion, frame.elapsed)
        targets, outputs = replace(self.targets, motion=motion), None
        if self._uses_memory:
            outputs = self._outputs_of(targets)
            targets = self._update(targets, *outputs.located, detected=False)
        detected = frame.index % (self._options.detection.interval + 1) == 0
        detections = self._source.find(frame) if detected else no_detections()
        match = associate(
            boxes(targets.motion),
            targets.class_id,
            targets.state != TENTATIVE,
            targets.state == ACTIVE,
            detections,
            self._options.data_associator,
        )
        matched = np.flatnonzero(match >= 0)
        targets = self._update(targets, matched, detections.box[match[matched]], detected=True)
        if outputs is None:
            outputs = self._segment_predicted(targets, frame.image)
            visible, box = outputs.located
            undetected = np.isin(visible, matched, invert=True)
            targets = self._update(targets, visible[undetected], box[undetected], detected=False)
        management = self._options.target_management
        confident = outputs.iou >= management.min_tracker_confidence
        targets, terminated = targets.advance(match >= 0, confident, management, detected=detected)
        if self._uses_memory:
            self._drop(targets.track[terminated].tolist())
        kept, alive = without(targets, terminated), np.flatnonzero(~terminated)
        outputs = self._refresh(kept, outputs.take(alive), detections, match[alive])
        self.targets = self._initiate(kept, detections, match)
        return _report(kept, outputs)

    def _outputs_of(self, targets: Targets) -> ObjectOutputs:
        """Return the session's outputs for the targets, with masks, one row per target."""
        row_of = {identity: row for row, identity in enumerate(self.session.identities)}
        order = np.array([row_of[identity] for identity in targets.track.tolist()], np.int64)
        return self.session.outputs.with_masks(self.session.masks()).take(order)

    def _segment_predicted(self, targets: Targets, image: np.ndarray) -> ObjectOutputs:
        """Return the outputs for targets that are prompted with their predicted boxes.

        A target predicted outside the image has an empty mask and an IoU of 0.
        """
        box = boxes(targets.motion)
        inside = np.flatnonzero(overlaps_image(box, image.shape))
        visible = rows.take(targets, inside)
        self._prompt(visible, box[inside])
        return self._outputs_of(visible).scattered(inside, len(box))

    def _update(
        self, targets: Targets, measured: np.ndarray, box: np.ndarray, *, detected: bool
    ) -> Targets:
        """Return the targets after the rows `measured` (K,) were updated with boxes (K, 4)."""
        motion = rows.take(targets.motion, measured)
        new = self._box_filter.update(motion, box, np.full(len(measured), detected))
        return replace(targets, motion=rows.put(targets.motion, measured, new))

    def _refresh(
        self, targets: Targets, outputs: ObjectOutputs, detections: Detections, match: np.ndarray
    ) -> ObjectOutputs:
        """Return the outputs after confident targets were prompted again with their detections."""
        again = np.flatnonzero((match >= 0) & (outputs.iou >= self._min_prompt_iou))
        if not self._uses_memory or not len(again):
            return outputs
        pairs = zip(targets.track[again].tolist(), detections.box[match[again]], strict=True)
        prompts = {identity: Prompt(box=box) for identity, box in pairs}
        self.session.refresh(prompts, renew=not self._options.keep_first_prompt)
        return self._outputs_of(targets)

    def _initiate(self, targets: Targets, detections: Detections, match: np.ndarray) -> Targets:
        """Return the targets with new ones added, and update the session's memory bank."""
        free = np.ones(len(detections.score), bool)
        free[match[match >= 0]] = False
        new = targets.initiate(
            detections, free, self._initiated, self._options.target_management, self._box_filter
        )
        self._initiated += len(new.track)
        if self._uses_memory:
            self._prompt(new, boxes(new.motion))
            self.session.memorize()
        else:
            self._drop(self.session.identities)
        return rows.join(targets, new)

    def _drop(self, identities: list[int]) -> None:
        for identity in identities:
            self.session.drop(identity)

    def _prompt(self, targets: Targets, box: np.ndarray) -> None:
        """Add targets to the session, each prompted with its box."""
        pairs = zip(targets.track.tolist(), box, strict=True)
        self.session.prompt({identity: Prompt(box=each) for identity, each in pairs})


def _report(targets: Targets, outputs: ObjectOutputs) -> TrackerOutput:
    """Return the active targets with a non-empty mask."""
    assert outputs.masks is not None
    reported = np.zeros(len(targets.track), bool)
    reported[outputs.located[0]] = True
    reported &= targets.state == ACTIVE
    return TrackerOutput(
        targets.track[reported],
        boxes(targets.motion)[reported],
        outputs.iou[reported].astype(np.float64),
        targets.class_id[reported],
        outputs.masks[reported],
    )
