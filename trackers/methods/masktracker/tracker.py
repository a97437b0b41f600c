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
from trackers.contract import Answer
from trackers.detectors.source import Source, reaching
from trackers.engines.runner import Runner
from trackers.methods.masktracker.association import Gates, associate
from trackers.methods.masktracker.motion import Noise, boxes
from trackers.methods.masktracker.targets import ACTIVE, TENTATIVE, Life, Targets, without
from trackers.parts import rows
from trackers.parts.detections import no_detections
from trackers.sam2.loading import load_networks
from trackers.sam2.object_outputs import ObjectOutputs
from trackers.sam2.policies import DeepStream
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session


def build(
    *,
    size: str = "demo",
    weights: str = "trackers/weights/sam2_demo.safetensors",
    engine: str = "torch",
    device: str = "cpu",
    networks: str | None = None,
    precision: str = "fp32",
    torch_mode: str = "eager",
    detector: str | None = None,
    min_detector_confidence: float = 0.3529,
    interval: int = 0,
    segmentation_only: bool = False,
    overlap: str = "none",
    exclusive: bool = False,
    memory: str = "ds",
    keep_first_prompt: bool = False,
    association_matcher_type: int = 1,
    check_class_match: bool = True,
    min_matching_score_4_overall: float = 0.0293,
    min_matching_score_4_size_similarity: float = 0.1047,
    min_matching_score_4_iou: float = 0.0437,
    matching_score_weight_4_size_similarity: float = 0.2410,
    matching_score_weight_4_iou: float = 0.8590,
    tentative_detector_confidence: float = 0.1866,
    min_matching_score_4_tentative_iou: float = 0.3660,
    max_targets_per_stream: int = 150,
    min_iou_diff_4_new_target: float = 0.7608,
    min_tracker_confidence: float = 0.6223,
    probation_age: int = 4,
    early_termination_age: int = 1,
    max_shadow_tracking_age: int = 84,
    process_noise_var_4_loc: float = 2856.7104,
    process_noise_var_4_size: float = 8157.1946,
    process_noise_var_4_vel: float = 2602.8703,
    measurement_noise_var_4_detector: float = 0.1,
    measurement_noise_var_4_tracker: float = 8.6695,
    update_mem_bank_prompt: bool = True,
    min_prompt_update_confidence: float = 0.4960,
    min_memory_update_confidence: float = 0.0089,
    min_iou_diff_4_memory_update: float = 0.3196,
    mask_memory_update_interval: int = 1,
) -> MaskTracker:
    """Return a tracker. From `association_matcher_type` on the options are DeepStream's.

    Args:
        size, weights: Of SAM 2, see `load_networks`.
        engine, device, networks, precision, torch_mode: What runs it, see `Runner`.
        detector: Card of a detector or the folder of an exported one, see `trackers/detectors`;
            without it the detections of the data set are taken.
        min_detector_confidence: Weaker detections are not looked at.
        interval: Frames between two in which the detector runs.
        segmentation_only: Whether SAM 2 remembers nothing, and is shown in each frame the box a
            target has or is expected to have.
        overlap: Whom a pixel belongs to that several targets claim, see `Session`.
        exclusive: Whether it is remembered as of one only, see `Session`.
        memory: Which masks are remembered: by DeepStream's parameters (`ds`), or as another policy
            has it, see `Session`.
        keep_first_prompt: Whether what a target is shown once more is told of in that frame alone.
            Then its first prompt is remembered, and what SAM 2 saw without another.

    Raises:
        FileNotFoundError: Weights, networks or the detector are not there.
        ValueError: An option is not one of those, or files do not fit.
    """
    if interval < 0:
        raise ValueError(f"interval: {interval} found, expected 0 or more")
    shipped = DeepStream(
        min_memory_update_confidence, min_iou_diff_4_memory_update, mask_memory_update_interval
    )
    gates = Gates(
        association_matcher_type,
        check_class_match,
        min_matching_score_4_overall,
        min_matching_score_4_size_similarity,
        min_matching_score_4_iou,
        matching_score_weight_4_size_similarity,
        matching_score_weight_4_iou,
        tentative_detector_confidence,
        min_matching_score_4_tentative_iou,
    )
    life = Life(
        max_targets_per_stream,
        min_iou_diff_4_new_target,
        min_tracker_confidence,
        probation_age,
        early_termination_age,
        max_shadow_tracking_age,
    )
    noise = Noise(
        process_noise_var_4_loc,
        process_noise_var_4_size,
        process_noise_var_4_vel,
        measurement_noise_var_4_detector,
        measurement_noise_var_4_tracker,
    )
    net = load_networks(size, weights, Runner(engine, device, networks, precision, torch_mode))
    session = Session(net, shipped if memory == "ds" else memory, overlap, exclusive=exclusive)
    return MaskTracker(
        session,
        Source(detector, device, min_detector_confidence),
        (gates, life, noise),
        interval,
        min_prompt_update_confidence if update_mem_bank_prompt else np.inf,
        renews=not keep_first_prompt,
        remembers=not segmentation_only,
    )


