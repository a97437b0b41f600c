"""The comparison of our values with those of the references, and what happens if they differ."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache

import pytest

from bench.material.corrupt import corrupt
from datasets.formats import mots_text
from metrics.crosscheck.compare import find_missing
from metrics.crosscheck.reference import CLASS_AVERAGED, COMBINED, DETECTION_AVERAGED
from metrics.crosscheck.report import table
from metrics.evaluate import crosscheck, evaluate
from metrics.family import list_protocols
from metrics.task import Task
from tests.metrics.test_evaluate import folders, run
from tests.support.metrics.cross_checked import CROWD, VOID, reasons
from tests.support.metrics.small_tasks import OF_TRACKS, OUR_OWN, PROTOCOLS, task_of
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

__all__ = ["folders"]

# explained differences of TrackEval on the small data; all other values of TrackEval and
# pycocotools are equal
REASONS = {
    "youtube_vis": {CROWD},
    "davis": {VOID},
}


def test_every_protocol_is_cross_checked():
    assert sorted([*PROTOCOLS, *OUR_OWN]) == list_protocols()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_value_equals_the_references_or_the_difference_is_explained(protocol, tmp_path):
    task = task_of(protocol, tmp_path)
    checked = crosscheck(task, evaluate(task))
    compared = checked.comparisons
    assert all(each.passed for each in compared), list(table(checked, task.families))
    of_frames = "coco_box_ap" in task.families
    assert {each.reference for each in compared} == {
        "motmetrics",
        *(["pycocotools"] if of_frames else []),
        *(["trackeval"] if protocol != "coco" else []),
    }
    theirs = [each for each in compared if each.reference != "motmetrics"]
    assert sum(each.equal and bool(each.ours) for each in theirs) > 80
    assert reasons(theirs) == REASONS.get(protocol, set())


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Callable[[str], Task]:
    """Return a function that gives the small task of a protocol, written once."""
    return cache(lambda protocol: task_of(protocol, tmp_path_factory.mktemp(protocol)))


@pytest.mark.parametrize(
    ("protocol", "column", "tools"),
    [
        ("mot20", "SFDA", ["trackeval"]),
        ("plain", "IDF1", ["motmetrics", "trackeval"]),
        ("kitti", "HOTA", ["trackeval"]),
        ("kitti_mots", "Dets", ["trackeval"]),
        ("mots", "mask AP75", ["pycocotools"]),
        ("coco", "box AR10", ["pycocotools"]),
        ("youtube_vis", "DetA", ["trackeval"]),
        ("davis", "J-Mean", ["trackeval"]),
        ("davis_semi", "F-Decay", ["trackeval"]),
        ("davis2016", "J&F", ["trackeval"]),
    ],
)
def test_an_unexplained_difference_fails_and_is_printed(protocol, column, tools, small):
    task = small(protocol)
    found = copy.deepcopy(evaluate(task))
    name, scores = next(iter(found["classes"].items()))
    scores["combined"][column] *= 1 + 1e-6
    checked = crosscheck(task, found)
    failed = [each for each in checked.comparisons if not each.passed]
    wrong = [(each.reference, each.class_name, each.sequence, each.column) for each in failed]
    assert wrong == [(tool, name, COMBINED, column) for tool in tools]
    lines = list(table(checked, task.families))
    assert sum("UNEXPLAINED" in line for line in lines) == len(tools)
    assert lines[-1].endswith(f"{len(tools)} unexplained")


@pytest.mark.parametrize(
    ("key", "name"),
    [("class_averaged", CLASS_AVERAGED), ("detection_averaged", DETECTION_AVERAGED)],
)
@pytest.mark.parametrize(("protocol", "column"), [("kitti", "HOTA"), ("kitti_mots", "box AP")])
def test_the_averages_over_classes_are_compared(key, name, protocol, column, small):
    task = small(protocol)
    found = copy.deepcopy(evaluate(task))
    found[key][column] += 1e-6
    failed = [each for each in crosscheck(task, found).comparisons if not each.passed]
    assert [(each.class_name, each.column) for each in failed] == [(name, column)]


def test_a_missing_value_of_one_sequence_fails(small):
    task = small("kitti")
    found = copy.deepcopy(evaluate(task))
    found["classes"]["car"]["sequences"]["s03"]["LocA"] = None
    checked = crosscheck(task, found)
    (failed,) = (each for each in checked.comparisons if not each.passed)
    assert (failed.sequence, failed.column, failed.ours) == ("s03", "LocA", None)
    assert sum("nan  UNEXPLAINED" in line for line in table(checked, task.families)) == 1


def test_columns_that_a_reference_lacks_are_listed(small):
    task = small("youtube_vis")
    checked = crosscheck(task, evaluate(task))
    lines = list(table(checked, task.families))
    assert "not compared, trackeval: has no AR1, AR10 of vis_ap" in lines
    assert "not compared, trackeval: has no columns of coco_mask_ap, coco_box_ap" in lines
    missing = find_missing(checked.comparisons, task.families)
    assert missing["trackeval"]["vis_ap"] == ["AR1", "AR10"]
    assert "identity" not in missing["motmetrics"]
    assert set(missing["pycocotools"]) == {*OF_TRACKS, "vis_ap"}


def test_real_masks_agree(shared, tmp_path):
    truth = shared / "kitti_mots" / "instances_txt"
    rows = mots_text.read_tracks(truth / "0012.txt")
    mots_text.write_tracks(tmp_path / "0012.txt", corrupt(rows, 5))
    families = (*OF_TRACKS, "coco_mask_ap")
    task = Task("kitti_mots", "kitti_mots", truth, tmp_path, families, ("0012",))
    checked = crosscheck(task, evaluate(task))
    compared = checked.comparisons
    assert all(each.passed for each in compared), list(table(checked, families))
    equal = {each.column for each in compared if each.reference == "motmetrics" and each.equal}
    assert {"IDF1", "IDP", "IDR", "IDTP", "IDFN", "IDFP"} <= equal


def test_no_reference_is_imported_without_a_cross_check():
    code = "import sys, metrics.evaluate; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "metrics.crosscheck" in done.stdout.split()
    assert not {"trackeval", "motmetrics", "pycocotools.cocoeval"} & set(done.stdout.split())


@pytest.mark.slow
def test_the_command_compares_boxes_and_writes_every_value(folders, tmp_path):
    done = run(folders, "--crosscheck", "--output", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1].endswith("0 unexplained")
    families = "hota, clear, identity, vace, count"
    assert f"not compared, pycocotools: has no columns of {families}" in lines
    assert "compared on the files given, trackeval: TUD-Campus, TUD-Stadtmitte" in lines
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["crosscheck_inputs"][-1] == {
        "reference": "trackeval",
        "sequence": "TUD-Stadtmitte",
        "truth_given": True,
        "results_given": True,
        "reason": "",
    }
    theirs = {
        (each["reference"], each["sequence"], each["column"]): each["theirs"]
        for each in found["crosscheck"]
    }
    assert theirs["trackeval", "COMBINED", "IDSW"] == 14
    assert round(100 * theirs["trackeval", "COMBINED", "HOTA"], 4) == 39.9957
    assert found["not_compared"]["motmetrics"]["count"][0] == "Dets"
