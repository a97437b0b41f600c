"""SAM 2 with a prompt for each object, which it follows from there on: all objects as one batch.

Source: Ravi et al., arXiv 2408.00714; the SAM2 multi-object video tracker, SAM2Tracking.py.
"""

from __future__ import annotations

import numpy as np

from datasets.formats import prompt_json
from datasets.masks import coco_rle
from datasets.sequences.prompts import starting_in
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import TrackerOutput, fill_path
from trackers.methods.sam2_prompted.options import Options
from trackers.methods.sam2_prompted.points import points_inside
from trackers.parts.dense_masks import answer_of
from trackers.sam2.loading import load_networks
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session


def build(options: Options) -> Sam2Prompted:
    """Return a tracker.

    Raises:
        FileNotFoundError: The weights are not there.
        ValueError: Options contradict each other, or the weights do not fit.
    """
    model = options.sam2
    net = load_networks(model.size, model.weights, model.runner)
    session = Session(net, options.memory, model.overlap, exclusive=model.exclusive, sure=True)
    return Sam2Prompted(session, options)


class Sam2Prompted:
    """See the module."""

    def __init__(self, session: Session, options: Options) -> None:
        self._session, self._options = session, options
        self._own: Tracks | None = None
        self._class_id: dict[int, int] = {}

    def start(self, sequence: Sequence) -> None:
        self._session.start()
        self._class_id = {}
        if self._options.prompts is not None:
            path = fill_path(self._options.prompts, sequence.root, sequence.name)
            self._own = prompt_json.read_tracks(path, sequence.extent)

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        outputs = self._session.look(frame.image)
        new = self._prompts(frame)
        if len(new):
            rows = [new.take(np.array([row])) for row in range(len(new))]
            kind, points = self._options.prompt, self._options.points
            prompts = {int(row.track[0]): _show(row, kind, points) for row in rows}
            outputs = self._session.prompt(prompts)
            self._class_id |= dict(zip(new.track.tolist(), new.class_id.tolist(), strict=True))
        self._session.remember()
        masks = self._session.masks(self._options.mask_threshold)
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
