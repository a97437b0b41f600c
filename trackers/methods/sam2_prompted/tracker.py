"""SAM 2 with one prompt per object; all objects are tracked from their prompts on, as one batch.

Source: Ravi et al., arXiv 2408.00714; the SAM2 multi-object video tracker, SAM2Tracking.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.masks import coco_rle
from datasets.prompts.prompt_files import drawn_kind, list_prompt_files, read_prompt_files
from datasets.sequences.frame_names import frame_names
from datasets.sequences.prompts import starting_in
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import TrackerOutput, fill_path
from trackers.methods.sam2_prompted.options import Options
from trackers.methods.sam2_prompted.points import points_inside
from trackers.parts.dense_masks import output_from_masks
from trackers.sam2.loading import load_networks
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session


def build(options: Options) -> Sam2Prompted:
    """Return a prompted SAM 2 tracker.

    Raises:
        FileNotFoundError: The weights do not exist.
        ValueError: Options contradict each other, or the weights do not match the model.
    """
    model = options.sam2
    net = load_networks(model.size, model.weights, model.runner)
    session = Session(net, options.memory, model.overlap, exclusive=model.exclusive, sure=True)
    return Sam2Prompted(session, options)


class Sam2Prompted:
    """Tracks the prompted objects of a sequence."""

    def __init__(self, session: Session, options: Options) -> None:
        self._session, self._options = session, options
        self._file_prompts: Tracks | None = None
        self._class_id: dict[int, int] = {}

    def start(self, sequence: Sequence) -> None:
        self._session.start()
        self._class_id = {}
        if self._options.prompts is not None:
            path = fill_path(self._options.prompts, sequence.root, sequence.name)
            self._file_prompts = _read_prompts(path, sequence)

    def step(self, frame: Frame) -> TrackerOutput:
        assert frame.image is not None
        outputs = self._session.track(frame.image)
        new = self._prompts(frame)
        if len(new):
            rows = [new.take(np.array([row])) for row in range(len(new))]
            kind, count = self._options.prompt, self._options.point_count
            prompts = {int(row.track[0]): _make_prompt(row, kind, count) for row in rows}
            outputs = self._session.prompt(prompts)
            self._class_id |= dict(zip(new.track.tolist(), new.class_id.tolist(), strict=True))
        self._session.memorize()
        masks = self._session.masks(self._options.mask_threshold)
        return output_from_masks(masks, outputs.identity, outputs.iou, self._class_id)

    def _prompts(self, frame: Frame) -> Tracks:
        if self._file_prompts is not None:
            return starting_in(self._file_prompts, frame.index)
        if frame.prompts is None:
            raise ValueError(
                "the sequence has no prompts: set the option prompts to a JSON file of boxes"
            )
        return frame.prompts


def _read_prompts(path: Path, sequence: Sequence) -> Tracks:
    """Return the prompts of a file or of a folder of LabelMe files."""
    return read_prompt_files(list_prompt_files([path]), sequence.extent, frame_names(sequence))


def _make_prompt(row: Tracks, kind: str, point_count: int) -> Prompt:
    if kind == "drawn":
        return _drawn_prompt(row)
    if kind == "box":
        return Prompt(box=row.box[0])
    if row.rle is None or not row.rle.areas[0]:
        raise ValueError(f"prompt: expected 'box', because the prompts are boxes, found {kind!r}")
    mask = coco_rle.decode(row.rle)[0]
    return Prompt(mask=mask) if kind == "mask" else _point_prompt(mask, point_count)


def _drawn_prompt(row: Tracks) -> Prompt:
    kind = drawn_kind(row)
    if kind == "box" or row.rle is None:
        return Prompt(box=row.box[0])
    mask = coco_rle.decode(row.rle)[0]
    return Prompt(mask=mask) if kind == "mask" else _point_prompt(mask, int(mask.sum()))


def _point_prompt(mask: np.ndarray, count: int) -> Prompt:
    inside = points_inside(mask, count)
    return Prompt(points=inside, labels=np.ones(len(inside), np.int64))
