"""SAM 2 with a prompt for each object, which it follows from there on: all objects as one batch.

Source: Ravi et al., arXiv 2408.00714; the SAM2 multi-object video tracker, SAM2Tracking.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from datasets import prompt_json, rle
from datasets.prompts import starting_in
from datasets.types import Frame, Sequence, Tracks
from trackers.contract import Answer, fill_path
from trackers.sam2.loading import load_networks
from trackers.sam2.points import points_inside
from trackers.sam2.session import Prompt, Session


def build(
    *,
    size: str = "demo",
    weights: str = "trackers/weights/sam2_demo.safetensors",
    engine: str = "torch",
    device: str = "cpu",
    prompt: str = "box",
    points: int = 3,
    prompts: str | None = None,
    mask_threshold: float = 0.0,
    overlap: str = "none",
) -> Sam2Prompted:
    """Return a tracker.

    Args:
        size: Of the model: `demo`, `tiny`, `small`, `base_plus` or `large`.
        weights: File of its weights, `.safetensors` or the official `.pt`; `random` draws them.
        engine: What runs the networks: `torch`.
        device: As the engine calls it.
        prompt: What an object is shown by: `box`, `mask`, or `points` on its mask.
        points: How many of them.
        prompts: First-frame boxes as JSON, instead of the prompts of the sequence; `{root}` and
            `{sequence}` are filled in.
        mask_threshold: A pixel is on an object whose logit is above it.
        overlap: What becomes of pixels that several objects claim: `none`, they keep them.

    Raises:
        FileNotFoundError: The weights are not there.
        ValueError: An option is not one of those, or the weights do not fit.
    """
    if prompt not in _KINDS:
        raise ValueError(f"prompt {prompt!r} is unknown: expected one of {list(_KINDS)}")
    if points < 1:
        raise ValueError(f"points: {points} found, expected at least 1")
    if overlap != "none":
        raise ValueError(f"overlap {overlap!r} is unknown: expected 'none'")
    session = Session(load_networks(size, weights, engine, device))
    kind = _KINDS[prompt]
    return Sam2Prompted(session, lambda row: kind(row, points), prompts, mask_threshold)


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
        seen = self._session.look(frame.image)
        new = self._prompts(frame)
        if len(new):
            rows = [new.take(np.array([row])) for row in range(len(new))]
            seen = self._session.prompt({int(row.track[0]): self._show(row) for row in rows})
            self._class_id |= dict(zip(new.track.tolist(), new.class_id.tolist(), strict=True))
        self._session.remember()
        masks = self._session.masks(self._threshold)
        there, box = _boxes(masks)
        track = seen.identity[there]
        class_id = np.array([self._class_id[each] for each in track.tolist()], np.int64)
        return Answer(track, box, seen.iou[there].astype(np.float64), class_id, masks[there])

    def _prompts(self, frame: Frame) -> Tracks:
        if self._own is not None:
            return starting_in(self._own, frame.index)
        if frame.prompts is None:
            raise ValueError("the sequence has no prompts: name a JSON file in the option prompts")
        return frame.prompts


def _boxes(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which masks (B, height, width) are not empty, and the boxes (K, 4) around those."""
    across, down = np.any(masks, axis=1), np.any(masks, axis=2)
    there = np.flatnonzero(np.any(across, axis=1))
    across, down = across[there], down[there]
    sides = [across.argmax(1), down.argmax(1)]
    sides += [each.shape[1] - each[:, ::-1].argmax(1) for each in (across, down)]
    return there, np.stack(sides, axis=1).astype(np.float64)


def _show_box(row: Tracks, points: int) -> Prompt:
    return Prompt(box=row.box[0])


def _show_mask(row: Tracks, points: int) -> Prompt:
    return Prompt(mask=_mask(row))


def _show_points(row: Tracks, points: int) -> Prompt:
    found = points_inside(_mask(row), points)
    return Prompt(points=found, labels=np.ones(len(found), np.int64))


def _mask(row: Tracks) -> np.ndarray:
    if row.rle is None:
        raise ValueError("the prompts are boxes without masks: expected the option prompt: box")
    return rle.decode(row.rle)[0]


_KINDS = {"box": _show_box, "mask": _show_mask, "points": _show_points}
