"""Two sides timed in turns, by a program that writes given step times."""

from __future__ import annotations

import pytest

from datasets.io.files import write_json
from workflow.gate.against import Comparison, time_variant
from workflow.gate.other_worktree import worktree_folder
from workflow.gate.turns import MAX_ROUNDS, Side, Timed, take_turns

PROGRAM = """
import json, pathlib, sys
here = pathlib.Path.cwd()
with open(here.parent / "order", "a") as order:
    order.write(here.name[0])
steps = json.loads((here / "steps").read_text())
step = steps[(here.parent / "order").read_text().count(here.name[0]) % len(steps)]
work = {"calibration_ns": [[100]], "calibration_cpu_ns": [[100]], "machine": {}}
output = next(each[9:] for each in sys.argv if each.startswith("--output="))
pathlib.Path(output).write_text(json.dumps({"step_ns": [[step]], "step_cpu_ns": [[step]], **work}))
"""
LIMITS = {"frames": 1, "warm_up": 1, "seconds": 1, "passes": {"min": 1, "max": 1}}
TIMED = Timed("sort", "d", ["s"], LIMITS)
RUN = {
    "method": "sort",
    "options": {},
    "inputs": {},
    "code": "c",
    "lock": "l",
    "files": {},
    "engines": {},
}


@pytest.fixture
def sides(tmp_path):
    """The other side and this one, whose processes take 100 units each."""
    found = []
    for name in ("other", "this"):
        side = Side(tmp_path / name, program=("-c", PROGRAM))
        place = side.result("sort", "d", "s")
        write_json(place / "run.json", {**RUN, "code": name})
        (place / "tracks.parquet").touch()
        write_json(side.root / "steps", [100])
        found.append(side)
    return tuple(found)


def test_the_sides_take_turns_at_going_first(sides, tmp_path):
    found = take_turns(sides, TIMED, 2, 0.05)
    assert (tmp_path / "order").read_text() == "toot"
    assert len(found["pairs"]) == 2


@pytest.mark.slow
def test_more_pairs_are_taken_while_the_verdict_is_ambiguous_up_to_a_limit(sides, tmp_path):
    write_json(sides[1].root / "steps", [100, 200])
    found = take_turns(sides, TIMED, 2, 0.05)
    assert len(found["pairs"]) == 2 * MAX_ROUNDS


def test_a_tracker_that_cannot_be_timed_is_named_with_its_error(sides):
    (sides[0].root / "steps").unlink()
    found = time_variant(sides, TIMED, 2, 0.05, "abc")
    assert found["verdict"] == "NOT COMPARED"
    assert "other/results/sort/d/s: the tracker could not be timed (exit code 1)" in found["why"]
    assert "FileNotFoundError" in found["why"]


def test_a_variant_that_one_side_lacks_is_new_or_missing(sides):
    (sides[0].result("sort", "d", "s") / "run.json").unlink()
    assert time_variant(sides, TIMED, 2, 0.05, "abc") == {
        "verdict": "NEW",
        "why": "abc does not have it",
    }
    (sides[1].result("sort", "d", "s") / "tracks.parquet").unlink()
    assert time_variant(sides, TIMED, 2, 0.05, "abc") is None


def test_a_tracker_that_is_the_same_on_both_sides_is_not_timed(sides, tmp_path):
    for side in sides:
        write_json(side.result("sort", "d", "s") / "run.json", RUN)
    assert time_variant(sides, TIMED, 2, 0.05, "abc")["verdict"] == "SAME"
    assert not (tmp_path / "order").exists()


def test_data_that_only_the_working_tree_has_is_found_by_the_other_side(tmp_path):
    there = worktree_folder(tmp_path, "abc")
    for root in (tmp_path, there):
        for name in ("engines", "trackers", "config", "datasets"):
            text = "datasets: {mine: {root: data/mine}, gone: {root: no}, package: {}}"
            (root / "config").mkdir(parents=True, exist_ok=True)
            (root / "config" / f"{name}.yaml").write_text(text if name == "datasets" else "")
    (tmp_path / "data" / "mine").mkdir(parents=True)
    found = Comparison(tmp_path, "abc")._roots(there, [])
    assert found == {"mine": {"root": str(tmp_path / "data" / "mine")}}
