"""Run a box tracker on detections typed in the test and read its track ids."""

from __future__ import annotations

import numpy as np

from datasets.types import Detections, Extent, Frame, Sequence
from trackers.contract import load_tracker

HERE = [0, 0, 10, 20]  # default box
FAR = [100, 100, 110, 120]  # box that does not overlap HERE


def play(method, frames, frame_rate=30, **options):
    """Return the track ids reported in each frame.

    Args:
        frames: For each frame a list of (box, score) or (box, score, class).
    """
    outputs = step_outputs(method, frames, frame_rate, **options)
    return [sorted(output.track.tolist()) for output in outputs]


def step_outputs(method, frames, frame_rate=30, **options):
    """Return the tracker output for each frame."""
    tracker = load_tracker(method, options)
    extent = Extent(480, 640, len(frames), {1: "person", 2: "car"})
    tracker.start(Sequence("stage", "one", extent, frame_rate))
    return [tracker.step(Frame(i, None, _detections(rows))) for i, rows in enumerate(frames)]


def _detections(rows):
    rows = [(*row, 1) if len(row) == 2 else row for row in rows]
    return Detections(
        np.array([box for box, _, _ in rows], float).reshape(-1, 4),
        np.array([score for _, score, _ in rows], float),
        np.array([class_id for _, _, class_id in rows], int),
    )
