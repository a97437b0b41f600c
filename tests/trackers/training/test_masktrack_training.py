"""Training of MaskTrack R-CNN: pairs of frames, their targets, and the tracking loss."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from datasets.formats.parquet import read_tracks
from datasets.masks import coco_rle
from datasets.media.frames import write_image
from datasets.sequences.sequence_json import Prepared, read_sequence, write_prepared
from datasets.types import Extent, Sequence, Tracks
from trackers.mask_rcnn.architecture import build_model
from trackers.mask_rcnn.card import Card
from trackers.training.masktrack_rcnn_step import (
    batch_losses,
    draw_pairs,
    make_batch,
    read_videos,
    track_loss,
)
from trackers.training.train_masktrack_rcnn import load_matching_weights, make_stages

CARD = Card("demo", ("dog", "person"), "torchvision", (96, 64))
EXTENT = Extent(64, 96, 6, {7: "person"})


@pytest.fixture
def folder(tmp_path_factory):
    """A sequence of two people moving right; frame 3 is empty, one person is in frame 5."""
    workdir = tmp_path_factory.mktemp("data")
    rows, masks = [], []
    for frame in range(6):
        image = np.full((64, 96, 3), 90, np.uint8)
        for track, (left, top) in ((4, (5, 10)), (9, (50, 20))):
            if frame == 3 or (frame == 5 and track == 9):
                continue
            place = np.s_[top : top + 30, left + 2 * frame : left + 2 * frame + 16]
            image[place] = 40 * track % 256
            mask = np.zeros((64, 96), bool)
            mask[place] = True
            rows.append((frame, track, [left + 2 * frame, top, left + 2 * frame + 16, top + 30]))
            masks.append(mask)
        write_image(workdir / "walk" / "images" / f"{frame:03d}.png", image)
    frame, track, box = (np.array(each) for each in zip(*rows, strict=True))
    ones = np.ones(len(frame))
    runs = coco_rle.encode(np.array(masks))
    truth = Tracks(EXTENT, frame, track, 7 * ones, ones, box.astype(float), rle=runs)
    sequence = Sequence("d", "walk", EXTENT, 10.0, images="images")
    write_prepared(workdir / "walk" / "sequence.json", Prepared(sequence, truth))
    return workdir


def test_a_pair_has_two_labelled_frames_within_its_reach(folder):
    videos = read_videos(folder, CARD, 100)
    pairs = list(islice(draw_pairs(np.random.default_rng(0), videos, 2), 60))
    assert {abs(first - second) for _, first, second in pairs} == {1, 2}
    assert 3 not in {frame for _, *both in pairs for frame in both}


def test_a_batch_has_boxes_masks_classes_and_identities_in_the_networks_input(folder):
    card = Card("demo", CARD.classes, "torchvision", (192, 128))
    draw = np.random.default_rng(0)
    batch = make_batch(draw, iter([(read_videos(folder, card, 100)[0], 0, 5)]), 1, card)
    assert batch.images.shape == (2, 3, 128, 192)
    first, second = batch.targets
    assert first["identities"].tolist() == [4, 9]
    assert second["identities"].tolist() == [4]
    assert first["labels"].tolist() == [2, 2], "the class's index, from 1"
    width = first["boxes"][:, 2] - first["boxes"][:, 0]
    assert width.tolist() == [32, 32], "twice as large"
    for target in batch.targets:
        for box, mask in zip(target["boxes"].int().tolist(), target["masks"], strict=True):
            left, top, right, bottom = box
            assert mask.sum() == mask[top:bottom, left:right].sum() == 32 * 60


def test_both_frames_of_a_pair_are_mirrored_together(folder):
    video = read_videos(folder, CARD, 100)[0]
    left = set()
    for seed in range(12):
        batch = make_batch(np.random.default_rng(seed), iter([(video, 0, 0)]), 1, CARD)
        assert torch.equal(batch.targets[0]["boxes"], batch.targets[1]["boxes"])
        left.add(batch.targets[0]["boxes"][0, 0].item())
    assert left == {5.0, 96 - 21.0}


def target(*identities):
    return {"identities": torch.tensor(identities)}


def test_the_tracking_loss_is_the_cross_entropy_of_the_same_object_or_of_a_new_one():
    # one box, of object 8; the other frame has 5 and 8: columns new, 5, 8 with scores 0, 1, 2
    embeddings = [torch.tensor([[1.0]]), torch.zeros(0, 1)]
    references = [torch.zeros(0, 1), torch.tensor([[1.0], [2.0]])]
    matched = [torch.tensor([0]), torch.zeros(0, dtype=torch.long)]
    loss = track_loss(embeddings, references, matched, [target(8), target(5, 8)])
    log_probability = torch.tensor([0.0, 1.0, 2.0]).log_softmax(0)
    assert loss.item() == pytest.approx(-log_probability[2].item() / 2)
    loss = track_loss(embeddings, references, matched, [target(3), target(5, 8)])
    assert loss.item() == pytest.approx(-log_probability[0].item() / 2)


@pytest.mark.slow
def test_a_batch_has_all_losses_and_every_parameter_a_gradient(folder):
    torch.manual_seed(0)
    model = build_model("demo", 2).train()
    draw = np.random.default_rng(0)
    pairs = draw_pairs(draw, read_videos(folder, CARD, 100), 9)
    losses = batch_losses(model, make_batch(draw, pairs, 2, CARD))
    expected = {"loss_objectness", "loss_rpn_box_reg", "classes", "boxes", "masks", "track"}
    assert set(losses) == expected
    torch.stack([*losses.values()]).sum().backward()
    assert [name for name, each in model.named_parameters() if each.grad is None] == []


def test_sequences_with_unknown_classes_or_without_pairs_are_refused(folder, tmp_path):
    message = r"expected classes among \['dog'\], found \['person'\]"
    with pytest.raises(ValueError, match=message):
        read_videos(folder, Card("demo", ("dog",), "torchvision", (96, 64)), 100)
    for workdir, reach in ((tmp_path, 100), (folder, 0)):
        with pytest.raises(ValueError, match=f"two labelled frames at most {reach} apart"):
            read_videos(workdir, CARD, reach)


def test_a_synonym_of_a_class_is_known_and_an_ignored_class_is_left_out(folder):
    card = Card("demo", ("pedestrian",), "torchvision", (96, 64))
    video = read_videos(folder, card, 100)[0]
    batch = make_batch(np.random.default_rng(0), iter([(video, 0, 1)]), 1, card)
    assert batch.targets[0]["labels"].tolist() == [1, 1]
    path = folder / "walk" / "sequence.json"
    truth = read_tracks(path.parent / "truth.parquet")
    extent = replace(EXTENT, classes={7: "person", 8: "crowd"}, ignored=(8,))
    class_id = np.where(truth.track == 9, 8, 7)
    crowd = replace(truth, extent=extent, class_id=class_id)
    write_prepared(path, Prepared(replace(read_sequence(path), extent=extent), crowd))
    assert set(read_videos(folder, card, 100)[0].truth.track.tolist()) == {4}


def _old_name(name: str) -> str:
    """Return the name of a tensor in torchvision's COCO checkpoint."""
    name = re.sub(r"(_blocks\.\d)\.0\.", r"\1.", name).replace("conv.0.0.", "conv.")
    return re.sub(
        r"mask_head\.(\d)\.0", lambda match: f"mask_head.mask_fcn{int(match[1]) + 1}", name
    )


