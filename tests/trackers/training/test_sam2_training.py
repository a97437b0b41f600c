"""Training of the demo SAM 2: its clips, prompts and losses, and resuming a training."""

from __future__ import annotations

import dataclasses
from itertools import permutations, repeat

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sam2.modeling.sam2_base import SAM2Base

from datasets.io.files import read_json
from trackers.sam2.architecture import build_model
from trackers.training import loop
from trackers.training.clips import Clip, World, draw_clips, load_worlds
from trackers.training.loop import Stage, Training
from trackers.training.sam2_step import (
    batch_loss,
    box_prompts,
    draw_prompts,
    frame_loss,
    make_batch,
    non_overlapping,
)

SIZE = 256


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    return tmp_path_factory.mktemp("workdir")


@pytest.fixture(scope="module")
def worlds(workdir):
    return load_worlds(workdir / "worlds", 1, SIZE, seed=3)


@pytest.mark.slow
def test_clips_have_masks_of_people_who_are_visible_in_the_first_frame(worlds):
    draw = np.random.default_rng(0)
    source = draw_clips(draw, worlds, length=3, people=2)
    clips = [next(source) for _ in range(20)]
    for clip in clips:
        assert clip.images.shape == (3, SIZE, SIZE, 3)
        assert 1 <= clip.masks.shape[1] <= 2
        assert clip.masks[0].any((1, 2)).all()
        assert clip.masks.sum(1).max() == 1  # no two masks share a pixel
    assert len({clip.images.tobytes() for clip in clips}) > 15


@pytest.mark.slow
def test_a_clip_with_a_gap_leaves_out_frames_once(worlds):
    numbered = dataclasses.replace(worlds[0], images=np.arange(100)[:, None, None, None])
    for length in (2, 4):
        source = draw_clips(np.random.default_rng(0), [numbered], length, people=2, gaps=1.0)
        for _ in range(20):
            steps = np.sort(np.abs(np.diff(next(source).images.ravel())))
            assert set(steps[:-1]) <= {1, 2, 3}
            assert 9 <= steps[-1] <= 51


