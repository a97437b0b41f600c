"""The tracker contract, for every variant of every config on the data it runs on."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT

from datasets.prepare import load_reader
from datasets.sequence_json import read_sequence, write_prepared
from datasets.types import Detections, Frame, Sequence
from trackers.contract import Answer, load_method, load_tracker
from trackers.feed import read_feed

FRAMES, FRAMES_OF_NETWORKS = 40, 9


def _load(name: str) -> dict:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


def _variants() -> dict[str, dict]:
    """Every variant that any config file defines."""
    files = sorted(p.stem for p in (ROOT / "config").glob("*.yaml"))
    return {name: v for file in files for name, v in _load(file).get("variants", {}).items()}


def _cases() -> list[tuple[str, str]]:
    """Each variant with one data set it runs on, but for programs that take whole sequences."""
    overlays = [p.stem for p in (ROOT / "config").glob("*.yaml")]
    runs = [entry for name in sorted(overlays) for entry in _load(name).get("run", [])]
    pairs = {variant: run["dataset"] for run in reversed(runs) for variant in run["variants"]}
    methods, variants = ROOT / "trackers" / "methods", _variants()
    whole = {n for n, v in variants.items() if (methods / v["method"] / "run.py").is_file()}
    return sorted((name, dataset) for name, dataset in pairs.items() if name not in whole)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A function from a data set's name to its first prepared sequence."""
    room, made = tmp_path_factory.mktemp("contract"), {}

    def prepare(dataset: str) -> Path:
        if dataset not in made:
            entry = _load("datasets")["datasets"][dataset]
            overlay = ROOT / "config" / f"{dataset}.yaml"
            if overlay.exists():
                entry |= _load(dataset)["datasets"][dataset]
            reader, name = load_reader(entry["reader"]), entry["sequences"][0]
            if "root" in entry and not Path(entry["root"]).is_dir():
                pytest.skip(f"real data is not there: {entry['root']}")
            root, path = reader.locate(entry.get("root")), room / dataset / "sequence.json"
            options = entry.get("options", {})
            write_prepared(path, reader.read(dataset, root, name, path.parent, **options))
            made[dataset] = path
        return made[dataset]

    return prepare


@pytest.fixture(params=_cases(), ids=lambda case: case[0])
def stage(request, prepared, exported):
    """(make, sequence, frames): a maker of trackers of the variant, and what it is fed."""
    variant, dataset = request.param
    entry = _variants()[variant]
    path = prepared(dataset)
    options = entry.get("options", {})
    method = load_method(entry["method"]).given(options)
    folders = {name: str(exported(options[name])) for name in method.engines if name in options}
    count = FRAMES_OF_NETWORKS if method.engines else FRAMES
    frames = list(islice(read_feed(path, method), count))

    def make():
        return load_tracker(entry["method"], options | folders)

    return make, read_sequence(path), frames


def play(tracker, sequence: Sequence, frames: list[Frame]) -> list[Answer]:
    tracker.start(sequence)
    return [tracker.step(frame) for frame in frames]


def same(first: list[Answer], second: list[Answer]) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for a, b in zip(first, second, strict=True)
        for name in ("track", "box", "score", "class_id", "mask")
    )


def empty(frame: Frame) -> Frame:
    nothing = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
    image = None if frame.image is None else np.zeros_like(frame.image)
    prompts = frame.prompts and frame.prompts.before(0)
    return replace(frame, image=image, detections=frame.detections and nothing, prompts=prompts)


def test_answers_have_their_shapes(stage):
    make, sequence, frames = stage
    seen = 0
    for answer in play(make(), sequence, frames):
        count = len(answer.track)
        seen += count
        assert answer.box.shape == (count, 4)
        assert answer.score.shape == answer.class_id.shape == (count,)
        assert len(set(answer.track.tolist())) == count
        assert (answer.track >= 0).all()
        assert set(answer.class_id.tolist()) <= set(sequence.extent.classes)
    assert seen, "a variant that reports nothing shows nothing"


def test_a_second_run_equals_the_first(stage):
    make, sequence, frames = stage
    tracker = make()
    assert same(play(tracker, sequence, frames), play(tracker, sequence, frames))


def test_later_frames_do_not_change_earlier_answers(stage):
    make, sequence, frames = stage
    half = len(frames) // 2
    blank = frames[:half] + [empty(frame) for frame in frames[half:]]
    tracker = make()
    long, short = play(tracker, sequence, frames), play(tracker, sequence, blank)
    assert same(long[:half], short[:half])


def test_answers_given_out_stay_as_they_were(stage):
    make, sequence, frames = stage
    tracker = make()
    tracker.start(sequence)
    given, copies = [], []
    for frame in frames:
        answer = tracker.step(frame)
        given.append(answer)
        copies.append(deepcopy(answer))
    assert same(given, copies)


def test_an_empty_frame_is_legal(stage):
    make, sequence, frames = stage
    blank = [empty(frame) if frame.index % 3 else frame for frame in frames]
    tracker = make()
    assert len(play(tracker, sequence, blank)) == len(frames)
    assert len(play(tracker, sequence, [empty(frame) for frame in frames])) == len(frames)


def test_state_does_not_leak_between_sequences_or_instances(stage):
    make, sequence, frames = stage
    one, other = make(), make()
    alone = play(one, sequence, frames)
    one.start(sequence)
    other.start(sequence)
    together = []
    for frame in frames:
        together.append(one.step(frame))
        other.step(empty(frame))
    assert same(alone, together)
    assert same(alone, play(other, sequence, frames))
