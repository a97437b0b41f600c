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
from collections.abc import Sequence as Many
from functools import partial

import numpy as np

from datasets.types import Detections, Frame, Sequence
from datasets.zone import Zone
from trackers.contract import Answer
from trackers.detectors.source import Source
from trackers.engines.runner import Runner
from trackers.methods.yolo_sam2.rules import Presence, Rules, newcomers, partners
from trackers.parts.dense_masks import answer_of, tight_boxes
from trackers.sam2.loading import load_networks
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

MODES = ("article", "joint", "online")
_BELOW, _ABOVE = 0.05, 0.15  # of the height of a box, from its centre


def build(
    *,
    mode: str = "online",
    size: str = "demo",
    weights: str = "trackers/weights/sam2_demo.safetensors",
    engine: str = "torch",
    device: str = "cpu",
    networks: str | None = None,
    precision: str = "fp32",
    torch_mode: str = "eager",
    detector: str | None = None,
    min_score: float = 0.5,
    interval: int = 0,
    zone: Many[float] | Many[Many[float]] | None = None,
    key_frame: int = 30,
    overlap: str = "none",
    exclusive: bool = False,
    reliable: float = 8.0,
    pending: float = 6.0,
    suspicious: float = 2.0,
    match_iou: float = 0.3,
    free: float = 0.5,
    patience: int = 25,
    collapse: float = 0.8,
    gap: float = 2.0,
    spread: float = 0.2,
    spread_frames: int = 10,
) -> Article | Online:
    """Return a tracker. From `reliable` on the options are those of `Rules`, for `online` alone.

    Args:
        mode: `article`, `joint` or `online`.
        size, weights: Of SAM 2, see `load_networks`.
        engine, device, networks, precision, torch_mode: What runs it, see `Runner`.
        detector: Card of a detector or the folder of an exported one; without it the detections of
            the data set are taken.
        min_score: Of a detection.
        interval: Frames between two in which the detector runs, in `online`.
        zone: `[left, top, width, height]`, or corners: only people who reach into it are followed.
        key_frame: Frame, from 0, whose detections `article` and `joint` follow.
        overlap: Whom a pixel belongs to that several people claim, see `Session`.
        exclusive: Whether it is remembered as of one only, see `Session`.

    Raises:
        FileNotFoundError: Weights, networks or the detector are not there.
        ValueError: An option is not one of those, or files do not fit.
    """
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} is unknown: expected one of {list(MODES)}")
    for name, number in (("interval", interval), ("key_frame", key_frame)):
        if number < 0:
            raise ValueError(f"{name}: {number} found, expected 0 or more")
    net = load_networks(size, weights, Runner(engine, device, networks, precision, torch_mode))
    source, area = Source(detector, device, min_score), None if zone is None else Zone.of(zone)
    if mode != "online":
        begin = partial(Session, net, overlap=overlap, exclusive=exclusive)
        return Article(begin, source, area, key_frame, together=mode == "joint")
    rules = Rules(
        reliable,
        pending,
        suspicious,
        match_iou,
        free,
        patience,
        collapse,
        gap,
        spread,
        spread_frames,
    )
    presence = Presence(rules)
    session = Session(net, presence, overlap, exclusive=exclusive)
    return Online(session, source, area, presence, interval)


class Article:
    """The modes `article` and `joint`.

    Args:
        begin: Returns a new session.
        key_frame: See `build`.
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

    def step(self, frame: Frame) -> Answer:
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
        interval: See `build`.
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

    def step(self, frame: Frame) -> Answer:
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


def _tell(session: Session, class_id: dict[int, int], hidden: set[int]) -> Answer:
    """Return what is seen of everybody in a session but the hidden."""
    outputs, masks = session.outputs, session.masks()
    shown = ~np.isin(outputs.identity, list(hidden))
    return answer_of(masks[shown], outputs.identity[shown], outputs.iou[shown], class_id)


def _join(answers: list[Answer]) -> Answer:
    """Return the answers of several sessions as one."""
    columns = ("track", "box", "score", "class_id", "mask")
    return Answer(*(np.concatenate([getattr(each, name) for each in answers]) for name in columns))
