"""Options of YOLO + SAM 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trackers.detectors.options import DetectorOptions
from trackers.option_types import NonNegativeFloat, NonNegativeInt, PositiveInt, UnitInterval
from trackers.sam2.options import Sam2Options


@dataclass(frozen=True, kw_only=True)
class LifeCycleOptions:
    """Life cycle of objects in the mode `online`, after SAM2MOT.

    `min_mask_share`, `max_reprompt_age` and `max_undetected_age` are not part of SAM2MOT; the value
    of the last is DeepStream's for MaskTracker.

    Args:
        reliable_score: Object score above which an object is reliable.
        pending_score: Object score above which an object that is not reliable is pending.
        suspicious_score: Object score above which an object that is neither is suspicious; at or
            below it, the object is lost.
        match_iou: Minimum IoU of a match between a detection and the box around a mask, and of
            that box with the detection that prompted the object.
        min_mask_share: Minimum area of a mask, as a share of the box of the object's latest
            detection; with a smaller mask, the object is lost.
        min_uncovered_share: Share of a detection's box outside all masks above which the detection
            starts a new track.
        max_reprompt_age: Maximum number of detector runs since an object's latest detection with
            which a detection near that one prompts the object again instead of starting a track.
        max_undetected_age: Maximum number of consecutive detector runs without a matching detection
            that an object survives.
        max_lost_frames: Maximum number of consecutive frames that an object may be lost.
        duplicate_iou: Mask IoU above which two objects are duplicates, and one of them is treated
            as occluded.
        score_margin: Difference in object score above which, of two duplicates, the one with the
            lower score is the occluded one.
        deviation_margin: Difference in the standard deviation of object scores above which, of two
            duplicates within `score_margin`, the one with the larger deviation is the occluded one.
        deviation_frames: Number of latest frames over which the standard deviation is computed.
    """

    reliable_score: float = 8.0
    pending_score: float = 6.0
    suspicious_score: float = 2.0
    match_iou: UnitInterval = 0.3
    min_mask_share: UnitInterval = 0.05
    min_uncovered_share: UnitInterval = 0.5
    max_reprompt_age: NonNegativeInt = 5
    max_undetected_age: NonNegativeInt = 84
    max_lost_frames: NonNegativeInt = 25
    duplicate_iou: UnitInterval = 0.8
    score_margin: NonNegativeFloat = 2.0
    deviation_margin: NonNegativeFloat = 0.2
    deviation_frames: PositiveInt = 10


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of YOLO + SAM 2.

    Args:
        mode: Which objects are tracked, and how, see `tracker.py`.
        detection: Options of the detector; `interval` applies to the mode `online`.
        min_score: Detections below this score are discarded.
        zone: Area that an object's box must reach to be tracked: `[left, top, width, height]` or a
            list of corners; None for the whole image.
        key_frame: Index, from 0, of the frame whose detections `article` and `joint` track.
        max_objects: Maximum number of objects at a time. Beyond it, a detection replaces the
            object without a detection for the longest time (`online`), or the detections of the
            highest scores are tracked (`article`, `joint`); a note at the end counts the rest.
    """

    mode: Literal["article", "joint", "online"] = "online"
    sam2: Sam2Options = Sam2Options()
    detection: DetectorOptions = DetectorOptions()
    min_score: float = 0.5
    zone: Sequence[float] | Sequence[Sequence[float]] | None = None
    key_frame: NonNegativeInt = 30
    max_objects: PositiveInt = 32
    life_cycle: LifeCycleOptions = LifeCycleOptions()
