"""CUDA graphs on a machine without a GPU: functions whose replays write to the same tensors."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from trackers.engines import torch_engine
from trackers.engines.torch_graphs import Graphs


def cpu_graphs(replays, recorded=None, **options):
    """Return a place for graphs on the CPU, whose replays write to the outputs of the first run.

    Args:
        replays: Number of rows of the first output of each replay; added to.
        recorded: The same of each recording.
        options: Further arguments of `Graphs`.
    """

    def record(function):
        outputs = function()
        if recorded is not None:
            recorded.append(len(outputs[0]))

        def replay():
            replays.append(len(outputs[0]))
            for output, new in zip(outputs, function(), strict=True):
                output.copy_(new)

        return replay, outputs

    return Graphs(record, "cpu", **options)


@contextmanager
def replayed_engines(replays, recorded=None):
    """Let every network on PyTorch run as graphs on the CPU; for the lists see `cpu_graphs`."""
    eager, graphs = torch_engine.TorchEngine, cpu_graphs(replays, recorded)

    def graphed(module, arrays, mode="eager", rows=(), _=None):
        return eager(module, arrays, "graphs", rows, graphs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch_engine, "TorchEngine", graphed)
        yield
