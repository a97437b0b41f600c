"""Options of DeepSORT; names and defaults are its authors'."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.engines.runner import Precision
from trackers.option_types import UnitInterval
from trackers.parts.options import DeepSortOptions


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of DeepSORT.

    Args:
        embedding: Network card of an appearance network, or its folder; None for association by
            motion alone. An embedding requires frames with images.
        embedding_device: Device of the appearance network, `cpu` or `cuda`; None for `cuda` with
            TensorRT and `cpu` otherwise.
        embedding_precision: Precision of an appearance network in PyTorch; other files have a fixed
            one.
        min_confidence: Detections below this score are discarded.
        nms_max_overlap: Maximum IoU of two detections in non-maximum suppression; 1 keeps all.
        report_coasted: Whether a track's predicted box is reported in the first frame without a
            detection, as in the authors' program.
    """

    embedding: str | None = None
    embedding_device: str | None = None
    embedding_precision: Precision = "fp32"
    min_confidence: float = 0.3
    nms_max_overlap: UnitInterval = 1.0
    rules: DeepSortOptions = DeepSortOptions()
    report_coasted: bool = False
