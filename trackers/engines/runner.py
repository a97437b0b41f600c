"""Which engine runs a model's networks, and where: the options that methods with networks share."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.engines.contract import PRECISIONS

_OWN = ("fp32", "eager")


@dataclass(frozen=True)
class Runner:
    """See the module.

    Args:
        engine: `torch`, `onnxruntime` or `tensorrt`.
        device: As the engine calls it.
        networks: Folder of what the other two run, as engines/sam2_demo/fp32; it has the weights
            and a precision of its own. None for PyTorch.
        precision: Of PyTorch: `fp32`, `fp16` or `bf16`.
        torch_mode: Of PyTorch: `eager`, `compile` or `graphs`, see `TorchEngine`.
    """

    engine: str = "torch"
    device: str = "cpu"
    networks: str | None = None
    precision: str = "fp32"
    torch_mode: str = "eager"

    def check(self, known: tuple[str, ...]) -> None:
        """Raise ValueError if the engine is not among the known, or things do not go together."""
        if self.engine not in known:
            raise ValueError(f"engine {self.engine!r} is unknown: expected one of {list(known)}")
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
