"""CUDA graphs of functions: recorded once for each bucket of rows, replayed later.

A bucket is 1, 2, 4, 8, 16 or a multiple of 32 rows: a number of rows between two buckets runs as
the larger one. A graph reads its inputs from fixed addresses. All graphs of a model share one
buffer for each input, such as a memory bank, of which a small bucket uses the first rows. An input
with more rows than its buffer replaces the buffer by one for its bucket, and the graphs that read
the old one are discarded: whoever knows the largest number of rows runs it first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_new_stream: Any = torch.cuda.Stream  # PyTorch gives its constructor no types
Outputs = tuple[Tensor, ...]
Function = Callable[[Mapping[str, Tensor]], Outputs]
Recorder = Callable[[Callable[[], Outputs]], tuple[Callable[[], None], Outputs]]

_STEP = 32  # rows between two of the larger buckets
_MAX_GRAPHS = 64  # each holds its outputs in memory
_WARM_UP = 3  # runs before the recording, during which libraries choose their kernels


def bucket(rows: int) -> int:
    """Return the smallest bucket for a number of rows."""
    if rows > _STEP:
        return -(-rows // _STEP) * _STEP
    return 1 << (rows - 1).bit_length()


@dataclass(frozen=True)
class _Graph:
    replay: Callable[[], None]
    inputs: Mapping[str, Tensor]
    outputs: Outputs


class Graphs:
    """The graphs of several functions, and the buffers from which they read their inputs.

    Args:
        record: Function that runs another once and returns a function to replay it, and the
            outputs; None for CUDA graphs.
        device: Type of the device whose work is recorded.
        max_graphs: Maximum number of graphs; the least recently used is discarded first.
    """

    def __init__(
        self, record: Recorder | None = None, device: str = "cuda", max_graphs: int = _MAX_GRAPHS
    ) -> None:
        self.device, self._record, self._max_graphs = device, record, max_graphs
        self._buffers: dict[object, Tensor] = {}
        self._graphs: OrderedDict[object, _Graph] = OrderedDict()

    @property
    def input_bytes(self) -> int:
        """Size of all buffers."""
        return sum(buffer.nbytes for buffer in self._buffers.values())

    def run(
        self, function: Function, inputs: Mapping[str, Tensor], rows: Collection[str]
    ) -> Outputs:
        """Return the outputs of a function for a bucket of rows, which the next call overwrites.

        The rows beyond those of the inputs are what earlier calls left there, at first zeros.

        Args:
            rows: Inputs whose first axis is padded to its bucket.
        """
        static = {name: self._store(name, each, name in rows) for name, each in inputs.items()}
        shapes = sorted((name, each.shape, each.dtype) for name, each in static.items())
        key = function, *shapes
        if key not in self._graphs:
            self._graphs[key] = self._new_graph(function, static)
        self._graphs.move_to_end(key)
        graph = self._graphs[key]
        graph.replay()
        return graph.outputs

    def _store(self, name: str, array: Tensor, padded: bool) -> Tensor:
        """Copy an input to its buffer, and return the rows of the buffer that a graph reads."""
        shape = array.shape[1:] if padded else array.shape
        rows = bucket(len(array)) if padded else len(array)
        key = name, shape, array.dtype
        buffer = self._buffers.get(key)
        if buffer is None or len(buffer) < rows:
            if buffer is not None:
                self._discard_readers(buffer)
            buffer = self._buffers[key] = array.new_zeros((rows, *array.shape[1:]))
        buffer[: len(array)].copy_(array)
        return buffer[:rows]

    def _discard_readers(self, buffer: Tensor) -> None:
        """Discard the graphs that read a buffer."""
        address = buffer.data_ptr()
        readers = [
            key
            for key, graph in self._graphs.items()
            if any(each.data_ptr() == address for each in graph.inputs.values())
        ]
        for key in readers:
            del self._graphs[key]

    def _new_graph(self, function: Function, static: Mapping[str, Tensor]) -> _Graph:
        if self._record is None:
            self._record = cuda_recorder()
        if len(self._graphs) == self._max_graphs:
            self._graphs.popitem(last=False)
        replay, outputs = self._record(lambda: function(static))
        return _Graph(replay, static, outputs)


class GraphedFunction:
    """A function of tensors that is run as a graph; its outputs are new tensors.

    Args:
        function: Function that runs on the GPU only and does the same for the same shapes.
        rows: Inputs whose first axis, in buckets, is that of all outputs; the rows are independent
            of each other.
        graphs: Where the graphs are kept.
    """

    def __init__(self, function: Function, rows: Collection[str], graphs: Graphs) -> None:
        self._function, self._rows, self._graphs = function, rows, graphs

    def __call__(self, inputs: Mapping[str, Tensor]) -> Outputs:
        outputs = self._graphs.run(self._function, inputs, self._rows)
        count = next((len(inputs[name]) for name in self._rows), None)
        return tuple(output[:count].clone() for output in outputs)


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
