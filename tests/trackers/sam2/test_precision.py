"""SAM 2 in bfloat16 and float16: every method tracks, with nearly the masks of float32.

`python -m bench.precision` compares more frames, and both precisions for every method.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from bench.precision import agreement, make_frames, run
from tests.support.trackers.replayed_graphs import replayed_engines
from tests.support.trackers.small_sam2 import small_model
from trackers.engines.torch_engine import DTYPES, TorchArrays, TorchEngine
from trackers.sam2 import loading
from trackers.sam2.architecture import CONFIGS
from trackers.sam2.modules import example_inputs, input_names, modules
from trackers.sam2.networks import NETWORKS, on_torch, warm_up
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

BOX = "sam2_prompted, box"


@pytest.fixture(scope="module")
def size(tmp_path_factory):
    """The demo model on images of half the side, which take a quarter of the time."""
    path = tmp_path_factory.mktemp("size") / "half.yaml"
    content = CONFIGS["demo"].read_text()
    path.write_text(content.replace("image_size: 256", "image_size: 128"))
    once = cache(loading.load_model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load_model", once)
        yield str(path)


@cache
def frames():
    return make_frames(3, 2)


@cache
def expected(case, size):
    return list(run(case, {"size": size}, frames()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "precision"),
    [
        (BOX, "fp16"),
        *((case, "bf16") for case in (BOX, "masktracker", "yolo_sam2, article")),
    ],
)
def test_a_method_in_low_precision_has_nearly_the_masks_of_float32(case, precision, size):
    runner = {"size": size, "precision": precision}
    found = agreement(case, runner, frames(), expected(case, size)).summary(precision)
    assert found["agrees"], found


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_the_outputs_of_every_network_are_in_the_precision_of_the_arrays(precision, model):
    arrays = TorchArrays("cpu", DTYPES[precision])
    networks, inputs = on_torch(model, arrays), example_inputs(model, 2)
    for name in NETWORKS:
        named = {each: inputs[each] for each in input_names(modules(model)[name])}
        outputs = getattr(networks, name)(**named)
        assert {each.dtype for each in outputs.values()} == {arrays.dtype}, name


class _Casts(TorchDispatchMode):
    """Counts the casts of some tensors, or of views of them."""

    def __init__(self, tensors):
        super().__init__()
        self.count, self._addresses = 0, {each.untyped_storage().data_ptr() for each in tensors}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten._to_copy.default:
            self.count += args[0].untyped_storage().data_ptr() in self._addresses
        return func(*args, **(kwargs or {}))


def test_weights_are_cast_once_and_outputs_equal_those_of_autocast(model):
    arrays = TorchArrays("cpu", torch.bfloat16)
    inputs, counts = example_inputs(model, 2), {}
    for name, module in modules(model).items():
        engine = TorchEngine(module, arrays)
        named = {each: inputs[each] for each in input_names(module)}
        engine(**named)
        with _Casts([*module.parameters(), *module.buffers()]) as casts:
            outputs = engine(**named)
        counts[name] = casts.count
        with torch.no_grad(), torch.autocast("cpu", arrays.dtype):
            expected = module(**named)
        for found, each in zip(outputs.values(), expected, strict=True):
            torch.testing.assert_close(found, each.to(arrays.dtype), rtol=0, atol=0)
        assert all(weight.dtype == torch.float32 for weight in module.parameters())
    assert counts == dict.fromkeys(counts, 0)


def test_after_a_warm_up_no_graph_is_recorded_during_a_video(model):
    recorded = []
    with replayed_engines([], recorded):
        networks = on_torch(model, TorchArrays("cpu", torch.bfloat16))
    warm_up(networks, 3)
    before, session = len(recorded), Session(networks)
    assert before == 1 + 6 * len([4, 2, 1])
    for prompts in ({1: [3, 3, 9, 9], 2: [2, 2, 8, 8], 3: [4, 4, 9, 9]}, {4: [3, 3, 9, 9]}, {}):
        session.track(np.full((16, 16, 3), 99, np.uint8))
        session.prompt({name: Prompt(box=np.array(box)) for name, box in prompts.items()})
        session.memorize()
    assert len(recorded) == before
