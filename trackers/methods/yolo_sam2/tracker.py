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

from datasets.types import Detections, Frame, Sequence
from datasets.zone import Zone
from trackers.contract import TrackerOutput
from trackers.detectors.source import DetectionSource
from trackers.methods.yolo_sam2.life_cycle import ObjectStates, match_detections, new_objects
from trackers.methods.yolo_sam2.options import Options
from trackers.parts.dense_masks import output_from_masks, tight_boxes
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
    source = DetectionSource(options.detection.detector, model.runner.device, options.min_score)
    zone = None if options.zone is None else Zone.of(options.zone)
    if options.mode != "online":
        new_session = partial(Session, net, overlap=model.overlap, exclusive=model.exclusive)
        joint = options.mode == "joint"
        return KeyFrameTracker(new_session, source, zone, options.key_frame, joint=joint)
    states = ObjectStates(options.life_cycle)
    session = Session(net, states, model.overlap, exclusive=model.exclusive)
    return OnlineTracker(session, source, zone, states, options.detection.interval)


class KeyFrameTracker:
    """The modes `article` and `joint`.

    Args:
        new_session: Returns a new session.
        key_frame: Index of the frame whose detections are tracked.
        joint: Whether all objects share one session.
    """

    def __init__(
        self,
        new_session: Callable[[], Session],
        source: DetectionSource,
        zone: Zone | None,
        key_frame: int,
        *,
        joint: bool,
    ) -> None:
        self._new_session, self._source, self._zone = new_session, source, zone
        self._key_frame, self._joint = key_frame, joint
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
        outputs = [_report(session, self._class_id, set()) for session in self._sessions]
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
    """

    def __init__(
        self,
        session: Session,
        source: DetectionSource,
        zone: Zone | None,
        states: ObjectStates,
        interval: int,
    ) -> None:
        self.session, self._source, self._zone = session, source, zone
        self._states, self._interval = states, interval
        self._class_id: dict[int, int] = {}
        self._initiated = 0

    def start(self, sequence: Sequence) -> None:
        self.session.start()
        self._source.start(sequence)
        _check(self._zone, sequence)
        self._class_id, self._initiated = {}, 0

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        session, states = self.session, self._states
        states.update(session.track(frame.image))
        expired = states.expired()
        for identity in expired:
            session.drop(identity)
        states.remove(expired)
        if frame.index % (self._interval + 1) == 0:
            self._associate(self._source.find(frame))
        output = _report(session, self._class_id, states.occluded)
        session.memorize()
        return output

    def _associate(self, detections: Detections) -> None:
        """Prompt pending objects with their detections, and add new objects."""
        session, states = self.session, self._states
        outputs, masks = session.outputs, session.masks()
        nonempty, box = tight_boxes(masks)
        row, column = match_detections(box, detections, states.options)
        row = nonempty[row]
        again = states.is_pending(outputs)[row] & ~np.isin(
            outputs.identity[row], list(states.occluded)
        )
        identities, boxes = outputs.identity[row[again]].tolist(), detections.box[column[again]]
        unmatched = np.setdiff1d(np.arange(len(detections.score)), column)
        new = np.array(new_objects(detections, unmatched, masks, states.options), np.int64)
        new = new[_in_zone(self._zone, detections.take(new))]
        pairs = zip(identities, boxes, strict=True)
        session.refresh({identity: Prompt(box=each) for identity, each in pairs})
        first = self._initiated + 1
        prompts = {
            identity: Prompt(box=each) for identity, each in enumerate(detections.box[new], first)
        }
        self._class_id |= dict(zip(prompts, detections.class_id[new].tolist(), strict=True))
        self._initiated += len(new)
        session.prompt(prompts)


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


def _report(session: Session, class_id: dict[int, int], occluded: set[int]) -> TrackerOutput:
    """Return the visible objects of a session, without the occluded ones."""
    outputs, masks = session.outputs, session.masks()
    kept = ~np.isin(outputs.identity, list(occluded))
    return output_from_masks(masks[kept], outputs.identity[kept], outputs.iou[kept], class_id)


def _concatenate(outputs: list[TrackerOutput]) -> TrackerOutput:
    """Return the outputs of several sessions as one."""
    columns = ("track", "box", "score", "class_id", "mask")
    return TrackerOutput(
        *(np.concatenate([getattr(each, name) for each in outputs]) for name in columns)
    )
