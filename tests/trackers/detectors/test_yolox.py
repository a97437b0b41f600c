"""YOLOX: the weights and outputs of the official networks; its training step.

yolox_weights.json lists names and shapes of the weights of yolox 0.3.0 (PyPI) with 80 classes, and
the digest of such a list for each size. With equal random weights, all six sizes returned what its
modules return for an image of 96 x 128 pixels, within 1.2e-7.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.trackers.official_weights import official_nano
from tests.support.trackers.weight_names import digest, weight_lines
from trackers.detectors.yolox import SIZES, Yolox, cells
from trackers.engines.onnx_engine import OnnxEngine
from trackers.training.train_yolox import build
from trackers.training.yolox_step import assign, batch_loss, draw_labelled_images, make_batch

LISTS = json.loads(Path(__file__).with_name("yolox_weights.json").read_text())


def test_the_official_nano_returns_the_same_as_its_onnx_file(shared):
    path = shared / "weights" / "yolox_nano.onnx"
    network = official_nano(path)
    images = np.random.default_rng(0).uniform(0, 255, (1, 3, 416, 416)).astype(np.float32)
    expected = OnnxEngine(path)(images=images)["output"]
    with torch.no_grad():
        found = network(torch.tensor(images))[0].numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_has_the_weights_of_the_official_checkpoints(size):
    with torch.device("meta"):
        lines = weight_lines(Yolox(size, 80).state_dict())
    assert lines == LISTS["weights"].get(size, lines)
    assert digest(lines) == LISTS["digests"][size]


@pytest.mark.parametrize(
    ("size", "millions"),
    [("nano", 0.91), ("tiny", 5.06), ("s", 8.97), ("m", 25.3), ("l", 54.2), ("x", 99.1)],
)
def test_the_sizes_have_as_many_weights_as_published(size, millions):
    with torch.device("meta"):
        network = Yolox(size, 80)
    assert sum(each.numel() for each in network.parameters()) / 1e6 == pytest.approx(
        millions, rel=5e-3
    )


def test_there_is_a_size_for_every_official_checkpoint():
    assert set(SIZES) == {"nano", "tiny", "s", "m", "l", "x"}


def predict(boxes, classes):
    """Return boxes and logits of a high confidence, as the assignment takes them."""
    return torch.tensor(boxes, dtype=torch.float32), torch.full((len(boxes), classes + 1), 3.0)


def test_a_box_is_assigned_to_the_best_fitting_cells_inside_it():
    grid, stride = cells(64, 64)
    centre = (grid + 0.5) * stride
    truth = torch.tensor([[0.0, 0.0, 24.0, 24.0], [40.0, 40.0, 64.0, 64.0]])
    # every cell predicts a box of 24 pixels around it
    found, logits = predict(torch.cat([centre - 12, centre + 12], 1).tolist(), 1)
    row, owner, overlap = assign(found, logits, truth, centre, stride)
    assert set(owner.tolist()) == {0, 1}
    for number, middle in enumerate(([12.0, 12.0], [52.0, 52.0])):
        best = (centre[row[owner == number]] - torch.tensor(middle)).abs().sum(1)
        assert best.min() == 0, "the cell at its centre is among them"
        assert overlap[owner == number].max() == 1
        inside = centre[row[owner == number]] - truth[number, :2]
        assert ((inside > 0) & (inside < 24)).all()
    assert len(set(row.tolist())) == len(row), "no cell is assigned twice"


def test_without_objects_no_cell_is_assigned():
    grid, stride = cells(64, 64)
    found, logits = predict([[0, 0, 8, 8]] * len(grid), 1)
    assert [len(x) for x in assign(found, logits, torch.zeros(0, 4), grid * stride, stride)] == [
        0
    ] * 3


@pytest.mark.slow
def test_a_batch_has_the_boxes_of_its_images():
    draw = np.random.default_rng(0)
    scenes = [draw_labelled_images(draw, 5) for _ in range(4)]
    for _ in range(3):
        batch = make_batch(draw, scenes)
        assert batch.images.shape == (4, 3, 288, 384)
        assert sum(map(len, batch.boxes)) > 0
        for box in batch.boxes:
            assert ((box[:, 2:] > box[:, :2]).all() & (box >= 0).all()).item()


@pytest.mark.slow
def test_training_on_one_batch_reduces_the_loss():
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    batch = make_batch(draw, [draw_labelled_images(draw, 5)])
    model = build(0).train()
    optimizer, losses = torch.optim.AdamW(model.parameters(), lr=1e-3), []
    for _ in range(12):
        loss = batch_loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
