"""Options of a detector followed by a box tracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trackers.detectors.options import DetectorRunner
from trackers.option_types import UnitInterval


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a detector followed by a box tracker.

    Args:
        detector: Network card of a detector, the folder of an exported or built detector, or a
            network file whose metadata says what a card would.
        tracker: Name of the tracking method; with None each detection is reported as a new track.
        tracker_options: Options of the tracking method.
        where: Where the detector runs.
        min_score: Detections below this score are discarded; the network card and the tracking
            method may have a higher threshold.
        masks: Whether the masks of the detector are reported; without a tracking method only.
    """

    detector: str
    tracker: str | None = None
    tracker_options: Mapping[str, Any] | None = None
    where: DetectorRunner = DetectorRunner()
    min_score: UnitInterval = 0.1
    masks: bool = False
