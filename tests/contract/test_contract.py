"""The tracker contract, for every variant that a config runs, on the data it runs on.

pytest tests/contract/test_contract.py --variant=sort
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest

from datasets.formats.parquet import read_tracks
from datasets.prepare import load_reader
from datasets.sequences.sequence_json import open_sequence, read_sequence, write_prepared
from datasets.types import Detections, Frame, Sequence
from tests.support.variants import Case, chosen_cases
from tests.support.workflow.workdir import Workdir, make_workdir
from trackers.contract import TrackerOutput, load_method, load_tracker
from trackers.feed import read_feed
from trackers.output_check import OutputCheck

FRAMES, FRAMES_OF_NETWORKS = 40, 9
NOTHING = "a variant that reports nothing shows nothing"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cases = chosen_cases(metafunc.config.getoption("--variant"))
    for fixture, chosen, why in (
        ("stage", _stepped(cases), "a rule of its own runs it: see the last test"),
        ("ruled", _ruled(cases), "no such variant is run by a rule of its own"),
    ):
        if fixture in metafunc.fixturenames:
            skipped = [pytest.param(None, marks=pytest.mark.skip(reason=why), id="none")]
            params = [pytest.param(case, id=name) for name, case in sorted(chosen.items())]
            metafunc.parametrize(fixture, params or skipped, indirect=True, scope="module")


def _stepped(cases: dict[str, Case]) -> dict[str, Case]:
    return {name: case for name, case in cases.items() if case.stepped}


def _ruled(cases: dict[str, Case]) -> dict[str, Case]:
    """Return what rules run; of all variants those alone whose program needs nothing installed."""
    ruled = {name: case for name, case in cases.items() if not case.stepped}
    alone = {name: case for name, case in ruled.items() if not (case.method / "run.py").is_file()}
    return alone if len(cases) > len(ruled) else ruled


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A function from a case to the first sequence of its data set, prepared."""
    workdir, made = tmp_path_factory.mktemp("contract"), {}

    def prepare(case: Case) -> Path:
        entry, key = case.data, json.dumps(case.data)
        if key not in made:
            reader, name = load_reader(entry["reader"]), entry["sequences"][0]
            if "root" in entry and not Path(entry["root"]).is_dir():
                pytest.skip(f"real data is not there: {entry['root']}")
            root = reader.locate(entry.get("root"))
            path = workdir / f"{len(made)}" / case.dataset / "sequence.json"
            options = entry.get("options", {})
            write_prepared(path, reader.read(case.dataset, root, name, path.parent, **options))
            made[key] = path
        return made[key]

    return prepare


@pytest.fixture
def stage(request, prepared, exported):
    """(make, sequence, frames): a maker of trackers of the variant, and what it is fed."""
    case = request.param
    path = prepared(case)
    name, options = case.entry["method"], case.entry.get("options", {})
    method = load_method(name).with_options(options)
    folders = {key: str(exported(options[key])) for key in method.engines if key in options}
    count = FRAMES_OF_NETWORKS if method.engines else FRAMES
    frames = list(islice(read_feed(open_sequence(path), method), count))

    def make():
        return load_tracker(name, options | folders)

    return make, read_sequence(path), frames


def play(tracker, sequence: Sequence, frames: list[Frame]) -> list[TrackerOutput]:
    tracker.start(sequence)
    return [tracker.step(frame) for frame in frames]


def same(first: list[TrackerOutput], second: list[TrackerOutput]) -> bool:
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


def test_answers_keep_to_the_contract(stage):
    make, sequence, frames = stage
    check = OutputCheck("the variant", sequence)
    answers = play(make(), sequence, frames)
    for frame, answer in zip(frames, answers, strict=True):
        check.check(frame.index, answer)
    assert any(len(answer.track) for answer in answers), NOTHING


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


@pytest.fixture(scope="module")
def ruled(request, tmp_path_factory) -> tuple[Workdir, Case]:
    """A copy of the repository, and a variant that a rule of its method runs."""
    case = request.param
    if "root" in case.data and not Path(case.data["root"]).is_dir():
        pytest.skip(f"real data is not there: {case.data['root']}")
    return make_workdir(tmp_path_factory.mktemp("ruled")), case


@pytest.mark.slow
def test_a_rule_makes_the_same_tracks_twice_and_they_are_timed(ruled):
    workdir, case = ruled
    folder = Path("results", case.variant, case.dataset, case.data["sequences"][0])
    timed = ["timing.json"] if load_method(case.entry["method"]).timed else []
    names = ["tracks.parquet", *timed]
    configs = ["--configfile", f"config/{case.overlay}.yaml"] if case.overlay else []
    if "root" in case.data:
        root = {case.dataset: {"root": str(Path(case.data["root"]).resolve())}}
        configs += ["--config", f"datasets={json.dumps(root)}"]
    found = []
    for _ in range(2):
        done = workdir.run("--cores", "all", *(str(folder / name) for name in names), *configs)
        assert done.returncode == 0, done.stdout + done.stderr
        assert all((workdir.path / folder / name).is_file() for name in names)
        found.append(read_tracks(workdir.path / folder / "tracks.parquet"))
        rmtree(workdir.path / folder)
    assert len(found[0]), NOTHING
    assert (found[0].track >= 0).all()
    assert found[0].same(found[1])
