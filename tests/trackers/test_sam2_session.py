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


@pytest.mark.slow
def test_sam21_tiny_is_followed_as_officially(scene, tmp_path):
    model = build_predictor("tiny")
    make_lively(model)
    images = [image for image, _ in scene[:2]]  # a frame takes ten seconds
    frames = save_frames(tmp_path / "frames", images)
    box = scene[0][1][3].box
    ours = together(on_torch(model, TorchArrays()), frames, {0: {1: Prompt(box=box)}})
    assert_same(ours[1], alone(model, tmp_path / "frames", 0, box=box))


def test_a_session_begins_anew(networks, scene):
    frames = [image for image, _ in scene[:3]]
    session = Session(networks)
    answers = []
    for _ in range(2):
        session.start()
        assert session.identities == []
        for number, frame in enumerate(frames):
            session.look(frame)
            if number == 0:
                session.prompt({4: Prompt(box=scene[0][1][0].box)})
            session.remember()
        answers.append(session.logits())
    assert np.array_equal(*answers)


def test_a_frame_without_objects_is_legal_and_an_object_can_be_dropped_at_once(networks, scene):
    session = Session(networks)
    image, labels = scene[0]
    assert len(session.look(image).identity) == 0
    session.remember()
    assert session.masks().shape == (0, *image.shape[:2])
    session.look(image)
    session.prompt({5: Prompt(box=labels[0].box)})
    assert session.masks().shape == (1, *image.shape[:2])
    session.drop(5)
    session.remember()
    assert len(session.look(image).identity) == 0
    with pytest.raises(KeyError):
        session.drop(5)


def test_a_wrong_prompt_leaves_the_session_as_it_was(networks, scene):
    session = Session(networks)
    image, labels = scene[0]
    session.look(image)
    session.prompt({1: Prompt(box=labels[0].box)})
    before = session.logits().copy()
    wrong = Prompt(box=np.array([500.0, 0, 600, 10]))
    with pytest.raises(ValueError, match=r"object 2: box .* lies outside the 384 x 288 image"):
        session.prompt({3: Prompt(box=labels[1].box), 2: wrong})
    assert session.identities == [1]
    assert np.array_equal(session.logits(), before)


def test_a_frame_of_another_size_is_refused_and_the_video_goes_on(networks, scene):
    session, image = Session(networks), scene[0][0]
    session.look(image)
    session.remember()
    with pytest.raises(ValueError, match=r"\(144, 192\) found, expected \(288, 384\) as before"):
        session.look(image[::2, ::2])
    assert len(session.look(image).identity) == 0


def test_masks_of_which_no_two_share_a_pixel(networks, scene):
    image, labels = scene[0]
    shared = {}
    for overlap in ("none", "argmax_logit", "score_priority"):
        session = Session(networks, overlap=overlap)
        session.look(image)
        session.prompt({n: Prompt(box=label.box) for n, label in enumerate(labels)})
        shared[overlap] = session.masks()
    assert (shared["none"].sum(0) > 1).any()
    for overlap in ("argmax_logit", "score_priority"):
        assert shared[overlap].sum(0).max() == 1
        assert (shared[overlap].any(0) == shared["none"].any(0)).all()
