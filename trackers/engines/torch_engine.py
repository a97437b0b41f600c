"""PyTorch, the reference engine: run a module eagerly, compiled, or as CUDA graphs.

In float16 and bfloat16 PyTorch chooses for each operator whether it runs in the low precision
(`torch.autocast`), as in the official SAM 2. Weights that it would cast at every call are cast
once, in a copy of the module. Outputs are in the low precision, whatever operator is last, as those
of the exported networks are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from trackers.engines.runner import TorchMode
from trackers.engines.torch_graphs import GraphedFunction, Graphs

MODES = get_args(TorchMode)
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def forbid_tf32() -> None:
    """Let float32 be IEEE float32 on GPUs: PyTorch would compute convolutions in TF32.

    The setting is that of the process, and concerns the parts of half-precision networks that stay
    in float32 too.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


class TorchArrays:
    """Tensors on a device, see `Arrays`.

    Args:
        device: Name of the device for `torch.device`.
        dtype: Type that engines compute in, and of the tensors that `zeros` returns.
    """

    def __init__(self, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        self.device, self.dtype = torch.device(device), dtype
        if self.device.type == "cuda":
            forbid_tf32()

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


class WeightUses:
    """What operators do with tensors, to cast weights beforehand.

    Args:
        dtype: The low precision.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self._dtype = dtype
        # addresses of tensors that were cast to the low precision, and of those used otherwise
        self._cast: set[int] = set()
        self._used: set[int] = set()

    def watch(self) -> AbstractContextManager[object]:
        """Return a context whose operators are noted."""

        def dispatch(
            _: object, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: Any = None
        ) -> Any:
            del types
            self._note(func, args, kwargs or {})
            return func(*args, **(kwargs or {}))

        mode: Any = type("Mode", (TorchDispatchMode,), {"__torch_dispatch__": dispatch})
        context: AbstractContextManager[object] = mode()
        return context

    def _note(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        addresses = {_address(each) for each in tree_leaves(args) if isinstance(each, Tensor)}
        if func is torch.ops.aten._to_copy.default and kwargs.get("dtype") == self._dtype:
            self._cast |= addresses
        elif not func.is_view:  # a view of a weight may still be cast
            self._used |= addresses

    def cast_weights(self, module: nn.Module) -> nn.Module:
        """Return a copy with all weights cast that were only ever cast; the others are shared."""
        weights = [*module.parameters(), *module.buffers()]
        copied = copy.deepcopy(module, {id(each): each for each in weights})
        low: dict[int, Tensor] = {
            id(each): _like(each, each.detach().to(self._dtype))
            for each in weights
            if _address(each) in self._cast - self._used
        }
        for part in copied.modules():
            own = [*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)]
            for name, each in own:
                setattr(part, name, low.get(id(each), each))
        return copied


def _like(weight: Tensor, values: Tensor) -> Tensor:
    """Return values as a parameter if the weight is one."""
    is_parameter = isinstance(weight, nn.Parameter)
    return nn.Parameter(values, requires_grad=False) if is_parameter else values


def _address(tensor: Tensor) -> int:
    """Return the address of the memory that a tensor and its views share."""
    return tensor.untyped_storage().data_ptr()


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
        self._arrays, self._mode, self._prepared = arrays, mode, False
        self._module = module.eval().to(arrays.device)
        self._call: Callable[..., tuple[Tensor, ...]] = self._module
        self._run: Callable[[Mapping[str, Tensor]], tuple[Tensor, ...]] = self._forward
        if mode == "graphs":
            self._run = GraphedFunction(self._forward, rows, graphs)

    @torch.no_grad()
    def __call__(self, **inputs: Any) -> dict[str, Tensor]:
        if not self._prepared:
            self._prepare(inputs)
        return dict(zip(self._names, self._run(inputs), strict=True))

    def _prepare(self, inputs: Mapping[str, Tensor]) -> None:
        """Cast the weights and compile the module, as far as that is wanted."""
        if self._arrays.dtype != torch.float32:
            uses = WeightUses(self._arrays.dtype)
            with uses.watch():
                self._forward(inputs)
            self._module = self._call = uses.cast_weights(self._module)
        if self._mode == "compile":
            self._call = torch.compile(self._module)
        self._prepared = True

    def _forward(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        dtype = self._arrays.dtype
        if dtype == torch.float32:
            return self._call(**inputs)
        with torch.autocast(self._arrays.device.type, dtype, cache_enabled=False):
            outputs = self._call(**inputs)
        return tuple(each.to(dtype) if each.is_floating_point() else each for each in outputs)
