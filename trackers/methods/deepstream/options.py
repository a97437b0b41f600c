"""Options of DeepStream's MaskTracker, run in its container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trackers.option_types import NonNegativeInt


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of DeepStream's MaskTracker, run in its container.

    Args:
        image: Container image, with its tag.
        detector: ONNX file of PeopleNet.
        labels: File with PeopleNet's class names, one per line; the person class must be first.
        models: Folder of the SAM 2 networks written by NVIDIA's exporter: image_encoder.onnx,
            mask_decoder.onnx, memory_attention.onnx and memory_encoder.onnx.
        docker: Program that runs containers.
        interval: Number of frames between two runs of the detector.
        overrides: Overrides of configuration values by `<file>.<group>.<key>`, such as
            `tracker.TargetManagement.probationAge`; `files.py` lists all keys.
    """

    image: str
    detector: str
    labels: str
    models: str
    docker: str = "docker"
    interval: NonNegativeInt = 0
    overrides: Mapping[str, Any] | None = None
