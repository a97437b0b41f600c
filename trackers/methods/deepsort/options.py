"""Options of DeepSORT; names and defaults are those of its authors."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import UnitInterval
from trackers.parts.options import DeepSortOptions


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        embedding: Card of an appearance network, or the folder it is in; None for motion alone.
            With it the frames must carry images.
        device: Device that network runs on: `cpu` or `cuda`.
        min_confidence: Detections with a smaller score are discarded.
        nms_max_overlap: Maximum IoU of two detections, see `suppress`; 1 keeps all.
        report_coasted: Whether a target's predicted box is reported in the first frame without a
            detection of it, as the authors' program does.
    """

    embedding: str | None = None
    device: str = "cpu"
    min_confidence: float = 0.3
    nms_max_overlap: UnitInterval = 1.0
    rules: DeepSortOptions = DeepSortOptions()
    report_coasted: bool = False
