"""DeepStream's own MaskTracker, in NVIDIA's container: see `run.py`, which the workflow calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


def build(
    *,
    image: str,
    detector: str,
    labels: str,
    models: str,
    docker: str = "docker",
    interval: int = 0,
    values: Mapping[str, Any] | None = None,
) -> NoReturn:
    """Raise RuntimeError: the container is given whole sequences, not frames.

    Args:
        image: Of the container, with its tag.
        detector: PeopleNet as ONNX.
        labels: Names of its classes, one a line; people come first.
        models: Folder of SAM 2 as NVIDIA's exporter writes it: image_encoder.onnx and three more.
        docker: The program that runs containers.
        interval: Frames between two in which the detector runs.
        values: Other values of the files that are written, by `<file>.<group>.<key>`, such as
            `tracker.TargetManagement.probationAge`; the files are in `files.py`.
    """
    del image, detector, labels, models, docker, interval, values
    raise RuntimeError(
        "deepstream runs in its container: make its tracks by the workflow, or by "
        "python -m trackers.methods.deepstream.run"
    )
