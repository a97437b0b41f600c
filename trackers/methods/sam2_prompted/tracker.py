"""SAM 2 with a prompt for each object, which it follows from there on: all objects as one batch.

Source: Ravi et al., arXiv 2408.00714; the SAM2 multi-object video tracker, SAM2Tracking.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from datasets.formats import prompt_json
from datasets.masks import coco_rle
from datasets.sequences.prompts import starting_in
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Answer, fill_path
from trackers.engines.runner import Runner
from trackers.methods.sam2_prompted.points import points_inside
from trackers.parts.dense_masks import answer_of
from trackers.sam2.loading import load_networks
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

KINDS = ("box", "mask", "points")


def build(
    *,
    size: str = "demo",
    weights: str = "trackers/weights/sam2_demo.safetensors",
    engine: str = "torch",
    device: str = "cpu",
    networks: str | None = None,
    precision: str = "fp32",
    torch_mode: str = "eager",
    prompt: str = "box",
    points: int = 3,
    prompts: str | None = None,
    mask_threshold: float = 0.0,
    memory: str = "sam2",
    overlap: str = "none",
    exclusive: bool = False,
) -> Sam2Prompted:
    """Return a tracker.

    Args:
        size, weights: Of SAM 2, see `load_networks`.
        engine, device, networks, precision, torch_mode: What runs it, see `Runner`.
        prompt: What an object is shown by: `box`, `mask`, or `points` on its mask.
        points: How many of them.
        prompts: First-frame boxes as JSON, instead of the prompts of the sequence; `{root}` and
            `{sequence}` are filled in.
        mask_threshold: A pixel is on an object whose logit is above it.
        memory: Which masks are remembered: `sam2`, `ds`, `samurai` or `present`.
        overlap: Whom a pixel belongs to that several objects claim: all of them (`none`), the one
            of largest logit (`argmax_logit`) or of largest predicted IoU (`score_priority`).
        exclusive: Whether a pixel is remembered as of one object only, but for what a prompt shows,
            see `Session`.

    Raises:
        FileNotFoundError: The weights are not there.
        ValueError: An option is not one of those, or the weights do not fit.
    """
    if prompt not in KINDS:
        raise ValueError(f"prompt {prompt!r} is unknown: expected one of {list(KINDS)}")
    if points < 1:
        raise ValueError(f"points: {points} found, expected at least 1")
    net = load_networks(size, weights, Runner(engine, device, networks, precision, torch_mode))
    session = Session(net, memory, overlap, exclusive=exclusive, sure=True)
    show = partial(_show, kind=prompt, points=points)
    return Sam2Prompted(session, show, prompts, mask_threshold)


class Sam2Prompted:
    """See the module.

    Args:
        show: How the one object of a Tracks is shown.
    """

    def __init__(
        self,
        session: Session,
        show: Callable[[Tracks], Prompt],
        prompts: str | None,
        mask_threshold: float,
    ) -> None:
        self._session, self._show = session, show
        self._path, self._threshold = prompts, mask_threshold
        self._own: Tracks | None = None
        self._class_id: dict[int, int] = {}

    def start(self, sequence: Sequence) -> None:
        self._session.start()
        self._class_id = {}
        if self._path is not None:
            path = fill_path(self._path, sequence.root, sequence.name)
            self._own = prompt_json.read_tracks(path, sequence.extent)

    def step(self, frame: Frame) -> Answer:
        assert frame.image is not None
        outputs = self._session.look(frame.image)
        new = self._prompts(frame)
        if len(new):
            rows = [new.take(np.array([row])) for row in range(len(new))]
            outputs = self._session.prompt({int(row.track[0]): self._show(row) for row in rows})
            self._class_id |= dict(zip(new.track.tolist(), new.class_id.tolist(), strict=True))
        self._session.remember()
        masks = self._session.masks(self._threshold)
        return answer_of(masks, outputs.identity, outputs.iou, self._class_id)

    def _prompts(self, frame: Frame) -> Tracks:
        if self._own is not None:
            return starting_in(self._own, frame.index)
        if frame.prompts is None:
            raise ValueError("the sequence has no prompts: name a JSON file in the option prompts")
        return frame.prompts


def _show(row: Tracks, kind: str, points: int) -> Prompt:
    if kind == "box":
        return Prompt(box=row.box[0])
    if row.rle is None:
        raise ValueError(f"prompt {kind!r} needs masks, and the prompts are boxes: expected 'box'")
    mask = coco_rle.decode(row.rle)[0]
    if kind == "mask":
        return Prompt(mask=mask)
    found = points_inside(mask, points)
    return Prompt(points=found, labels=np.ones(len(found), np.int64))
