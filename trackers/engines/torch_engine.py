"""PyTorch, the reference engine: run a module eagerly, compiled, or as CUDA graphs.

In float16 and bfloat16 the weights stay float32, and PyTorch chooses for each operator whether it
runs in the low precision (`torch.autocast`), as in the official SAM 2. Outputs are in the low
precision, whatever operator is last, as those of the exported networks are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from trackers.engines.runner import TorchMode
from trackers.engines.torch_graphs import GraphedFunction, Graphs

# On one tested host, bfloat16 results of oneDNN's AMX kernels are wrong by more than half of the
# maximum value. The variable is read when PyTorch first computes.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")

MODES = get_args(TorchMode)
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


class TorchArrays:
    """Tensors on a device, see `Arrays`.

    Args:
        device: Name of the device for `torch.device`.
        dtype: Type that engines compute in, and of the tensors that `zeros` returns.
    """

    def __init__(self, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        self.device, self.dtype = torch.device(device), dtype

    def put(self, array: np.ndarray) -> Tensor:
        return torch.tensor(array, device=self.device)

    def get(self, array: Tensor) -> np.ndarray:
        dtype = torch.float32 if array.is_floating_point() else array.dtype
        found: np.ndarray = array.to("cpu", dtype, copy=True).numpy()
        return found

    def zeros(self, shape: tuple[int, ...]) -> Tensor:
        return torch.zeros(shape, device=self.device, dtype=self.dtype)

    def concatenate(self, arrays: list[Tensor]) -> Tensor:
        return torch.cat(arrays)

    def resize(self, maps: Tensor, height: int, width: int) -> Tensor:
        return functional.interpolate(
            maps[:, None].float(), (height, width), mode="bilinear", align_corners=False
        )[:, 0]


class TorchEngine:
    """A module run by PyTorch.

    Args:
        module: Module whose attribute `outputs` names its outputs; its arguments are the inputs.
        arrays: Arrays whose device and precision the module uses.
        mode: `eager`; `compile`, which compiles at each new shape and is then faster; or `graphs`,
            which records a CUDA graph for each shape and replays it without Python, on a CUDA
            device only.
        rows: Inputs whose first axis is that of all outputs, with rows that are independent of each
            other: `graphs` runs them in buckets, see `torch_graphs`.
        graphs: Where the mode `graphs` keeps the graphs, shared with other engines; None for a
            place of its own.

    Raises:
        ValueError: The mode is unknown, or not supported on this device.
    """

    def __init__(
        self,
        module: nn.Module,
        arrays: TorchArrays,
        mode: str = "eager",
        rows: Collection[str] = (),
        graphs: Graphs | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode: expected one of {MODES}, found {mode!r}")
        graphs = graphs or Graphs()
        if mode == "graphs" and arrays.device.type != graphs.device:
            raise ValueError(f"mode 'graphs': expected a CUDA device, found {arrays.device}")
        names: Any = module.outputs
        self._names: tuple[str, ...] = names
        self._arrays = arrays
        self._module: Callable[..., tuple[Tensor, ...]] = module.eval().to(arrays.device)
        self._run: Callable[[Mapping[str, Tensor]], tuple[Tensor, ...]] = self._forward
        if mode == "compile":
            self._module = torch.compile(self._module)
        if mode == "graphs":
            self._run = GraphedFunction(self._forward, rows, graphs)

    @torch.no_grad()
    def __call__(self, **inputs: Any) -> dict[str, Tensor]:
        return dict(zip(self._names, self._run(inputs), strict=True))

    def _forward(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        dtype = self._arrays.dtype
        if dtype == torch.float32:
            return self._module(**inputs)
        with torch.autocast(self._arrays.device.type, dtype, cache_enabled=False):
            outputs = self._module(**inputs)
        return tuple(each.to(dtype) if each.is_floating_point() else each for each in outputs)
