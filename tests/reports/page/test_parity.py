from __future__ import annotations

import pytest

from datasets.io.files import write_json
from reports.page.parity import Agreement, read_parity


def call(network, difference, mask_iou=None, agrees=True):
    result = {"network": network, "bank": "full", "finite": True, "agrees": agrees}
    result |= {"differences": {"iou": difference}, "largest": {"iou": 0.5}}
    return result if mask_iou is None else result | {"mask_iou": mask_iou}


def test_the_worst_call_of_a_network_counts(tmp_path):
    path = tmp_path / "engines" / "sam2_demo" / "fp16" / "parity_onnxruntime.json"
    broken = {"network": "prompt", "bank": "none", "finite": False, "agrees": False}
    calls = [
        call("encode", 1e-3),
        call("track", 0.01, 0.999),
        call("track", 0.002, 0.98, agrees=False),
        broken,
    ]
    write_json(path, {"agrees": False, "calls": calls})
    parity = read_parity(path)
    assert (parity.model, parity.engine, parity.precision) == ("sam2_demo", "onnxruntime", "fp16")
    assert parity.networks == {
        "encode": Agreement(pytest.approx(2e-3), None, agrees=True),
        "track": Agreement(pytest.approx(0.02), 0.98, agrees=False),
        "prompt": Agreement(None, None, agrees=False),
    }
