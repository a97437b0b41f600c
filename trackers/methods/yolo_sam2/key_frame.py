"""The key frame of the modes `article` and `joint`: detections in the zone and their points."""

from __future__ import annotations

from itertools import islice

import numpy as np

from datasets.media.frames import sequence_frames
from datasets.sequences.sequence_json import PreparedSequence
from datasets.types import Detections, Extent, Frame, Tracks
from datasets.zone import Zone
from trackers.detectors.source import DetectionSource
from trackers.key_frame import KeyFrame
from trackers.methods.yolo_sam2.life_cycle import best_rows
from trackers.methods.yolo_sam2.options import Options
from trackers.methods.yolo_sam2.tracker import point_prompt


def find(options: Options, prepared: PreparedSequence) -> KeyFrame | None:
    """Return the key frame; None in the mode `online`, which adds objects in any frame.

    Raises:
        ValueError: The key frame is beyond the end of the sequence.
    """
    sequence, index = prepared.sequence, options.key_frame
    if options.mode == "online":
        return None
    image = next(islice(sequence_frames(sequence), index, None), None)
    if image is None:
        raise ValueError(
            f"key_frame: expected a frame below {sequence.extent.frame_count}, the number of "
            f"frames of {sequence.name}, found {index}"
        )
    given = prepared.detections()
    public = None if given is None else given.detections(index)
    source = DetectionSource(
        options.detection.detector, options.detection.where.runner, options.min_score
    )
    source.start(sequence)
    found = source.find(Frame(index, image, public))
    inside = np.ones(len(found.score), bool)
    if options.zone is not None:
        inside = Zone.of(options.zone).reached(found.box)
    reached = found.take(inside)
    chosen = reached.take(best_rows(reached.score, options.max_objects))
    kept = _as_tracks(chosen, sequence.extent, index, 1)
    others = _as_tracks(found.take(~inside), sequence.extent, index, len(kept) + 1)
    points = {
        track: point_prompt(box).points
        for track, box in zip(kept.track.tolist(), kept.box, strict=True)
    }
    return KeyFrame(index, kept, {track: p for track, p in points.items() if p is not None}, others)


def _as_tracks(found: Detections, extent: Extent, frame: int, first: int) -> Tracks:
    """Return detections as rows of a frame with the identities first, first + 1, ..."""
    count = len(found.score)
    box = found.box.clip(0, [extent.width - 1, extent.height - 1] * 2)
    return Tracks(
        extent, np.full(count, frame), np.arange(first, first + count), found.class_id,
        found.score, box,
    )  # fmt: skip
