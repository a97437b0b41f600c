"""Options of a detector and a box tracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trackers.option_types import UnitInterval


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        detector: Card of a detector, or the folder of an exported one.
        tracker: Method of the tracker, by its folder's name; None for none, then each detection is
            a track of its own.
        options: Options of that method.
        device: Device that the detector runs on: `cpu` or `cuda`.
        min_score: Detections with a smaller score are discarded; the method may have a higher
            threshold of its own.
    """

    detector: str
    tracker: str | None = None
    options: Mapping[str, Any] | None = None
    device: str = "cpu"
    min_score: UnitInterval = 0.1
