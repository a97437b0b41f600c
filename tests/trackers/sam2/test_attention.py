"""Attention to memories: every way of computing it has one result, and GPUs can fuse it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional

from tests.support.paths import ROOT
from trackers.sam2 import attention, export
from trackers.sam2.attention import CrossAttention, Past
from trackers.sam2.loading import load_model
from trackers.sam2.modules import modules

WEIGHTS = str(ROOT / "trackers/weights/sam2_demo.safetensors")
OBJECTS, MEMORIES, POINTERS, GRID, WIDTH, NARROW = 2, 3, 4, 256, 128, 64


@pytest.fixture(scope="module")
def model():
    return load_model("demo", WEIGHTS)


@pytest.fixture(scope="module")
def layer(model):
    """The first cross-attention of the demo model, whose memories are narrower than their keys."""
    return modules(model)["track"].cross[0]


def inputs(masked):
    """Random inputs of the layer: tokens, keys and past."""
    random = torch.Generator().manual_seed(0)
    tokens = GRID * MEMORIES + POINTERS
    valid = torch.rand((OBJECTS, 1, tokens), generator=random) > 0.5
    past = Past(
        torch.randint(7, (OBJECTS, MEMORIES), generator=random),
        torch.randn((OBJECTS, POINTERS, NARROW), generator=random),
        torch.randn((OBJECTS, tokens, NARROW), generator=random),
        valid if masked else None,
    )
    keys = torch.randn((OBJECTS, MEMORIES, GRID, WIDTH), generator=random)
    return torch.randn((1, GRID, WIDTH), generator=random), keys, past


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@torch.no_grad()
def test_exported_attention_has_the_result_of_eager_attention(masked, padded, layer, monkeypatch):
    expected = layer(*inputs(masked))
    attention.pad_values(layer, padded=padded)
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: True)
    torch.testing.assert_close(layer(*inputs(masked)), expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize(("precision", "padded"), [("fp32", False), ("fp16", True), ("bf16", True)])
def test_networks_in_a_low_precision_are_exported_with_padded_values(
    precision, padded, model, monkeypatch, tmp_path
):
    found = {}

    def record(module, signature, path, precision, origin):
        layers = [each for each in module.modules() if isinstance(each, CrossAttention)]
        found[path.stem] = {layer.padded for layer in layers}
        path.with_name(path.name + ".json").write_text('{"sha256": ""}')

    monkeypatch.setattr(export, "export_onnx", record)
    export.export_model(model, tmp_path / "networks", precision, {})
    assert found["track"] == found["track_partial"] == {padded}


def test_flash_attention_gets_values_as_wide_as_keys(layer, monkeypatch):
    widths = []

    def record(query, key, value, attn_mask):
        widths.append((query.shape[-1], key.shape[-1], value.shape[-1]))
        return query.new_empty(*query.shape[:-1], value.shape[-1])

    monkeypatch.setattr(functional, "scaled_dot_product_attention", record)
    tokens, keys, past = inputs(masked=False)
    on_device = Past(
        *(each.to("meta") for each in (past.time, past.pointer_keys, past.values)), None
    )
    output = CrossAttention.forward(
        copy.deepcopy(layer).to("meta"), tokens.to("meta"), keys.to("meta"), on_device
    )
    assert widths == [(WIDTH, WIDTH, WIDTH)], "PyTorch's flash kernels refuse unequal widths"
    assert output.shape == (OBJECTS, GRID, WIDTH)