def test_initial_weights_that_fit_are_loaded_and_the_others_are_named(tmp_path):
    torch.manual_seed(1)
    coco = build_model("demo", 80).detector.state_dict()
    torch.save({_old_name(name): each for name, each in coco.items()}, tmp_path / "coco.pth")
    model = build_model("demo", 2)
    others = load_matching_weights(model, tmp_path / "coco.pth")
    heads = [name for name in others if not name.startswith("track_head.fcs.")]
    assert {name.split(".")[-2] for name in heads} == {"cls_score", "bbox_pred", "mask_fcn_logits"}
    assert len(others) == 4 + 6
    loaded = model.state_dict()["detector.backbone.body.stem.0.weight"]
    assert torch.equal(loaded, coco["backbone.body.stem.0.weight"])


def test_the_schedule_of_the_paper_has_twelve_epochs_and_drops_after_eight_and_eleven():
    (stage,) = make_stages("paper", frames=1000, pairs=4)
    assert stage.steps == 3000
    assert stage.rate_at(0) == pytest.approx(0.005 * (1 / 3 + 2 / 3 / 500))
    rates = [stage.rate_at(taken) for taken in (500, 1999, 2000, 2749, 2750)]
    assert rates == pytest.approx([0.005, 0.005, 5e-4, 5e-4, 5e-5])
