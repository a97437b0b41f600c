"""Graphs of functions: when they are recorded, what they share, and their outputs."""

from __future__ import annotations

import pytest
import torch

from tests.support.trackers.replayed_graphs import cpu_graphs
from trackers.engines.contract import begin
from trackers.engines.torch_graphs import GraphedFunction, bucket


def double(inputs):
    return (2 * inputs["x"],)


def test_a_shape_is_recorded_once_and_replayed_with_new_values():
    replays, calls = [], []

    def counted(inputs):
        calls.append(len(inputs["x"]))
        return double(inputs)

    function = GraphedFunction(counted, (), cpu_graphs(replays))
    assert function({"x": torch.tensor([1.0])})[0].tolist() == [2]
    assert function({"x": torch.tensor([5.0])})[0].tolist() == [10]
    assert function({"x": torch.tensor([1.0, 3.0])})[0].tolist() == [2, 6]
    assert replays == [1, 1, 2]
    assert calls.count(1) == 3


def test_the_least_recently_replayed_recording_is_discarded_first():
    recorded = []
    function = GraphedFunction(double, (), cpu_graphs([], recorded, max_graphs=2))
    for length in (1, 2, 1, 3, 1, 2):
        function({"x": torch.zeros(length)})
    assert recorded == [1, 2, 3, 2]


def test_outputs_stay_as_they_are_when_the_graph_is_replayed():
    function = GraphedFunction(double, (), cpu_graphs([]))
    first = function({"x": torch.tensor([1.0])})[0]
    function({"x": torch.tensor([5.0])})
    assert first.tolist() == [2]


def test_outputs_that_are_awaited_later_stay_as_they_are():
    function = GraphedFunction(double, (), cpu_graphs([]))

    def engine(x):
        return {"y": function({"x": x})[0]}

    finish = begin(engine, x=torch.tensor([1.0]))
    engine(torch.tensor([5.0]))
    assert finish()["y"].tolist() == [2]


@pytest.mark.parametrize(
    ("rows", "expected"), [(1, 1), (2, 2), (3, 4), (17, 32), (32, 32), (33, 64), (65, 96)]
)
def test_buckets_double_up_to_32_rows_and_then_grow_by_32(rows, expected):
    assert bucket(rows) == expected


def recorded_rows(counts):
    """Return the number of rows of each recording, in order, for calls with these numbers."""
    recorded = []
    function = GraphedFunction(double, ("x",), cpu_graphs([], recorded))
    for count in counts:
        x = torch.rand(count)
        assert torch.equal(function({"x": x})[0], 2 * x)
    return recorded


def test_numbers_of_rows_share_a_recording_of_their_bucket():
    assert recorded_rows([4, 1, 3, 4, 2, 3]) == [4, 1, 2]
    assert recorded_rows([40, 33, 64, 32]) == [64, 32]


def test_a_larger_bucket_replaces_the_buffer_and_the_graphs_that_read_it():
    assert recorded_rows([1, 2, 1, 4, 2, 1, 3]) == [1, 2, 1, 4, 2, 1]


def test_all_buckets_of_all_functions_share_one_buffer_for_each_input():
    graphs = cpu_graphs([])
    functions = [GraphedFunction(double, ("x",), graphs) for _ in range(2)]
    for rows in (16, 8, 5, 1):
        for function in functions:
            x = torch.rand(rows, 3)
            assert torch.equal(function({"x": x, "shared": torch.ones(2)})[0], 2 * x)
    assert graphs.input_bytes == 4 * (16 * 3 + 2)
