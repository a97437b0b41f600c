"""Options of DeepStream's MaskTracker, run in its container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trackers.methods.deepstream.releases import RELEASES, ReleaseName
from trackers.option_types import NonNegativeInt


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of DeepStream's MaskTracker, run in its container.

    Args:
        detector: ONNX file of PeopleNet.
        labels: File with PeopleNet's class names, one per line; the person class must be first.
        models: Folder of the SAM 2 networks written by NVIDIA's exporter: image_encoder.onnx,
            mask_decoder.onnx, memory_attention.onnx and memory_encoder.onnx. The rule
            `deepstream_sam2` makes engines/deepstream/sam2/<release>/<size>.
        release: Release of DeepStream.
        image: Container image, with its tag; None for NVIDIA's image of the release.
        docker: Program that runs containers.
        calibration: Calibration table of PeopleNet, with which it runs in INT8 as in NVIDIA's
            sample up to 9.0; None for FP16, as in the sample from 9.1 on.
        masks: Whether the tracks have masks. They are written by `probe.py`, which needs Python
            bindings in the image, see Containerfile.
        overlap: Which object gets a pixel of several masks: all of them (`none`), as DeepStream
            outputs them, or the one with the highest confidence (`score_priority`).
        interval: Number of frames between two runs of the detector.
        overrides: Overrides of configuration values by `<file>.<group>.<key>`, such as
            `tracker.TargetManagement.probationAge`; `files.py` lists all keys.
    """

    detector: str
    labels: str
    models: str
    release: ReleaseName = "9.0"
    image: str | None = None
    docker: str = "docker"
    calibration: str | None = None
    masks: bool = False
    overlap: Literal["none", "score_priority"] = "none"
    interval: NonNegativeInt = 0
    overrides: Mapping[str, Any] | None = None

    @property
    def image_name(self) -> str:
        """The container image that is run."""
        return self.image or RELEASES[self.release].image
