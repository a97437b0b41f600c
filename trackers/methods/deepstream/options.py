"""Options of the container of DeepStream's MaskTracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trackers.option_types import NonNegativeInt


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        image: Container image, with its tag.
        detector: PeopleNet as ONNX.
        labels: File with the names of its classes, one a line; people come first.
        models: Folder of SAM 2 as NVIDIA's exporter writes it: image_encoder.onnx and three more.
        docker: Program that runs containers.
        interval: Frames between two in which the detector runs.
        values: Other values of the files that are written, by <file>.<group>.<key>, such as
            tracker.TargetManagement.probationAge; the files are in files.py.
    """

    image: str
    detector: str
    labels: str
    models: str
    docker: str = "docker"
    interval: NonNegativeInt = 0
    values: Mapping[str, Any] | None = None