class MaskTracker:
    """See the module.

    Args:
        session: Of SAM 2; an object of it is a target.
        source: Of detections.
        rules: Of association, life and motion.
        interval: See `build`.
        sure: A target whose mask is as sure as this is shown again what is detected of it.
        renews: Whether that is remembered, in place of what it was shown before.
        remembers: Whether the session does.
    """

    def __init__(
        self,
        session: Session,
        source: Source,
        rules: tuple[Gates, Life, Noise],
        interval: int,
        sure: float,
        *,
        renews: bool,
        remembers: bool,
    ) -> None:
        self._session, self._source = session, source
        self._gates, self._life, self._noise = rules
        self._interval, self._sure, self._renews = interval, sure, renews
        self._remembers = remembers
        self._begin()

    def start(self, sequence: Sequence) -> None:
        self._begin()
        self._source.start(sequence)

    def _begin(self) -> None:
        self._session.start()
        self._targets = Targets.none(self._noise)
        self._born = 0

    def step(self, frame: Frame) -> Answer:
        assert frame.image is not None
        self._session.look(frame.image)
        motion = self._noise.predict(self._targets.motion)
        targets, view = replace(self._targets, motion=motion), None
        if self._remembers:
            view = self._view(targets)
            targets = self._measure(targets, *view.tight, detected=False)
        detected = frame.index % (self._interval + 1) == 0
        found = self._source.find(frame) if detected else no_detections()
        partner = associate(
            boxes(targets.motion),
            targets.class_id,
            targets.state != TENTATIVE,
            targets.state == ACTIVE,
            found,
            self._gates,
        )
        met = np.flatnonzero(partner >= 0)
        targets = self._measure(targets, met, found.box[partner[met]], detected=True)
        if view is None:
            view = self._show_anew(targets, frame.image)
            there, box = view.tight
            alone = np.isin(there, met, invert=True)
            targets = self._measure(targets, there[alone], box[alone], detected=False)
        targets, gone = targets.grow(
            partner >= 0, view.iou >= self._life.confidence, self._life, detected=detected
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
        self._session.refresh(prompts, renew=self._renews)
        return self._view(targets)

    def _bear(self, targets: Targets, found: Detections, partner: np.ndarray) -> Targets:
        """Return the targets with new ones, and let the session remember what was seen."""
        free = np.ones(len(found.score), bool)
        free[partner[partner >= 0]] = False
        new = targets.born(found, free, self._born, self._life, self._noise)
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


def _tell(targets: Targets, view: ObjectOutputs) -> Answer:
    """Return the active targets that are seen."""
    assert view.masks is not None
    told = np.zeros(len(targets.track), bool)
    told[view.tight[0]] = True
    told &= targets.state == ACTIVE
    return Answer(
        targets.track[told],
        boxes(targets.motion)[told],
        view.iou[told].astype(np.float64),
        targets.class_id[told],
        view.masks[told],
    )
