"""Our numbers beside the references', and what happens where they differ."""

from __future__ import annotations

import copy
import json

import pytest
from conftest import ROOT
from test_evaluate import folders, run

from bench.corrupt import corrupt
from datasets import mots_text
from metrics.crosscheck import compare, table
from metrics.evaluate import Task, crosscheck, evaluate
from metrics.reference import Sample
from metrics.score import make_pairings

__all__ = ["folders"]


@pytest.fixture(scope="module")
def task(tmp_path_factory) -> Task:
    truth = ROOT / "../shared/data/kitti_mots/instances_txt"
    if not truth.is_dir():
        pytest.skip("KITTI-MOTS is not there")
    results = tmp_path_factory.mktemp("results")
    rows = mots_text.read_tracks(truth / "0012.txt")
    mots_text.write_tracks(results / "0012.txt", corrupt(rows, 5))
    families = ("hota", "clear", "identity", "vace", "count")
    return Task("kitti_mots", "kitti_mots", truth, results, families, ("0012",))


def test_masks_agree_with_trackeval_and_motmetrics_or_it_is_known_why_not(task):
    compared = crosscheck(task, evaluate(task))
    assert all(each.passed for each in compared), list(table(compared))
    assert {each.reference for each in compared} == {"trackeval", "motmetrics"}
    assert all(each.equal for each in compared if each.reference == "trackeval")
    equal = {each.column for each in compared if each.reference == "motmetrics" and each.equal}
    assert {"IDF1", "IDP", "IDR", "IDTP", "IDFN", "IDFP"} <= equal


def test_a_number_that_nothing_explains_fails_and_is_shown(task):
    found = copy.deepcopy(evaluate(task))
    found["classes"]["car"]["sequences"]["0012"]["IDF1"] += 1e-6
    compared = crosscheck(task, found)
    failed = [each for each in compared if not each.passed]
    assert {(each.reference, each.sequence, each.column) for each in failed} == {
        (name, "0012", "IDF1") for name in ("trackeval", "motmetrics")
    }
    lines = list(table(compared))
    assert sum("UNEXPLAINED" in line for line in lines) == 2
    assert lines[-1].endswith("2 unexplained")


def test_a_protocol_that_trackeval_does_not_have_is_compared_with_motmetrics_alone(task):
    truth = mots_text.read_tracks(task.truth / "0012.txt")
    perfect = truth.take(truth.track >= 0)
    sample = Sample(truth, perfect, make_pairings(truth, perfect, "kitti_mots"))
    found = {"protocol": "our own", "classes": evaluate(task)["classes"]}
    compared = compare(found, ("clear",), {"0012": sample})
    assert {each.reference for each in compared} == {"motmetrics"}


@pytest.mark.slow
def test_the_command_compares_boxes_and_writes_every_number(folders, tmp_path):
    done = run(folders, "--crosscheck", "--output", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("0 unexplained")
    compared = json.loads((tmp_path / "out.json").read_text())["crosscheck"]
    theirs = {
        (each["reference"], each["sequence"], each["column"]): each["theirs"] for each in compared
    }
    assert theirs["trackeval", "COMBINED", "IDSW"] == 14
    assert round(100 * theirs["trackeval", "COMBINED", "HOTA"], 4) == 39.9957
