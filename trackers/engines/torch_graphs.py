"""CUDA graphs of functions, recorded once for each shape of the inputs."""

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

_MAX_GRAPHS = 32  # each holds its inputs and outputs in memory
_WARM_UP = 3  # runs before the recording, during which libraries choose their kernels


class GraphedFunction:
    """A function of tensors, recorded at the first call with a shape and replayed later.

    The returned tensors are overwritten by the next replay.

    Args:
        function: Function that runs on the GPU only and does the same for the same shapes.
        record: Function that runs another once and returns a function to replay it, and the
            outputs.
        max_graphs: Maximum number of recordings; the least recently used is discarded first.
    """

    def __init__(
        self, function: Function, record: Recorder | None = None, max_graphs: int = _MAX_GRAPHS
    ) -> None:
        self._function, self._max_graphs = function, max_graphs
        self._record: Recorder = record or cuda_recorder()
        self._graphs: OrderedDict[object, tuple[Callable[[], None], dict[str, Tensor], Outputs]]
        self._graphs = OrderedDict()

    def __call__(self, inputs: Mapping[str, Tensor]) -> Outputs:
        key = tuple((name, each.shape, each.dtype) for name, each in sorted(inputs.items()))
        if key not in self._graphs:
            self._graphs[key] = self._record_graph(inputs)
        self._graphs.move_to_end(key)
        replay, static_inputs, outputs = self._graphs[key]
        for name, each in inputs.items():
            static_inputs[name].copy_(each)
        replay()
        return outputs

    def _record_graph(
        self, inputs: Mapping[str, Tensor]
    ) -> tuple[Callable[[], None], dict[str, Tensor], Outputs]:
        if len(self._graphs) == self._max_graphs:
            self._graphs.popitem(last=False)
        static_inputs = {name: each.clone() for name, each in inputs.items()}
        replay, outputs = self._record(lambda: self._function(static_inputs))
        return replay, static_inputs, outputs


def cuda_recorder() -> Recorder:
    """Return a recorder whose CUDA graphs share one memory pool."""
    pool = torch.cuda.graph_pool_handle()

    def record(function: Callable[[], Outputs]) -> tuple[Callable[[], None], Outputs]:
        side_stream: torch.cuda.Stream = _new_stream()
        side_stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side_stream):
            for _ in range(_WARM_UP):
                function()
        torch.cuda.current_stream().wait_stream(side_stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool):
            outputs = function()
        return graph.replay, outputs

    return record
