"""CUDA graphs on a machine without a GPU: functions whose replays write to the same tensors."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from trackers.engines import torch_engine
from trackers.engines.torch_graphs import GraphedFunction


def make_recorder(replays):
    """Return a recorder whose replays write to the outputs of the first run, as a CUDA graph.

    Args:
        replays: Number of rows of the first output of each replay; added to.
    """

    def record(function):
        outputs = function()

        def replay():
            replays.append(len(outputs[0]))
            for output, new in zip(outputs, function(), strict=True):
                output.copy_(new)

        return replay, outputs

    return record


@contextmanager
def replayed_engines(replays):
    """Run all networks on PyTorch as graphs, eagerly recorded."""
    eager = torch_engine.TorchEngine

    def graphed(module, arrays, mode="eager"):
        engine = eager(module, arrays)
        run = GraphedFunction(
            lambda inputs: tuple(engine(**inputs).values()), make_recorder(replays)
        )
        return lambda **inputs: dict(zip(module.outputs, run(inputs), strict=True))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch_engine, "TorchEngine", graphed)
        yield
