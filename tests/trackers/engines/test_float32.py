"""float32 on a GPU is IEEE float32: PyTorch would let convolutions use TF32."""

from __future__ import annotations

import pytest
import torch

from trackers.engines.torch_engine import TorchArrays

SETTINGS = (torch.backends.cudnn, torch.backends.cuda.matmul)


@pytest.fixture(autouse=True)
def allowed():
    """Settings of PyTorch under which products of float32 may be computed in TF32."""
    before = [each.allow_tf32 for each in SETTINGS]
    for each in SETTINGS:
        each.allow_tf32 = True
    yield
    for each, value in zip(SETTINGS, before, strict=True):
        each.allow_tf32 = value


def test_float32_on_a_gpu_is_not_computed_in_tf32():
    TorchArrays("cuda")
    assert [each.allow_tf32 for each in SETTINGS] == [False, False]


def test_the_settings_stay_where_no_gpu_is_used():
    TorchArrays("cpu")
    assert [each.allow_tf32 for each in SETTINGS] == [True, True]