def test_a_clip_can_have_the_people_who_come_near_each_other():
    owner = np.zeros((9, 64, 64), np.uint8)
    for number, left in enumerate((2, 10, 30, 55), start=1):
        owner[:, :10, left : left + number] = number  # as wide as the number, also mirrored
    area = np.stack([np.bincount(each.ravel(), minlength=5) for each in owner])
    world = World(np.zeros((9, 64, 64, 3), np.uint8), owner, area)
    source = draw_clips(np.random.default_rng(0), [world], length=2, people=2, near=1.0)
    pairs = {tuple(next(source).masks[0].sum((1, 2)) // 10) for _ in range(40)}
    assert pairs == {(1, 2), (2, 1), (3, 2), (4, 3)}


def test_a_share_of_the_clips_has_permuted_colours_that_are_equal_in_all_frames():
    colours = np.broadcast_to(np.array([10, 100, 200], np.uint8), (2, 8, 8, 3))
    clip = Clip(colours, np.ones((2, 1, 8, 8), bool))
    for share, orders in ((0.0, {(0, 1, 2)}), (1.0, set(permutations(range(3))))):
        batch = make_batch(np.random.default_rng(0), repeat(clip), 60, share)
        order = batch.images.argsort(2)
        assert (order == order[:1, :, :, :1, :1]).all()
        assert set(map(tuple, order[0, :, :, 0, 0].tolist())) == orders


@pytest.mark.slow
def test_a_world_is_drawn_once_and_cached(worlds, workdir):
    path = next((workdir / "worlds").glob("*.npz"))
    before = path.stat().st_mtime_ns
    again = load_worlds(workdir / "worlds", 1, SIZE, seed=3)
    assert np.array_equal(again[0].images, worlds[0].images)
    assert path.stat().st_mtime_ns == before


def test_box_prompts_have_exclusive_far_corners():
    masks = torch.zeros(1, 8, 8, dtype=torch.bool)
    masks[0, 2:5, 1:7] = True
    points = box_prompts(masks)["point_inputs"]
    assert points["point_coords"].tolist() == [[[1, 2], [7, 5]]]
    assert points["point_labels"].tolist() == [[2, 3]]


def test_prompts_are_boxes_points_and_masks():
    masks = torch.zeros(2, 8, 8, dtype=torch.bool)
    masks[:, 2:5, 1:7] = True
    kinds, draw = set(), np.random.default_rng(0)
    for _ in range(60):
        prompts = draw_prompts(draw, masks, allow_masks=True)
        if prompts["mask_inputs"] is not None:
            kinds.add("mask")
            continue
        labels = prompts["point_inputs"]["point_labels"]
        points = prompts["point_inputs"]["point_coords"]
        assert points.shape == (*labels.shape, 2)
        if (labels == 1).all():
            x, y = points.floor().long().unbind(-1)
            assert masks[torch.arange(2)[:, None], y, x].all()
        kinds.add((labels.shape[1], int(labels[0, 0])))
    assert kinds == {"mask", (2, 2), (1, 1), (2, 1), (3, 1)}


@pytest.mark.slow
def test_the_loss_decreases_when_a_batch_is_repeated(worlds):
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    model = build_model("demo").train()
    batch = make_batch(draw, draw_clips(draw, worlds, length=2, people=1), 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(12):
        prompts = box_prompts(batch.masks[0])
        loss = batch_loss(model, batch, prompts, teacher_forced=False, exclusive=True)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(("side", "weight"), [(32, 1 / 1024), (8, 1 / 256)])
def test_the_sharp_loss_adds_the_cross_entropy_divided_by_the_persons_area(side, weight):
    masks = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    masks[:, 32 : 32 + side, 64 : 64 + side] = True
    undecided = torch.zeros(1, 3, SIZE // 4, SIZE // 4), torch.zeros(1, 3), None, torch.zeros(1, 1)
    plain, sharp = (frame_loss(undecided, masks, each).item() for each in (False, True))
    assert sharp - plain == pytest.approx(np.log(2) * SIZE**2 * weight, rel=1e-3)


def test_logits_of_people_in_one_clip_do_not_overlap_as_in_sam2():
    logits = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 8
    own = non_overlapping(logits, torch.tensor([0, 0, 0, 1, 2]))
    first = SAM2Base._apply_non_overlapping_constraints(None, logits[:3])
    torch.testing.assert_close(own, torch.cat([first, logits[3:]]), rtol=0, atol=0)


def test_an_interrupted_training_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "EVERY", 1)

    def train(stages) -> Training:
        torch.manual_seed(0)
        model = torch.nn.Linear(4, 1)
        training, first = Training(model, tmp_path / "state.pt"), 0
        inputs = torch.ones(2, 4)
        for stage in stages:
            training.run(stage, first, lambda: model(inputs).square().mean(), lambda: {"recall": 1})
            first += stage.steps
        return training

    stages = Stage(1, rate=1e-3, rate_end=1e-3), Stage(2, rate=1e-3, rate_end=0.0)
    assert train(stages[:1]).steps_done == 1
    resumed = train(stages)
    assert (resumed.steps_done, [entry["step"] for entry in resumed.log]) == (3, [1, 2, 3])
    losses = [entry["loss"] for entry in resumed.log]
    assert losses == sorted(losses, reverse=True)
    last = train(stages)
    assert torch.equal(last.model.weight, resumed.model.weight)
    last.finish(tmp_path / "made.safetensors", stages, {"seed": 0})
    assert load_file(tmp_path / "made.safetensors")["weight"].dtype == torch.float16
    assert read_json(tmp_path / "made.json")["stages"][1]["rate_end"] == 0
    continued = Training(torch.nn.Linear(4, 1), tmp_path / "another.pt")
    continued.resume_from(tmp_path / "made.safetensors")
    assert (continued.steps_done, continued.log) == (3, resumed.log)
    assert torch.equal(continued.model.weight, resumed.model.weight.half().float())
    last.resume_from(tmp_path / "made.safetensors")  # has no effect after the first step
    assert torch.equal(last.model.weight, resumed.model.weight)
