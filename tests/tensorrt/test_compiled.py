"""The engines that NVIDIA's compiler makes of our networks: fused attention, memory, types.

`make test-tensorrt` compiles them on a machine without a GPU. What is expected here holds for the
compiler in requirements-tensorrt.lock; bench/tensorrt_compiler.json has all numbers.
"""

from __future__ import annotations

from bench.compiler.models import chosen
from tests.tensorrt.limits import SCRATCH_MB

LOW = ("fp16", "bf16")
WITH_ATTENTION = {"encode", "prompt", "click", "mask_prompt", "track", "track_partial"}
# A softmax stays a kernel of its own, with its scores in memory, only where these are few: between
# an image and the tokens of a prompt, 8 or a number that varies (-1); and in an encoder between
# up to 256 tokens of an image or window, with a single head.
PROMPT_TOKENS = (8, -1)
SINGLE_HEAD_TOKENS = 256
# pooling has no kernel in bfloat16; in YOLOX it follows on a sigmoid, which is float32
FLOAT32 = {
    ("encode", "bf16"): {"maxpool"},
    ("pyramid", "bf16"): {"maxpool"},
    ("detect", "fp16"): {"maxpool"},
    ("detect", "bf16"): {"maxpool"},
    ("embed", "bf16"): {"maxpool", "avgpool"},
}


def test_every_network_is_compiled_in_every_precision(compiled):
    found = [(each["model"], each["network"], each["precision"]) for each in compiled]
    full = {model.name for model in chosen(large=True)} <= {model for model, *_ in found}
    assert found == [
        (model.name, network, precision)
        for model in chosen(large=full)
        for network in model.networks
        for precision in model.precisions
    ]


def test_the_compiler_accepts_the_network(record):
    assert "error" not in record


def test_the_engine_accepts_the_configured_shapes(record):
    found = {
        name: shapes
        for name, shapes in record["shapes"].items()
        if any(smallest != largest for smallest, _, largest in shapes)
    }
    assert found == {
        name: [profile[name] for profile in record["profiles"]] for name in record["profiles"][0]
    }


def test_attention_is_one_kernel_in_a_low_precision(record):
    is_low = record["precision"] in LOW
    assert (record["attention"] > 0) == (is_low and record["network"] in WITH_ATTENTION)
    if is_low:
        assert [shape for shape in record["softmax"] if not is_small(record, shape)] == []


def is_small(record, shape):
    """Whether scores (..., heads, queries, keys), or with heads and queries swapped, are few."""
    of_image = record["network"] == "encode" and shape[1] == 1 and shape[-1] <= SINGLE_HEAD_TOKENS
    return of_image or shape[-1] in PROMPT_TOKENS


def test_attention_with_narrow_values_is_not_one_kernel(unpadded):
    tokens = max(shape[-1] for shape in unpadded["softmax"])
    assert tokens > 1000, "the compiler fuses it now: padding (`pad_values`) is no longer of use"


def test_no_kernel_falls_back_to_float32(record):
    if record["precision"] in LOW:
        named = FLOAT32.get((record["network"], record["precision"]), set())
        assert set(record["float32"]) == named


def test_scratch_memory_is_within_its_limit(record):
    low = record["precision"] in LOW
    limit = SCRATCH_MB[record["model"]][record["network"]][low]
    assert limit / 2 < record["scratch_mb"] <= limit
