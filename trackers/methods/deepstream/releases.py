"""What differs between the releases of DeepStream that have MaskTracker.

Sources: README and configs of deepstream-masktracker, in NVIDIA-AI-IOT/deepstream_reference_apps
(5ee6a65 for 8.0, 1c9f71b for 9.0) and in NVIDIA/DeepStream (0e05420 for 9.1), which replaces it and
deepstream_tools. The keys of the tracker's files and the shipped values are the same in all; the
sample's detector runs in INT8 up to 9.0 and in FP16 from 9.1 on. For 9.2 no document that names the
tag was found: it follows the pattern of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReleaseName = Literal["8.0", "9.0", "9.1", "9.2"]


@dataclass(frozen=True)
class Release:
    """A release of DeepStream.

    Args:
        image: NVIDIA's container image.
        exporter: Git repository of the exporter of SAM 2.
        folder: Folder of the exporter in the repository.
    """

    image: str
    exporter: str
    folder: str


_REGISTRY = "nvcr.io/nvidia/deepstream"
_TOOLS = ("https://github.com/NVIDIA-AI-IOT/deepstream_tools.git", "sam2-onnx-tensorrt")
_MONOREPO = ("https://github.com/NVIDIA/DeepStream.git", "tools/sam2-onnx-tensorrt")

RELEASES: dict[str, Release] = {
    "8.0": Release(f"{_REGISTRY}:8.0-triton-multiarch", *_TOOLS),
    "9.0": Release(f"{_REGISTRY}:9.0-triton-multiarch", *_TOOLS),
    "9.1": Release(f"{_REGISTRY}:9.1-triton-multiarch", *_MONOREPO),
    "9.2": Release(f"{_REGISTRY}:9.2-triton-multiarch", *_MONOREPO),
}
