"""Which engine runs a model's networks, and where: the options that methods with networks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

EngineName = Literal["torch", "onnxruntime", "tensorrt"]
Precision = Literal["fp32", "fp16", "bf16"]
TorchMode = Literal["eager", "compile", "graphs"]
ENGINES, PRECISIONS = get_args(EngineName), get_args(Precision)
_OWN = ("fp32", "eager")


@dataclass(frozen=True)
class Runner:
    """See the module.

    Args:
        engine: What runs the networks.
        device: Device that the engine runs on, as it calls it: `cpu`, `cuda`.
        networks: Folder of the networks of the other two engines, as engines/sam2_demo/fp32; it has
            the weights and a precision of its own. None for PyTorch.
        precision: Precision in which PyTorch computes.
        torch_mode: How PyTorch runs a network, see `TorchEngine`.
    """

    engine: EngineName = "torch"
    device: str = "cpu"
    networks: str | None = None
    precision: Precision = "fp32"
    torch_mode: TorchMode = "eager"

    def check(self) -> None:
        """Raise ValueError if the engine is unknown, or things do not go together."""
        if self.engine not in ENGINES:
            raise ValueError(f"engine {self.engine!r} is unknown: expected one of {list(ENGINES)}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision: {self.precision!r} found, expected one of {PRECISIONS}")
        if (self.networks is None) != (self.engine == "torch"):
            raise ValueError(
                f"engine {self.engine!r} with networks {self.networks!r}: only PyTorch needs no "
                "folder"
            )
        if self.networks is not None and (self.precision, self.torch_mode) != _OWN:
            raise ValueError(
                f"precision {self.precision!r} and torch_mode {self.torch_mode!r} found, but they "
                f"are PyTorch's: {self.networks} has a precision of its own"
            )
