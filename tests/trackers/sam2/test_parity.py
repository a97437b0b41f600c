"""The parity program: the calls it records, and which networks agree."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from tests.support.trackers.small_sam2 import small_model
from trackers.engines.torch_engine import TorchArrays
from trackers.sam2.networks import NETWORKS, on_torch
from trackers.sam2.parity import compare, record


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def calls(model):
    return record(on_torch(model, TorchArrays()))


@pytest.mark.slow
def test_every_network_is_called_with_every_state_of_the_memory_bank(calls):
    assert {call.network for call in calls} == set(NETWORKS)
    tracked = [
        (call.network, call.memory_bank) for call in calls if call.network.startswith("track")
    ]
    assert tracked == [("track_partial", "new"), ("track", "full"), ("track_partial", "mixed")]


def test_the_memory_banks_are_in_the_states_that_are_recorded(calls):
    counts = {
        call.memory_bank: call.inputs["memory_there"].sum(1).tolist()
        for call in calls
        if call.network == "track_partial"
    }
    assert counts == {"new": [1, 1, 1], "mixed": [7, 7, 7, 1]}


def test_the_reference_agrees_with_itself(calls, model):
    rows = compare(calls, on_torch(model, TorchArrays()))
    assert all(row["agrees"] for row in rows)
    for row in rows:
        tolerance = 0.02 if row["network"] == "memorize" else 1e-5  # memories have 8 bits
        assert max(row["differences"].values()) < tolerance
    assert {row["mask_iou"] for row in rows if "mask_iou" in row} == {1}


def test_bfloat16_on_pytorch_is_close(calls, model):
    rows = compare(calls, on_torch(copy.deepcopy(model), TorchArrays("cpu", torch.bfloat16)))
    for row in rows:
        for name, difference in row["differences"].items():
            assert 0 <= difference < 0.1 * max(1, row["largest"][name]), (row["network"], name)


def test_another_model_does_not_agree(calls):
    rows = compare(calls, on_torch(small_model(seed=1), TorchArrays()))
    assert not all(row["agrees"] for row in rows)


def test_outputs_that_are_not_finite_do_not_agree(calls, model):
    broken = copy.deepcopy(model)
    with torch.no_grad():
        broken.memory_attention.norm.weight[0] = np.nan
    networks = on_torch(broken, TorchArrays())
    rows = [row for row in compare(calls, networks) if row["network"] == "track"]
    assert [(row["finite"], row["agrees"]) for row in rows] == [(False, False)]
