"""Where a single network runs: its device and its precision. The engine follows from its file."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.engines.runner import Precision


@dataclass(frozen=True)
class NetworkRunner:
    """The device and precision of a network.

    Args:
        device: Device of the engine, by the engine's own name; None for `cuda` with TensorRT and
            `cpu` otherwise.
        precision: Precision of PyTorch; other networks have a fixed one.
    """

    device: str | None = None
    precision: Precision = "fp32"
