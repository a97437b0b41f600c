"""People whom a detector finds, in a zone or anywhere, are shown to SAM 2, which follows them.

| mode | who is followed | how |
|---|---|---|
| `article` | whom the detector finds in the key frame | everybody alone, each with an encoder run |
| `joint` | the same | all together: the same masks, one encoder run a frame |
| `online` | whoever comes, and goes | all together, see `rules.py` |

In the first two an object is shown by three points on the middle of its box: its centre, and 5 % of
its height below and 15 % above it; in the last by its box. Source: the article "Detect and track
people with YOLO and SAM 2"; Jiang et al., SAM2MOT, arXiv 2504.04519.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from datasets.types import Detections, Frame, Sequence
from datasets.zone import Zone
from trackers.contract import TrackerOutput
from trackers.detectors.source import Source
from trackers.methods.yolo_sam2.options import Options
from trackers.methods.yolo_sam2.rules import Presence, newcomers, partners
from trackers.parts.dense_masks import answer_of, tight_boxes
from trackers.sam2.loading import load_networks
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

_BELOW, _ABOVE = 0.05, 0.15  # of the height of a box, from its centre


def build(options: Options) -> Article | Online:
    """Return a tracker.

    Raises:
        FileNotFoundError: Weights, networks or the detector are not there.
        ValueError: Options contradict each other, or files do not fit.
    """
    model = options.sam2
    net = load_networks(model.size, model.weights, model.runner)
    source = Source(options.detection.detector, model.runner.device, options.min_score)
    zone = None if options.zone is None else Zone.of(options.zone)
    if options.mode != "online":
        begin = partial(Session, net, overlap=model.overlap, exclusive=model.exclusive)
        return Article(begin, source, zone, options.key_frame, together=options.mode == "joint")
    presence = Presence(options.rules)
    session = Session(net, presence, model.overlap, exclusive=model.exclusive)
    return Online(session, source, zone, presence, options.detection.interval)


class Article:
    """The modes `article` and `joint`.

    Args:
        begin: Returns a new session.
        key_frame: See `Options`.
        together: Whether all people share a session.
    """

    def __init__(
        self,
        begin: Callable[[], Session],
        source: Source,
        zone: Zone | None,
        key_frame: int,
        *,
        together: bool,
    ) -> None:
        self._begin, self._source, self._zone = begin, source, zone
        self._key_frame, self._together = key_frame, together
        self._sessions: list[Session] = []
        self._class_id: dict[int, int] = {}

    def start(self, sequence: Sequence) -> None:
        self._sessions, self._class_id = [], {}
        self._source.start(sequence)
        _check(self._zone, sequence)

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        for session in self._sessions:
            session.look(frame.image)
        if frame.index == self._key_frame:
            self._seed(frame)
        told = [_tell(session, self._class_id, set()) for session in self._sessions]
        for session in self._sessions:
            session.remember()
        nothing = np.zeros((0, *frame.image.shape[:2]), bool)
        return _join(told) if told else answer_of(nothing, np.zeros(0, np.int64), np.zeros(0), {})

    def _seed(self, frame: Frame) -> None:
        """Begin with everybody who is detected in the zone, numbered from 1."""
        assert frame.image is not None
        found = self._source.find(frame)
        found = found.take(_in_zone(self._zone, found))
        height, width = frame.image.shape[:2]
        inside = found.box.clip(0, [width - 1, height - 1] * 2)
        prompts = {number: seeds(box) for number, box in enumerate(inside, start=1)}
        self._class_id = dict(zip(prompts, found.class_id.tolist(), strict=True))
        groups = [prompts] if self._together else [{name: each} for name, each in prompts.items()]
        for group in groups:
            session = self._begin()
            session.look(frame.image)
            session.prompt(group)
            self._sessions.append(session)


class Online:
    """The mode `online`.

    Args:
        presence: The session's memory policy.
        interval: See `DetectorOptions`.
    """

    def __init__(
        self, session: Session, source: Source, zone: Zone | None, presence: Presence, interval: int
    ) -> None:
        self._session, self._source, self._zone = session, source, zone
        self._presence, self._interval = presence, interval
        self._class_id: dict[int, int] = {}
        self._born = 0

    def start(self, sequence: Sequence) -> None:
        self._session.start()
        self._source.start(sequence)
        _check(self._zone, sequence)
        self._class_id, self._born = {}, 0

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        session, presence = self._session, self._presence
        presence.note(session.look(frame.image))
        gone = presence.gone()
        for name in gone:
            session.drop(name)
        presence.forget(gone)
        if frame.index % (self._interval + 1) == 0:
            self._meet(self._source.find(frame))
        answer = _tell(session, self._class_id, presence.hidden)
        session.remember()
        return answer

    def _meet(self, found: Detections) -> None:
        """Show the model people again whom it is not sure of, and those who are new."""
        session, presence = self._session, self._presence
        outputs, masks = session.outputs, session.masks()
        there, box = tight_boxes(masks)
        who, what = partners(box, found, presence.rules)
        who = there[who]
        again = presence.is_pending(outputs)[who] & ~np.isin(
            outputs.identity[who], list(presence.hidden)
        )
        shown = zip(outputs.identity[who[again]].tolist(), found.box[what[again]], strict=True)
        left = np.setdiff1d(np.arange(len(found.score)), what)
        new = newcomers(found, left, masks, presence.rules)
        new = [row for row in new if _in_zone(self._zone, found.take(np.array([row])))[0]]
        session.refresh({name: Prompt(box=box) for name, box in shown})
        prompts = {self._born + n: Prompt(box=found.box[row]) for n, row in enumerate(new, start=1)}
        self._class_id |= dict(zip(prompts, found.class_id[new].tolist(), strict=True))
        self._born += len(new)
        session.prompt(prompts)


def seeds(box: np.ndarray) -> Prompt:
    """Return the three points by which the article shows who is in a box (4,)."""
    (across, down), height = (box[:2] + box[2:]) / 2, box[3] - box[1]
    rows = down + height * np.array([0.0, _BELOW, -_ABOVE])
    points = np.stack([np.full(len(rows), across), rows], 1)
    return Prompt(points=points, labels=np.ones(len(rows), np.int64))


def _check(zone: Zone | None, sequence: Sequence) -> None:
    if zone is not None:
        zone.check(sequence.extent.height, sequence.extent.width)


def _in_zone(zone: Zone | None, found: Detections) -> np.ndarray:
    return np.ones(len(found.score), bool) if zone is None else zone.reached(found.box)


def _tell(session: Session, class_id: dict[int, int], hidden: set[int]) -> TrackerOutput:
    """Return what is seen of everybody in a session but the hidden."""
    outputs, masks = session.outputs, session.masks()
    shown = ~np.isin(outputs.identity, list(hidden))
    return answer_of(masks[shown], outputs.identity[shown], outputs.iou[shown], class_id)


def _join(answers: list[TrackerOutput]) -> TrackerOutput:
    """Return the answers of several sessions as one."""
    columns = ("track", "box", "score", "class_id", "mask")
    return TrackerOutput(
        *(np.concatenate([getattr(each, name) for each in answers]) for name in columns)
    )
