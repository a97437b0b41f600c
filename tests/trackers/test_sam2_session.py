"""Objects followed together have the masks that the official predictor gives each of them alone."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from bench.official_sam2 import build_predictor, follow, make_lively, save_frames
from datasets.synthesis.scene import play
from datasets.synthesis.scripts import SCENARIOS
from trackers.engines.torch_engine import TorchArrays
from trackers.sam2.networks import on_torch
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

FRAMES = 32  # more than there are pointers, and memories


@pytest.fixture(scope="module")
def model():
    model = build_predictor("demo")
    make_lively(model)
    return model


@pytest.fixture(scope="module")
def networks(model):
    return on_torch(model, TorchArrays())


@pytest.fixture(scope="module")
def scene():
    draw = np.random.Generator(np.random.PCG64([1, 1, 1, 0]))
    return list(islice(play(draw, SCENARIOS["crowd"](draw)), FRAMES))


@pytest.fixture(scope="module")
def video(scene, tmp_path_factory):
    folder = tmp_path_factory.mktemp("video") / "frames"
    return folder, save_frames(folder, [image for image, _ in scene])


def together(networks, frames, begins, drops=None, **options):
    """Return the logits of each object by frame, and those that were there."""
    session, found = Session(networks, **options), {}
    for number, frame in enumerate(frames):
        session.look(frame)
        for identity in (drops or {}).get(number, ()):
            session.drop(identity)
        session.prompt(begins.get(number, {}))
        for identity, logits in zip(session.seen.identity.tolist(), session.logits(), strict=True):
            found.setdefault(identity, {})[number] = logits.copy()
        session.remember()
    return found


def alone(model, folder, first, **prompt):
    """Return the logits by frame of one object that the official predictor follows alone."""
    return {frame: found[1] for frame, found in follow(model, folder, first, {1: prompt})}


def assert_same(ours, theirs):
    assert ours.keys() <= theirs.keys()
    for frame, logits in ours.items():
        assert np.abs(logits - theirs[frame]).max() < 1e-3, frame
        on, real = logits > 0, theirs[frame] > 0
        assert (on & real).sum() >= 0.99 * (on | real).sum(), frame
    assert any((logits > 0).any() and (logits < 0).any() for logits in ours.values())


@pytest.mark.slow
def test_objects_that_come_and_go_are_followed_as_if_alone(model, networks, scene, video):
    folder, frames = video
    first, tenth = scene[0][1], scene[10][1]
    boxes = {n: Prompt(box=first[n].box) for n in range(3)}
    ours = together(networks, frames, {0: boxes, 10: {9: Prompt(box=tenth[5].box)}}, {20: [1]})
    assert [min(ours[9]), max(ours[9])] == [10, FRAMES - 1]
    assert [min(ours[1]), max(ours[1])] == [0, 19]
    for n in range(3):
        assert_same(ours[n], alone(model, folder, 0, box=first[n].box))
    assert_same(ours[9], alone(model, folder, 10, box=tenth[5].box))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["click", "points", "box and point", "mask"])
def test_every_kind_of_prompt_is_answered_as_officially(kind, model, networks, scene, video):
    folder, frames = video
    label = scene[0][1][2]
    inside = np.argwhere(label.mask)[[40, 90, 200]][:, ::-1].astype(float)
    prompt = {
        "click": {"points": inside[:1], "labels": np.array([1])},
        "points": {"points": inside, "labels": np.array([1, 1, 0])},
        "box and point": {"box": label.box, "points": inside[:1], "labels": np.array([1])},
        "mask": {"mask": label.mask},
    }[kind]
    ours = together(networks, frames[:6], {0: {1: Prompt(**prompt)}})
    theirs = alone(model, folder, 0, **prompt)
    assert_same(ours[1], theirs)
