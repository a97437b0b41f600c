from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from trackers.engines.checkpoint import read_checkpoint
from trackers.engines.runner import Runner
from trackers.sam2.architecture import CONFIGS, build_model
from trackers.sam2.loading import load_model, load_networks


@pytest.fixture(scope="module")
def state():
    """The random weights of a demo model."""
    return load_model("demo", "random").state_dict()


def half(state):
    return {name: value.half().contiguous() for name, value in state.items()}


def test_random_weights_are_reproducible_and_leave_the_global_seed_unchanged(state):
    torch.manual_seed(3)
    again = load_model("demo", "random").state_dict()
    drawn = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(1))
    assert all(torch.equal(state[name], again[name]) for name in state)


@pytest.mark.slow
def test_weights_are_read_from_every_kind_of_file(state, tmp_path):
    save_file(half(state), tmp_path / "w.safetensors")
    torch.save({"model": state, "done": 7}, tmp_path / "w.pt")
    torch.save(state, tmp_path / "plain.pt")
    name = "memory_attention.norm.weight"
    for file in ("w.safetensors", "w.pt", "plain.pt"):
        found = load_model("demo", str(tmp_path / file)).state_dict()
        assert found[name].dtype == torch.float32
        assert torch.allclose(found[name], state[name], atol=1e-3)


def test_a_checkpoint_of_another_model_is_refused_with_examples_of_its_weights(state, tmp_path):
    wrong = half(state)
    del wrong["no_mem_embed"], wrong["maskmem_tpos_enc"]
    wrong["backbone.layer9.weight"] = torch.zeros(3)
    wrong["no_obj_ptr"] = torch.zeros(1, 256)
    save_file(wrong, tmp_path / "w.safetensors")
    message = (
        r"w\.safetensors: not a checkpoint of size 'demo': of \d+ weights 2 missing, as "
        r"maskmem_tpos_enc, no_mem_embed; 1 unexpected, as backbone\.layer9\.weight; "
        r"1 of another shape, as no_obj_ptr$"
    )
    with pytest.raises(ValueError, match=message):
        load_model("demo", str(tmp_path / "w.safetensors"))


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_a_file_without_weights_is_named_in_the_error(tmp_path, name):
    path = tmp_path / name
    for content in (b"", b"no weights", bytes(range(256)) * 9):
        path.write_bytes(content)
        with pytest.raises(
            ValueError, match=rf"{path.name}: no readable file of weights"
        ) as caught:
            read_checkpoint(path)
        assert "weights_only" not in str(caught.value)


def test_a_truncated_file_is_named_in_the_error(state, tmp_path):
    torch.save({"model": state}, tmp_path / "w.pt")
    save_file(half(state), tmp_path / "w.safetensors")
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(ValueError, match=rf"{path.name}: no readable file of weights"):
            read_checkpoint(path)


def test_a_file_without_tensors_is_named_in_the_error(tmp_path):
    torch.save({"model": {"a": 1}}, tmp_path / "w.pt")
    with pytest.raises(ValueError, match=r"w\.pt: expected tensors by name, found none"):
        read_checkpoint(tmp_path / "w.pt")


def test_code_in_a_file_is_not_executed(tmp_path):
    torch.save({"model": np.random.default_rng}, tmp_path / "w.pt")
    with pytest.raises(ValueError, match=r"w\.pt: no readable file of weights"):
        read_checkpoint(tmp_path / "w.pt")


def test_an_unknown_name_is_refused_with_a_list_of_the_known_ones(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pt: no such file of weights"):
        load_model("demo", str(tmp_path / "nowhere.pt"))
    with pytest.raises(ValueError, match=r"size: expected one of \['demo', 'tiny.*, found 'huge'"):
        load_model("huge", "random")
    with pytest.raises(ValueError, match=r"engine: expected one of \['torch'.*, found 'abacus'"):
        load_networks("demo", "random", Runner("abacus"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"engine": "onnxruntime"}, "found None for 'onnxruntime'"),
        ({"networks": "folder"}, "found 'folder' for 'torch'"),
        ({"precision": "fp8"}, "precision: expected one of .*, found 'fp8'"),
        ({"torch_mode": "magic"}, "mode: expected one of .*, found 'magic'"),
        (
            {"engine": "onnxruntime", "networks": "folder", "precision": "bf16"},
            "expected no precision or torch_mode, found 'bf16' and 'eager'",
        ),
    ],
)
def test_inconsistent_runner_options_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        load_networks("demo", "random", Runner(**change))


def test_pytorch_computes_in_the_requested_precision():
    arrays = load_networks("demo", "random", Runner(precision="bf16")).arrays
    assert arrays.dtype == torch.bfloat16


def test_a_model_configuration_of_ones_own_is_a_size(tmp_path):
    content = CONFIGS["demo"].read_text().replace("image_size: 256", "image_size: 128")
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    assert build_model(str(path)).image_size == 128


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("\nmodel:", "\nmode1:", "expected the key model"),
        ("sam2.modeling.sam2_base.SAM2Base", "os.system", r"model\._target_: expected sam2\."),
        (
            "sam2.modeling.memory_encoder.CXBlock",
            "os.system",
            r"_target_: expected classes of sam2\.modeling, found 'os\.system'",
        ),
        ("no_obj_embed_spatial: true", "", "a model of SAM 2.1, found no no_obj_embed_spatial"),
        ("num_maskmem: 7", "num_maskmen: 7", "not a SAM 2 model"),
        ("\nmodel:", "\nmodel: [", "not YAML"),
    ],
)
def test_an_invalid_model_configuration_is_refused(tmp_path, before, after, message):
    path = tmp_path / "mine.yaml"
    content = CONFIGS["demo"].read_text()
    path.write_text(content.replace(before, after, 1))
    with pytest.raises(ValueError, match=rf"mine\.yaml.*{message}"):
        build_model(str(path))
    with pytest.raises(FileNotFoundError, match=r"none\.yaml: expected a model configuration"):
        build_model(str(tmp_path / "none.yaml"))
