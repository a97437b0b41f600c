"""Checkpoints with the names and shapes of other projects are converted."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.support.trackers.mmdet_oracle import STRIDES, Project
from tests.support.trackers.small_mask_rcnn import image, lively
from trackers.engines.runner import Runner
from trackers.mask_rcnn.architecture import build_model
from trackers.mask_rcnn.card import Card, read_card, write_card
from trackers.mask_rcnn.convert import convert
from trackers.mask_rcnn.convert import main as convert_main
from trackers.mask_rcnn.fit import fit
from trackers.mask_rcnn.loading import load_model, load_segmenter
from trackers.mask_rcnn.modules import Pyramid
from trackers.mask_rcnn.options import Limits
from trackers.mask_rcnn.sizes import SIZES
from trackers.mask_rcnn.youtube_vis import YOUTUBE_VIS

pytestmark = pytest.mark.slow

CLASSES = ("person", "dog")


def random_state():
    """Return random weights of a model of full size."""
    return {name: each.clone() for name, each in drawn_state().items()}


@cache
def drawn_state():
    state = build_model("r50", 40).state_dict()
    torch.manual_seed(3)
    return {name: torch.randn(each.shape) for name, each in state.items()}


def foreign(layout, state):
    """Return weights with the names and shapes of a project."""
    named = {}
    for name, tensor in state.items():
        theirs = name.removeprefix("detector.")
        for ours, other in NAMES:
            theirs = re.sub(ours, other, theirs)
        own = tensor
        if layout == "mmtracking":
            theirs, own = as_mmtracking(theirs, tensor)
        named[theirs] = own
        if theirs.endswith("running_var"):
            named[theirs.replace("running_var", "num_batches_tracked")] = torch.tensor(7)
    return named


def as_mmtracking(name, tensor):
    if "fc_cls" in name:
        tensor = torch.cat([tensor[1:], tensor[:1]])
    tensor = tensor[4:] if "fc_reg" in name else tensor
    tensor = tensor[1:] if "conv_logits" in name else tensor
    if "track_head" in name:
        return name.replace("track_head.", "track_head.embed_head."), tensor
    inner = "roi_head." if re.match("bbox_head|mask_head", name) else ""
    return f"detector.{inner}{name}", tensor


NAMES = (
    (r"^backbone\.body\.", "backbone."),
    (r"^backbone\.fpn\.inner_blocks\.(\d)\.0", r"neck.lateral_convs.\1.conv"),
    (r"^backbone\.fpn\.layer_blocks\.(\d)\.0", r"neck.fpn_convs.\1.conv"),
    (r"^rpn\.head\.conv\.0\.0", "rpn_head.rpn_conv"),
    (r"^rpn\.head\.cls_logits", "rpn_head.rpn_cls"),
    (r"^rpn\.head\.bbox_pred", "rpn_head.rpn_reg"),
    (r"^roi_heads\.box_head\.fc6", "bbox_head.shared_fcs.0"),
    (r"^roi_heads\.box_head\.fc7", "bbox_head.shared_fcs.1"),
    (r"^roi_heads\.box_predictor\.cls_score", "bbox_head.fc_cls"),
    (r"^roi_heads\.box_predictor\.bbox_pred", "bbox_head.fc_reg"),
    (r"^roi_heads\.mask_head\.(\d)\.0", r"mask_head.convs.\1.conv"),
    (r"^roi_heads\.mask_predictor\.conv5_mask", "mask_head.upsample"),
    (r"^roi_heads\.mask_predictor\.mask_fcn_logits", "mask_head.conv_logits"),
)


@pytest.mark.parametrize("layout", ["masktrack_rcnn", "mmtracking"])
def test_every_tensor_of_another_projects_checkpoint_is_converted(layout):
    card = Card("r50", YOUTUBE_VIS["youtube_vis_2019"], layout, (640, 360))
    state = foreign(layout, random_state())
    assert state[
        ("" if layout == "masktrack_rcnn" else "detector.roi_head.") + "bbox_head.fc_cls.bias"
    ].shape == (41,)
    found = convert(state, layout, card)
    build_model("r50", 40).load_state_dict(found)
    expected = random_state()
    kept = slice(None) if layout == "masktrack_rcnn" else slice(4, None)
    for name, each in found.items():
        rows = kept if "bbox_pred" in name and "roi_heads" in name else slice(None)
        rows = slice(1, None) if "fcn_logits" in name and layout == "mmtracking" else rows
        torch.testing.assert_close(
            each[rows] if each.dim() else each, expected[name][rows], msg=name
        )


def test_unknown_missing_and_differing_tensors_are_refused_by_name():
    card = Card("r50", YOUTUBE_VIS["youtube_vis_2019"], "masktrack_rcnn", (640, 360))
    state = foreign("masktrack_rcnn", random_state())
    with pytest.raises(ValueError, match=r"1 tensors are unknown: extra\.weight"):
        convert(state | {"extra.weight": torch.zeros(1)}, "masktrack_rcnn", card)
    fewer = {name: each for name, each in state.items() if name != "track_head.fcs.1.bias"}
    with pytest.raises(ValueError, match=r"1 tensors are missing: track_head\.fcs\.1\.bias"):
        convert(fewer, "masktrack_rcnn", card)
    message = r"have another shape: .*cls_score\.bias: expected \(3,\), found \(41,\)"
    with pytest.raises(ValueError, match=message):
        convert(state, "masktrack_rcnn", Card("r50", CLASSES, "masktrack_rcnn", (640, 360)))


def test_a_converted_checkpoint_has_a_network_card(tmp_path, monkeypatch):
    torch.save(
        {"meta": {"epoch": 12}, "state_dict": foreign("mmtracking", random_state())},
        tmp_path / "e.pth",
    )
    command = ["convert", str(tmp_path / "e.pth"), "--layout=mmtracking", "--size=r50"]
    command += ["--classes=youtube_vis_2019", f"--output={tmp_path / 'e.safetensors'}"]
    monkeypatch.setattr("sys.argv", command)
    convert_main()
    card = read_card(tmp_path / "e.safetensors")
    assert (card.size, len(card.classes), card.convention) == ("r50", 40, "mmtracking")
    assert card.input == (384, 640)
    load_model(tmp_path / "e.safetensors", card)


def test_weights_without_a_network_card_are_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors")
    message = r"w\.safetensors: network card: expected the keys \['size'.*, found None"
    with pytest.raises(ValueError, match=message):
        read_card(tmp_path / "w.safetensors")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.safetensors: no such file"):
        read_card(tmp_path / "nowhere.safetensors")


def project_outputs(layout, theirs, model, card, pixels):
    """Return the project's outputs for an image: scores, boxes, classes, embeddings and masks."""
    padded, size = fit(pixels, card)
    with torch.no_grad():
        outputs = Pyramid(model)(torch.from_numpy(padded)[None])
    levels, objectness, deltas = outputs[:4], outputs[4:9], outputs[9:]
    prefixes = r"^(detector\.)?(roi_head\.)?|embed_head\."
    short = {re.sub(prefixes, "", name): each for name, each in theirs.items()}
    project, kind = Project(layout, short), SIZES["demo"]
    anchors = [
        list(project.anchors(level, -(-288 // stride), -(-384 // stride), side, kind.ratios))
        for level, (stride, side) in enumerate(zip(STRIDES, kind.anchors, strict=True))
    ]
    with torch.no_grad():
        expected = project.detect(levels, project.propose(objectness, deltas, size, anchors), size)
        vectors = [project.vector(levels, box).numpy() for _, box, _ in expected]
        masks = [project.mask(levels, box, label, size) for _, box, label in expected]
    score, box, label = zip(*expected, strict=True)
    return score, np.array(box) + np.array([0, 0, project.one, project.one]), label, vectors, masks


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["masktrack_rcnn", "mmtracking"])
def test_converted_weights_have_the_outputs_of_the_project(layout, tmp_path):
    theirs, pixels = foreign(layout, lively(seed=5).state_dict()), image(seed=5)
    card = Card("demo", CLASSES, layout, (384, 288))
    model = build_model("demo", len(CLASSES))
    model.load_state_dict(convert(theirs, layout, card), strict=False)
    save_file(model.state_dict(), tmp_path / "w.safetensors", write_card(card))
    segmenter = load_segmenter(str(tmp_path / "w.safetensors"), Runner(), Limits())
    found, vectors = segmenter.detect(pixels), segmenter.vectors()
    score, box, label, embeddings, masks = project_outputs(layout, theirs, model, card, pixels)
    np.testing.assert_allclose(found.score, score, atol=1e-4)
    assert found.label.tolist() == list(label)
    np.testing.assert_allclose(found.box, box, atol=1e-2)
    np.testing.assert_allclose(vectors, embeddings, atol=1e-4)
    for own, expected in zip(segmenter.masks(np.arange(len(score))), masks, strict=True):
        assert (own != expected).sum() <= 0.01 * expected.sum() + 2
