"""The picture of the key frame: what a tracker starts from, as boxes, masks and points."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from datasets.masks import coco_rle
from datasets.media.frames import write_image
from datasets.prompts.prompt_files import drawn_kind
from datasets.types import Sequence, Tracks
from datasets.zone import Zone
from reports.overlays.drawing import PALETTE, draw, draw_note, draw_points, draw_zone, outline
from trackers.key_frame import KeyFrame
from workflow.videos.folder import KEY_FRAME
from workflow.videos.source import read_images


def write_key_frame(
    folder: Path, sequence: Sequence, key: KeyFrame, zone: Zone | None, note: str
) -> None:
    """Write the key frame with its prompts, and thin boxes around what is not tracked."""
    image = next(islice(read_images(sequence), key.index, None)).copy()
    if zone is not None:
        draw_zone(image, zone)
    outline(image, key.others.box)
    ranks = {track: rank for rank, track in enumerate(key.prompts.track.tolist())}
    draw(image, _without_points(key.prompts), ranks)
    for track, point in _points(key).items():
        draw_points(image, point, PALETTE[ranks[track] % len(PALETTE)])
    if note:
        draw_note(image, note)
    part = folder / f".{KEY_FRAME}"
    write_image(part, image)
    part.replace(folder / KEY_FRAME)


def _points(key: KeyFrame) -> dict[int, np.ndarray]:
    """Return the points of each object that is prompted with points, by track id."""
    found = dict(key.points)
    for row in range(len(key.prompts)):
        each = key.prompts.take(np.array([row]))
        if each.rle is not None and drawn_kind(each) == "points":
            pixels = np.argwhere(coco_rle.decode(each.rle)[0])[:, ::-1]
            found[int(each.track[0])] = pixels + 0.5
    return found


def _without_points(prompts: Tracks) -> Tracks:
    """Return prompts whose boxes are large enough to be seen."""
    small = (prompts.box[:, 2:] - prompts.box[:, :2]).max(axis=1, initial=0) < 1
    return replace(prompts, box=prompts.box + small[:, None] * np.array([-1, -1, 1, 1]))
