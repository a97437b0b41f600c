"""YOLO + SAM 2: objects that a detector finds, in a zone or anywhere, are prompts for SAM 2.

| mode | tracked objects | how |
|---|---|---|
| `article` | those detected in the key frame | one session, hence one encoder run, per object |
| `joint` | the same | one session for all: the same masks, one encoder run per frame |
| `online` | added and removed at any time | one session for all, see `life_cycle.py` |

In the first two modes an object is prompted with three points on the vertical centre line of its
box: its centre, and 5 % of its height below and 15 % above the centre; in `online` with its box.
Source: the article "Detect and track people with YOLO and SAM 2"; Jiang et al., SAM2MOT, arXiv
2504.04519.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from datasets.io.mended import count_mended
from datasets.types import Detections, Frame, Sequence
from datasets.zone import Zone
from trackers.contract import TrackerOutput
from trackers.detectors.source import DetectionSource
from trackers.methods.yolo_sam2.latest_detections import LatestDetections
from trackers.methods.yolo_sam2.life_cycle import (
    ObjectStates,
    best_detections,
    match_detections,
    new_objects,
)
from trackers.methods.yolo_sam2.options import Options
from trackers.parts.assignment import unmatched
from trackers.parts.dense_masks import object_boxes, output_from_masks
from trackers.sam2.loading import load_networks
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

_BELOW, _ABOVE = 0.05, 0.15  # distance of points from a box's centre, as a share of its height


def build(options: Options) -> KeyFrameTracker | OnlineTracker:
    """Return a YOLO + SAM 2 tracker.

    Raises:
        FileNotFoundError: Weights, networks or the detector do not exist.
        ValueError: Options contradict each other, or files do not match them.
    """
    model = options.sam2
    net = load_networks(model.size, model.weights, model.runner)
    detection = options.detection
    source = DetectionSource(detection.detector, detection.where.runner, options.min_score)
    zone = None if options.zone is None else Zone.of(options.zone)
    if options.mode != "online":
        new_session = partial(Session, net, overlap=model.overlap, exclusive=model.exclusive)
        joint = options.mode == "joint"
        return KeyFrameTracker(
            new_session, source, zone, options.key_frame, options.max_objects, joint=joint
        )
    states = ObjectStates(options.life_cycle)
    session = Session(net, states, model.overlap, exclusive=model.exclusive)
    interval = options.detection.interval
    return OnlineTracker(session, source, zone, states, interval, options.max_objects)


class KeyFrameTracker:
    """The modes `article` and `joint`.

    Args:
        new_session: Returns a new session.
        key_frame: Index of the frame whose detections are tracked.
        max_objects: Maximum number of tracked detections.
        joint: Whether all objects share one session.
    """

    def __init__(
        self,
        new_session: Callable[[], Session],
        source: DetectionSource,
        zone: Zone | None,
        key_frame: int,
        max_objects: int,
        *,
        joint: bool,
    ) -> None:
        self._new_session, self._source, self._zone = new_session, source, zone
        self._key_frame, self._max_objects, self._joint = key_frame, max_objects, joint
        self._sessions: list[Session] = []
        self._class_id: dict[int, int] = {}

    def start(self, sequence: Sequence) -> None:
        self._sessions, self._class_id = [], {}
        self._source.start(sequence)
        _check(self._zone, sequence)
        if self._key_frame >= sequence.extent.frame_count:
            raise ValueError(
                f"key_frame: expected a frame below {sequence.extent.frame_count}, the number of "
                f"frames of {sequence.name}, found {self._key_frame}"
            )

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        for session in self._sessions:
            session.track(frame.image)
        if frame.index == self._key_frame:
            self._initiate(frame)
        outputs = [
            _report(session, session.masks(), self._class_id, set()) for session in self._sessions
        ]
        for session in self._sessions:
            session.memorize()
        if outputs:
            return _concatenate(outputs)
        no_masks = np.zeros((0, *frame.image.shape[:2]), bool)
        return output_from_masks(no_masks, np.zeros(0, np.int64), np.zeros(0), {})

    def _initiate(self, frame: Frame) -> None:
        """Prompt every object detected in the zone; track ids start from 1."""
        assert frame.image is not None
        detections = self._source.find(frame)
        detections = detections.take(_in_zone(self._zone, detections))
        detections = best_detections(detections, self._max_objects)
        height, width = frame.image.shape[:2]
        box = detections.box.clip(0, [width - 1, height - 1] * 2)
        prompts = {identity: point_prompt(each) for identity, each in enumerate(box, start=1)}
        self._class_id = dict(zip(prompts, detections.class_id.tolist(), strict=True))
        single = [{identity: prompt} for identity, prompt in prompts.items()]
        for group in [prompts] if self._joint else single:
            session = self._new_session()
            session.track(frame.image)
            session.prompt(group)
            self._sessions.append(session)


class OnlineTracker:
    """The mode `online`.

    Args:
        states: Object states, which are the session's memory policy too.
        interval: Number of frames between two runs of the detector.
        max_objects: Maximum number of objects at a time.
    """

    def __init__(
        self,
        session: Session,
        source: DetectionSource,
        zone: Zone | None,
        states: ObjectStates,
        interval: int,
        max_objects: int,
    ) -> None:
        self.session, self._source, self._zone = session, source, zone
        self._states, self._interval, self._max_objects = states, interval, max_objects
        self._latest = LatestDetections()
        self._class_id: dict[int, int] = {}
        self._initiated = 0

    def start(self, sequence: Sequence) -> None:
        self.session.start()
        self._source.start(sequence)
        self._latest.start()
        _check(self._zone, sequence)
        self._class_id, self._initiated = {}, 0

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        session, states = self.session, self._states
        outputs = session.track(frame.image)
        masks, min_share = session.masks(), states.options.min_mask_share
        states.update(outputs, self._latest.are_scraps(outputs.identity, masks, min_share))
        expired = {*states.expired(), *self._latest.expired(states.options.max_undetected_age)}
        if expired:
            self._drop(sorted(expired))
            masks = session.masks()
        if frame.index % (self._interval + 1) == 0:
            masks = self._associate(self._source.find(frame), masks)
        output = _report(session, masks, self._class_id, states.occluded)
        session.memorize()
        return output

    def _associate(self, detections: Detections, masks: np.ndarray) -> np.ndarray:
        """Prompt objects again and add new ones; return the masks that follow."""
        outputs, latest, options = self.session.outputs, self._latest, self._states.options
        nonempty, around = object_boxes(masks)
        row, column = match_detections(around, detections, options)
        row, matched = nonempty[row], detections.box[column]
        latest.start_run(_by_identity(outputs.identity[row], matched))
        again = self._states.is_pending(outputs)[row] & ~self._states.is_occluded(outputs)[row]
        rest = unmatched(len(detections.score), column)
        new = detections.take(np.array(new_objects(detections, rest, masks, options), np.int64))
        visible = outputs.presence > options.suspicious_score
        visible[row] = False
        missed = latest.recent(outputs.identity[visible], options.max_reprompt_age)
        near, found = match_detections(latest.boxes(missed), new, options)
        identity = np.concatenate([outputs.identity[row[again]], missed[near]])
        prompts = _by_identity(identity, np.concatenate([matched[again], new.box[found]]))
        return self._prompt(prompts, new.take(unmatched(len(new.score), found)), masks)

    def _prompt(
        self, again: dict[int, np.ndarray], new: Detections, masks: np.ndarray
    ) -> np.ndarray:
        """Prompt objects again, add new ones, drop those whose prompt fails; return the masks."""
        self._latest.update(again)
        self.session.refresh({identity: Prompt(box=box) for identity, box in again.items()})
        before, started = self._initiated, self._initiate(new)
        if not again and not started:
            return masks
        masks = self.session.masks()
        different = self._latest.different(
            self.session.outputs.identity, masks, self._states.options.match_iou
        )
        failed = {*again, *started} & set(different.tolist())
        self._initiated = max([before, *(set(started) - failed)])
        if failed:
            self._drop(sorted(failed))
            masks = self.session.masks()
        return masks

    def _initiate(self, detections: Detections) -> list[int]:
        """Add an object for each detection in the zone; return their track ids."""
        detections = detections.take(_in_zone(self._zone, detections))
        excess = len(self.session.identities) + len(detections.score) - self._max_objects
        replaced = self._latest.longest_undetected(max(excess, 0))
        count_mended("objects replaced, because there are max_objects already", len(replaced))
        self._drop(replaced)
        free = self._max_objects - len(self.session.identities)
        detections = best_detections(detections, free)
        boxes = dict(enumerate(detections.box, self._initiated + 1))
        self._initiated += len(boxes)
        self._class_id |= dict(zip(boxes, detections.class_id.tolist(), strict=True))
        self._latest.update(boxes)
        self.session.prompt({identity: Prompt(box=box) for identity, box in boxes.items()})
        return list(boxes)

    def _drop(self, identities: list[int]) -> None:
        for identity in identities:
            self.session.drop(identity)
        self._states.remove(identities)
        self._latest.remove(identities)


def _by_identity(identity: np.ndarray, box: np.ndarray) -> dict[int, np.ndarray]:
    return dict(zip(identity.tolist(), box, strict=True))


def point_prompt(box: np.ndarray) -> Prompt:
    """Return the article's prompt for the object in a box (4,): three points."""
    (x, y), height = (box[:2] + box[2:]) / 2, box[3] - box[1]
    rows = y + height * np.array([0.0, _BELOW, -_ABOVE])
    points = np.stack([np.full(len(rows), x), rows], 1)
    return Prompt(points=points, labels=np.ones(len(rows), np.int64))


def _check(zone: Zone | None, sequence: Sequence) -> None:
    if zone is not None:
        zone.check(sequence.extent.height, sequence.extent.width)


def _in_zone(zone: Zone | None, detections: Detections) -> np.ndarray:
    return np.ones(len(detections.score), bool) if zone is None else zone.reached(detections.box)


def _report(
    session: Session, masks: np.ndarray, class_id: dict[int, int], occluded: set[int]
) -> TrackerOutput:
    """Return the visible objects of a session, without the occluded ones."""
    outputs = session.outputs
    kept = ~np.isin(outputs.identity, list(occluded))
    return output_from_masks(masks[kept], outputs.identity[kept], outputs.iou[kept], class_id)


def _concatenate(outputs: list[TrackerOutput]) -> TrackerOutput:
    """Return the outputs of several sessions as one."""
    columns = ("track", "box", "score", "class_id", "mask")
    return TrackerOutput(
        *(np.concatenate([getattr(each, name) for each in outputs]) for name in columns)
    )
