"""Inputs of the steps: drawn people as images, and as the H.264 video of a prepared sequence.

Libraries for videos and sequences are imported where they are used: other steps run without them.
"""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from bench.material.official_sam2 import save_frames
from datasets.synthesis.rendering import play
from datasets.synthesis.scripts import SCENARIOS
from datasets.types import NO_TRACK, Sequence, Tracks

_FRAME_RATE = 30
_DRAWN = 12  # different frames of the video, which are then shown backwards and forwards
_SCORE = 0.9  # of each detection


def drawn_people(count: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Return frames of the synthetic scenario `crowd` and the boxes in the first one, (K, 4)."""
    draw = np.random.Generator(np.random.PCG64([1, 1, 1, 0]))
    clip = list(islice(play(draw, SCENARIOS["crowd"](draw)), count))
    return [image for image, _ in clip], np.array([label.box for label in clip[0][1]])


def video(folder: Path, frames: int, size: tuple[int, int]) -> Sequence:
    """Return a sequence whose images are a video of drawn people, made if it is not there.

    Args:
        size: Height and width.
    """
    from datasets.media.video import writing_video
    from datasets.own import read_own
    from datasets.sequences.sequence_json import open_sequence, write_prepared

    path = folder / "video" / "sequence.json"
    if not path.is_file():
        file = folder / "video" / "people.mp4"
        images, _ = drawn_people(min(_DRAWN, frames))
        resized = [cv2.resize(image, size[::-1], interpolation=cv2.INTER_CUBIC) for image in images]
        with writing_video(file, _FRAME_RATE, *size) as write:
            for image in islice(cycle([*resized, *resized[-2:0:-1]]), frames):
                write(image)
        write_prepared(path, read_own(file, "people", classes=["person"]))
    return open_sequence(path).sequence


def jpegs(folder: Path, sequence: Sequence, frames: int) -> Path:
    """Return a folder of the first frames as JPEG, which the official predictor reads."""
    from datasets.media.frames import sequence_frames

    images = folder / f"jpeg-{sequence.extent.height}-{frames}"
    if not images.is_dir():
        save_frames(images, list(islice(sequence_frames(sequence), frames)))
    return images


def grid_boxes(count: int, size: tuple[int, int]) -> np.ndarray:
    """Return boxes (count, 4) that do not overlap, spread over an image of a height and width."""
    height, width = size
    columns = int(np.ceil((count * width / height) ** 0.5))
    rows = -(-count // columns)
    cell = np.array([width / columns, height / rows])
    place = np.stack(np.divmod(np.arange(count), columns)[::-1], 1)
    return np.concatenate([(place + 0.2) * cell, (place + 0.8) * cell], 1)


def detected_sequence(folder: Path, sequence: Sequence, count: int) -> Path:
    """Return the sequence.json of a sequence with `count` steady detections in each frame."""
    from datasets.sequences.sequence_json import Prepared, write_prepared

    path = folder / f"detections-{count}" / "sequence.json"
    extent = sequence.extent
    box = grid_boxes(count, (extent.height, extent.width))
    rows = count * extent.frame_count
    detections = Tracks(
        extent,
        frame=np.repeat(np.arange(extent.frame_count), count),
        track=np.full(rows, NO_TRACK),
        class_id=np.full(rows, min(extent.classes)),
        score=np.full(rows, _SCORE),
        box=np.tile(box, (extent.frame_count, 1)),
    )
    write_prepared(path, Prepared(sequence, truth=None, detections=detections))
    return path
