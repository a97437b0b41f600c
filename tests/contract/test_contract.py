"""The tracker contract, tested for every variant that a config runs, on its own data.

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
NOTHING = "a variant that reports no objects tests nothing"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cases = chosen_cases(metafunc.config.getoption("--variant"))
    for fixture, chosen, why in (
        ("stage", _stepped(cases), "run by a rule of its method: see the last test"),
        ("ruled", _ruled(cases), "not run by a rule of its method"),
    ):
        if fixture in metafunc.fixturenames:
            skipped = [pytest.param(None, marks=pytest.mark.skip(reason=why), id="none")]
            params = [pytest.param(case, id=name) for name, case in sorted(chosen.items())]
            metafunc.parametrize(fixture, params or skipped, indirect=True, scope="module")


def _stepped(cases: dict[str, Case]) -> dict[str, Case]:
    return {name: case for name, case in cases.items() if case.stepped}


def _ruled(cases: dict[str, Case]) -> dict[str, Case]:
    """Return the variants run by rules; among all variants only those that need no installation."""
    ruled = {name: case for name, case in cases.items() if not case.stepped}
    ready = {name: case for name, case in ruled.items() if not (case.method / "run.py").is_file()}
    return ready if len(cases) > len(ruled) else ruled


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A function from a case to the prepared first sequence of its data set."""
    workdir, paths = tmp_path_factory.mktemp("contract"), {}

    def prepare(case: Case) -> Path:
        entry, key = case.data, json.dumps(case.data)
        if key not in paths:
            reader, name = load_reader(entry["reader"]), entry["sequences"][0]
            if "root" in entry and not Path(entry["root"]).is_dir():
                pytest.skip(f"real data is missing: {entry['root']}")
            root = reader.locate(entry.get("root"))
            path = workdir / f"{len(paths)}" / case.dataset / "sequence.json"
            options = entry.get("options", {})
            write_prepared(path, reader.read(case.dataset, root, name, path.parent, **options))
            paths[key] = path
        return paths[key]

    return prepare


@pytest.fixture(scope="module")
def stage(request, prepared, exported):
    """(make, sequence, frames): a function that returns a new tracker, and its input."""
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


@pytest.fixture(scope="module")
def first_run(stage):
    """(tracker, outputs, copies): a new tracker, its outputs, and their copies as they came."""
    make, sequence, frames = stage
    tracker, outputs, copies = make(), [], []
    tracker.start(sequence)
    for frame in frames:
        outputs.append(tracker.step(frame))
        copies.append(deepcopy(outputs[-1]))
    return tracker, outputs, copies


@pytest.fixture(scope="module")
def played(first_run) -> list[TrackerOutput]:
    """The outputs of a new tracker."""
    return first_run[1]


@pytest.fixture(scope="module")
def interleaved(stage):
    """(outputs, other, empties): of a tracker, while another one tracks empty frames in turn."""
    make, sequence, frames = stage
    one, other, outputs, empties = make(), make(), [], []
    one.start(sequence)
    other.start(sequence)
    for frame in frames:
        outputs.append(one.step(frame))
        empties.append(other.step(empty(frame)))
    return outputs, other, empties


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


def test_outputs_follow_the_contract(stage, played):
    _, sequence, frames = stage
    check = OutputCheck("the variant", sequence)
    for frame, output in zip(frames, played, strict=True):
        check.check(frame.index, output)
    assert any(len(output.track) for output in played), NOTHING


def test_a_second_run_equals_the_first(stage, first_run):
    _, sequence, frames = stage
    tracker, outputs, _ = first_run
    assert same(outputs, play(tracker, sequence, frames))


def test_later_frames_do_not_change_earlier_outputs(stage, played):
    make, sequence, frames = stage
    half = len(frames) // 2
    half_empty = frames[:half] + [empty(frame) for frame in frames[half:]]
    partial = play(make(), sequence, half_empty)
    assert same(played[:half], partial[:half])


def test_a_tracker_does_not_write_to_its_earlier_outputs(first_run):
    _, outputs, copies = first_run
    assert same(outputs, copies)


def test_an_empty_frame_is_legal(stage, interleaved):
    make, sequence, frames = stage
    mostly_empty = [empty(frame) if frame.index % 3 else frame for frame in frames]
    assert len(play(make(), sequence, mostly_empty)) == len(frames)
    _, _, empties = interleaved
    assert len(empties) == len(frames)


def test_state_does_not_leak_between_sequences_or_instances(stage, played, interleaved):
    _, sequence, frames = stage
    outputs, other, _ = interleaved
    assert same(played, outputs)
    assert same(played, play(other, sequence, frames))


@pytest.fixture(scope="module")
def ruled(request, tmp_path_factory) -> tuple[Workdir, Case]:
    """A copy of the repository, and a variant that is run by a rule of its method."""
    case = request.param
    if "root" in case.data and not Path(case.data["root"]).is_dir():
        pytest.skip(f"real data is missing: {case.data['root']}")
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
