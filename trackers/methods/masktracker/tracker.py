"""MaskTracker: a detector finds targets, SAM 2 follows each of them, and both decide who lives.

In every frame SAM 2 says where each target is; where the detector runs, its detections are given to
the targets, and what is left makes new ones. A detection shows SAM 2 a new target, and once more
one that it is sure of. Source: the documentation and the shipped configuration of NVIDIA
DeepStream's MaskTracker; what is not documented there is said where it is decided.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from datasets.types import Detections, Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.detectors.source import Source, reaching
from trackers.methods.masktracker.association import associate
from trackers.methods.masktracker.motion import Noise, boxes
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
    """Return a tracker.

    Raises:
        FileNotFoundError: Weights, networks or the detector are not there.
        ValueError: Options contradict each other, or files do not fit.
    """
    model, memory = options.sam2, options.memory
    net = load_networks(model.size, model.weights, model.runner)
    policy = DeepStream(options.shipped_memory) if memory == "ds" else memory
    session = Session(net, policy, model.overlap, exclusive=model.exclusive)
    confidence = options.min_detector_confidence
    source = Source(options.detection.detector, model.runner.device, confidence)
    return MaskTracker(session, source, options)


class MaskTracker:
    """See the module.

    Args:
        session: Of SAM 2; an object of it is a target.
        source: Of detections.
    """

    def __init__(self, session: Session, source: Source, options: Options) -> None:
        self._session, self._source, self._options = session, source, options
        self._noise = Noise(options.variances)
        self._remembers = not options.segmentation_only
        asked = options.update_mem_bank_prompt
        self._sure = options.min_prompt_update_confidence if asked else np.inf
        self._begin()

    def start(self, sequence: Sequence) -> None:
        self._begin()
        self._source.start(sequence)

    def _begin(self) -> None:
        self._session.start()
        self._targets = Targets.none(self._noise)
        self._born = 0

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        self._session.look(frame.image)
        motion = self._noise.predict(self._targets.motion)
        targets, view = replace(self._targets, motion=motion), None
        if self._remembers:
            view = self._view(targets)
            targets = self._measure(targets, *view.tight, detected=False)
        detected = frame.index % (self._options.detection.interval + 1) == 0
        found = self._source.find(frame) if detected else no_detections()
        partner = associate(
            boxes(targets.motion),
            targets.class_id,
            targets.state != TENTATIVE,
            targets.state == ACTIVE,
            found,
            self._options.gates,
        )
        met = np.flatnonzero(partner >= 0)
        targets = self._measure(targets, met, found.box[partner[met]], detected=True)
        if view is None:
            view = self._show_anew(targets, frame.image)
            there, box = view.tight
            alone = np.isin(there, met, invert=True)
            targets = self._measure(targets, there[alone], box[alone], detected=False)
        life = self._options.life
        targets, gone = targets.grow(
            partner >= 0, view.iou >= life.min_tracker_confidence, life, detected=detected
        )
        if self._remembers:
            self._forget(targets.track[gone].tolist())
        kept, rest = without(targets, gone), np.flatnonzero(~gone)
        view = self._refresh(kept, view.take(rest), found, partner[rest])
        self._targets = self._bear(kept, found, partner)
        return _tell(kept, view)

    def _view(self, targets: Targets) -> ObjectOutputs:
        """Return the session's outputs for the targets, with masks, a row a target."""
        place = {name: row for row, name in enumerate(self._session.identities)}
        order = np.array([place[name] for name in targets.track.tolist()], np.int64)
        return self._session.outputs.with_masks(self._session.masks()).take(order)

    def _show_anew(self, targets: Targets, image: np.ndarray) -> ObjectOutputs:
        """Return the outputs for targets that are prompted where they are expected.

        A target that is expected outside the image has an empty mask and an IoU of 0.
        """
        box = boxes(targets.motion)
        inside = np.flatnonzero(reaching(box, image.shape))
        some = rows.take(targets, inside)
        self._show(some, box[inside])
        return self._view(some).scattered(inside, len(box))

    def _measure(
        self, targets: Targets, which: np.ndarray, box: np.ndarray, *, detected: bool
    ) -> Targets:
        """Return the targets after boxes (K, 4) of some of them (K,)."""
        motion = rows.take(targets.motion, which)
        new = self._noise.update(motion, box, np.full(len(which), detected))
        return replace(targets, motion=rows.put(targets.motion, which, new))

    def _refresh(
        self, targets: Targets, view: ObjectOutputs, found: Detections, partner: np.ndarray
    ) -> ObjectOutputs:
        """Return what is seen of targets after some were shown their detections once more."""
        again = np.flatnonzero((partner >= 0) & (view.iou >= self._sure))
        if not self._remembers or not len(again):
            return view
        shown = zip(targets.track[again].tolist(), found.box[partner[again]], strict=True)
        prompts = {name: Prompt(box=box) for name, box in shown}
        self._session.refresh(prompts, renew=not self._options.keep_first_prompt)
        return self._view(targets)

    def _bear(self, targets: Targets, found: Detections, partner: np.ndarray) -> Targets:
        """Return the targets with new ones, and let the session remember what was seen."""
        free = np.ones(len(found.score), bool)
        free[partner[partner >= 0]] = False
        new = targets.born(found, free, self._born, self._options.life, self._noise)
        self._born += len(new.track)
        if self._remembers:
            self._show(new, boxes(new.motion))
            self._session.remember()
        else:
            self._forget(self._session.identities)
        return rows.join(targets, new)

    def _forget(self, identities: list[int]) -> None:
        for identity in identities:
            self._session.drop(identity)

    def _show(self, targets: Targets, box: np.ndarray) -> None:
        """Begin with targets in the session, each shown by its box."""
        shown = zip(targets.track.tolist(), box, strict=True)
        self._session.prompt({name: Prompt(box=each) for name, each in shown})


def _tell(targets: Targets, view: ObjectOutputs) -> TrackerOutput:
    """Return the active targets that are seen."""
    assert view.masks is not None
    told = np.zeros(len(targets.track), bool)
    told[view.tight[0]] = True
    told &= targets.state == ACTIVE
    return TrackerOutput(
        targets.track[told],
        boxes(targets.motion)[told],
        view.iou[told].astype(np.float64),
        targets.class_id[told],
        view.masks[told],
    )
