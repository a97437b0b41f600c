"""PyTorch, the reference: a module runs as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class TorchArrays:
    """Tensors on a device.

    Args:
        device: As `torch.device` takes it.
        dtype: Of all that are floats.
    """

    def __init__(self, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        self.device, self.dtype = torch.device(device), dtype

    def put(self, array: np.ndarray) -> torch.Tensor:
        """Return a copy on the device; float32 becomes the engines' own precision."""
        tensor = torch.tensor(array)
        kind = self.dtype if tensor.is_floating_point() else tensor.dtype
        return tensor.to(self.device, kind)

    def get(self, array: torch.Tensor) -> np.ndarray:
        """Return a copy as numpy; floats as float32."""
        found: np.ndarray = (array.float() if array.is_floating_point() else array).cpu().numpy()
        return found

    def zeros(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Return zeros in the engines' own precision."""
        return torch.zeros(shape, device=self.device, dtype=self.dtype)

    def concatenate(self, arrays: list[torch.Tensor]) -> torch.Tensor:
        """Return tensors as one, along the first axis."""
        return torch.cat(arrays)

    def resize(self, maps: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """Return maps (B, h, w) as float32 (B, height, width), bilinear, corners not aligned."""
        return functional.interpolate(
            maps[:, None].float(), (height, width), mode="bilinear", align_corners=False
        )[:, 0]


class TorchEngine:
    """A module and the names of what it returns.

    Args:
        module: Its `outputs` are the names; its arguments are those of the engine.
        arrays: Where it runs.
    """

    def __init__(self, module: nn.Module, arrays: TorchArrays) -> None:
        self._names: tuple[str, ...] = module.outputs  # type: ignore[assignment]
        self._module = module.eval().to(arrays.device, arrays.dtype)

    @torch.no_grad()
    def __call__(self, **inputs: Any) -> dict[str, torch.Tensor]:
        """Return the outputs by name."""
        return dict(zip(self._names, self._module(**inputs), strict=True))
