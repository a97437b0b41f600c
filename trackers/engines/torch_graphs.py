"""CUDA graphs: what a function runs on the GPU, recorded once for each shape of its inputs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

_new_stream: Any = torch.cuda.Stream  # PyTorch gives its constructor no types
Outputs = tuple[Tensor, ...]
Function = Callable[[Mapping[str, Tensor]], Outputs]
Recorder = Callable[[Callable[[], Outputs]], tuple[Callable[[], None], Outputs]]

_MOST = 32  # recordings kept; each holds its inputs and outputs
_WARM_UP = 3  # runs before the recording, in which libraries choose their kernels


class GraphedFunction:
    """A function of tensors: recorded when it meets a shape, played when it meets it again.

    The tensors it returns are overwritten when it is played again.

    Args:
        function: Runs on the GPU only, the same for the same shapes.
        record: Runs a function once, and returns what runs it again and its outputs.
        most: Recordings kept; the one played longest ago goes first.
    """

    def __init__(
        self, function: Function, record: Recorder | None = None, most: int = _MOST
    ) -> None:
        self._function, self._most = function, most
        self._record: Recorder = record or cuda_recorder()
        self._kept: OrderedDict[object, tuple[Callable[[], None], dict[str, Tensor], Outputs]]
        self._kept = OrderedDict()

    def __call__(self, inputs: Mapping[str, Tensor]) -> Outputs:
        key = tuple((name, each.shape, each.dtype) for name, each in sorted(inputs.items()))
        if key not in self._kept:
            self._kept[key] = self._new(inputs)
        self._kept.move_to_end(key)
        play, places, outputs = self._kept[key]
        for name, each in inputs.items():
            places[name].copy_(each)
        play()
        return outputs

    def _new(
        self, inputs: Mapping[str, Tensor]
    ) -> tuple[Callable[[], None], dict[str, Tensor], Outputs]:
        if len(self._kept) == self._most:
            self._kept.popitem(last=False)
        places = {name: each.clone() for name, each in inputs.items()}
        play, outputs = self._record(lambda: self._function(places))
        return play, places, outputs


def cuda_recorder() -> Recorder:
    """Return a recorder whose recordings share the memory they compute in."""
    pool = torch.cuda.graph_pool_handle()

    def record(function: Callable[[], Outputs]) -> tuple[Callable[[], None], Outputs]:
        aside: torch.cuda.Stream = _new_stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UP):
                function()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool):
            outputs = function()
        return graph.replay, outputs

    return record
