"""OSNet: the weights of official checkpoints, the outputs of Torchreid, and its export.

osnet_weights.json lists names and shapes of the weights of torchreid 0.2.5 (PyPI), without the
classifier, and the digest of such a list for each size. With equal random weights, all nine sizes
returned bit for bit what torchreid's modules return for three crops of 256 x 128 pixels.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
import yaml

from datasets.media.frames import decode_frames
from tests.support.trackers.official_weights import official_osnet
from tests.support.trackers.weight_names import digest, weight_lines
from trackers.appearance import export
from trackers.appearance.embedder import load_embedder
from trackers.appearance.osnet import SIZES, Osnet, Shape
from trackers.appearance.osnet_weights import load_osnet
from trackers.engines.checkpoint import read_checkpoint
from trackers.engines.onnx_engine import OnnxEngine

LISTS = json.loads(Path(__file__).with_name("osnet_weights.json").read_text())
TINY = Shape(0.25, (("residual",),), instance_first=True, searched=True)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_has_the_weights_of_the_official_checkpoints(size):
    with torch.device("meta"):
        lines = weight_lines(Osnet(size).state_dict())
    assert lines == LISTS["weights"].get(size, lines)
    assert digest(lines) == LISTS["digests"][size]


def official(model, folder):
    """Write a checkpoint as Torchreid does after training on several GPUs."""
    state = model.state_dict() | {
        "classifier.weight": torch.zeros(7, 512),
        "classifier.bias": torch.zeros(7),
    }
    content = {
        "state_dict": {f"module.{name}": each for name, each in state.items()},
        "epoch": 150,
        "rank1": np.float32(0.75),
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.0015}]},
    }
    path = folder / "model.pth.tar-150.pth"
    torch.save(content, path)
    return path


@pytest.mark.parametrize("size", ["x0_25", "ain_x0_25", "ibn_x1_0"])
def test_the_size_of_a_checkpoint_is_recognised(size, tmp_path):
    torch.manual_seed(0)
    model = Osnet(size)
    found, loaded = load_osnet(official(model, tmp_path))
    assert found == size
    assert not loaded.training
    torch.testing.assert_close(loaded.state_dict(), model.state_dict(), rtol=0, atol=0)


def test_another_checkpoint_is_rejected(tmp_path):
    torch.save({"backbone.weight": torch.zeros(1)}, tmp_path / "resnet.pth")
    message = r"resnet\.pth: expected a checkpoint of an OSNet, found weights named \['backbone"
    with pytest.raises(ValueError, match=message):
        load_osnet(tmp_path / "resnet.pth")
    state = Osnet("x0_25").state_dict()
    del state["fc.0.bias"]
    torch.save(state, tmp_path / "headless.pth")
    with pytest.raises(ValueError, match=r"no checkpoint of OSNet x0_25: .* 1 missing, as fc\.0"):
        load_osnet(tmp_path / "headless.pth")


class Program:
    """Stands for any object in a checkpoint that would run code when it is read."""

    def __reduce__(self):
        return print, ("a program ran",)


def test_a_checkpoint_that_would_run_a_program_is_rejected(tmp_path, capsys):
    torch.save({"state_dict": {}, "model": Program()}, tmp_path / "old.pth")
    with pytest.raises(ValueError, match=r"old\.pth: .* found print: other Python objects"):
        load_osnet(tmp_path / "old.pth")
    assert "a program ran" not in capsys.readouterr().out


@pytest.mark.parametrize("module", ["numpy._core.multiarray", "numpy.core.multiarray"])
def test_numbers_of_numpy_beside_the_weights_are_read(module, tmp_path):
    numbers = {"rank1": np.float64(0.5), "epoch": np.int64(3), "loss": np.float32(1)}
    torch.save({"state_dict": {"module.a": torch.ones(2)}, **numbers}, tmp_path / "new.pth")
    with ZipFile(tmp_path / "new.pth") as new, ZipFile(tmp_path / "w.pth", "w") as written:
        for name in new.namelist():
            content = new.read(name).replace(b"numpy._core.multiarray", module.encode())
            written.writestr(name, content)
    assert read_checkpoint(tmp_path / "w.pth")["a"].tolist() == [1, 1]


@pytest.mark.slow
def test_the_official_weights_give_the_vectors_of_their_onnx_file(shared, tmp_path):
    source = shared / "weights" / "osnet_x0_25_msmt17.onnx"
    path = official(official_osnet(source), tmp_path)
    video = shared / "videos" / "one-by-one-person-detection.mp4"
    image = next(islice(decode_frames(video), 300, None))[1]
    box = np.array([[381, 9, 543, 375], [0, 0, 60, 90], [600, 300, 700, 432]], float)
    vectors = []
    for file in (source, path):
        card = {"file": str(file), "size": [256, 128]}
        (tmp_path / "card.yaml").write_text(yaml.safe_dump(card))
        vectors.append(load_embedder(str(tmp_path / "card.yaml"))(image, box))
    np.testing.assert_allclose(vectors[1], vectors[0], atol=1e-5)
    assert np.abs(vectors[0]).max() > 0.1


@pytest.mark.slow
def test_an_export_gives_the_vectors_of_its_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setitem(SIZES, "tiny", TINY)
    monkeypatch.delitem(SIZES, "ain_x0_25")  # has the same first layer
    torch.manual_seed(0)
    weights = official(Osnet("tiny"), tmp_path)
    image = np.random.default_rng(0).integers(0, 256, (80, 60, 3), np.uint8)
    box = np.array([[0, 0, 30, 60], [10.5, 5, 50, 80], [20, 20, 40, 70]], float)
    (tmp_path / "card.yaml").write_text(yaml.safe_dump({"file": weights.name, "size": [64, 32]}))
    expected = load_embedder(str(tmp_path / "card.yaml"))(image, box)
    folder = tmp_path / "fp32"
    words = [f"--weights={weights}", "--input", "64", "32", f"--output={folder / 'networks.json'}"]
    monkeypatch.setattr(sys, "argv", ["export", *words])
    export.main()
    card = json.loads((folder / "networks.json").read_text())
    assert card["size"] == [64, 32]
    assert card["origin"]["size"] == "tiny"
    np.testing.assert_allclose(load_embedder(str(folder))(image, box), expected, atol=1e-5)
    assert OnnxEngine(folder / "embed.onnx").inputs[0].shape == ("crops", 3, 64, 32)
