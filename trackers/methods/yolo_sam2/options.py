"""Options of YOLO + SAM 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trackers.detectors.options import DetectorOptions
from trackers.option_types import NonNegativeFloat, NonNegativeInt, PositiveInt, UnitInterval
from trackers.sam2.options import Sam2Options


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The thresholds of the mode `online`.

    Args:
        reliable: Presence above it is reliable.
        pending: Down to here it is pending.
        suspicious: Down to here suspicious, and lost below.
        match_iou: Minimum IoU of a detection with the box of a mask that it is matched with.
        free: A detection with more than this share under no mask is a new person.
        patience: Frames in a row that a person may be lost.
        collapse: Two masks with a larger IoU are of one person, and one of the two is hidden.
        gap: The one with the lower presence is hidden, if the presences differ by more than this.
        spread: Else the one whose presence varies more, by more than this.
        spread_frames: Number of the latest frames in which that is compared.
    """

    reliable: float = 8.0
    pending: float = 6.0
    suspicious: float = 2.0
    match_iou: UnitInterval = 0.3
    free: UnitInterval = 0.5
    patience: NonNegativeInt = 25
    collapse: UnitInterval = 0.8
    gap: NonNegativeFloat = 2.0
    spread: NonNegativeFloat = 0.2
    spread_frames: PositiveInt = 10


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        mode: Which people are tracked, and how, see `tracker.py`.
        detection: Its `interval` is for the mode `online`.
        min_score: Detections with a smaller score are discarded.
        zone: `[left, top, width, height]`, or corners: only people who reach into it are tracked.
        key_frame: Frame, from 0, whose detections `article` and `joint` follow.
    """

    mode: Literal["article", "joint", "online"] = "online"
    sam2: Sam2Options = Sam2Options()
    detection: DetectorOptions = DetectorOptions()
    min_score: float = 0.5
    zone: Sequence[float] | Sequence[Sequence[float]] | None = None
    key_frame: NonNegativeInt = 30
    rules: Rules = Rules()
