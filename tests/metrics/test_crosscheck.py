"""Our numbers beside the references', and what happens where they differ."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from conftest import ROOT
from small_tasks import OF_TRACKS, PROTOCOLS, task_of
from test_evaluate import folders, run
from test_parity_vis import answer, ellipses

from bench.corrupt import corrupt
from datasets import davis_png, mots_text, rle
from datasets.types import Extent, Tracks
from metrics.crosscheck import Comparison, compare, find_missing, table
from metrics.evaluate import Task, crosscheck, evaluate, summarize_scores
from metrics.family import list_benchmarks
from metrics.reference import CLASS_AVERAGED, COMBINED, DETECTION_AVERAGED, Sample
from metrics.score import make_pairings, score_pairings

__all__ = ["folders"]

NOTHING, CROWD, VOID = "nothing at all", "a crowd", "takes void out"
DECAY, EMPTY = "in 8 bits", "an empty mask"
# what TrackEval differs in on the small data; elsewhere, and in pycocotools, every number is equal
REASONS = {
    "youtube_vis": {CROWD},
    "davis": {VOID},
}


def test_every_protocol_is_cross_checked_here():
    assert sorted(PROTOCOLS) == list_benchmarks()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_number_equals_that_of_every_tool_or_it_is_known_why_not(protocol, tmp_path):
    task = task_of(protocol, tmp_path)
    compared = crosscheck(task, evaluate(task))
    assert all(each.passed for each in compared), list(table(compared, task.families))
    of_frames = "coco_box_ap" in task.families
    assert {each.reference for each in compared} == {
        "motmetrics",
        *(["pycocotools"] if of_frames else []),
        *(["trackeval"] if protocol != "coco" else []),
    }
    theirs = [each for each in compared if each.reference != "motmetrics"]
    assert sum(each.equal and bool(each.ours) for each in theirs) > 80
    assert reasons(theirs) == REASONS.get(protocol, set())


def reasons(compared: list[Comparison]) -> set[str]:
    """Return which of the reasons above are given."""
    known = NOTHING, CROWD, VOID, DECAY, EMPTY
    given = [each.explanation for each in compared if not each.equal]
    found = {reason for reason in known if any(reason in text for text in given)}
    assert all(any(reason in text for reason in found) for text in given)
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Callable[[str], Task]:
    """A function that returns the small task of a protocol, written once."""
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
def test_a_number_that_nothing_explains_fails_and_is_shown(protocol, column, tools, small):
    task = small(protocol)
    found = copy.deepcopy(evaluate(task))
    name, scores = next(iter(found["classes"].items()))
    scores["combined"][column] *= 1 + 1e-6
    compared = crosscheck(task, found)
    failed = [each for each in compared if not each.passed]
    wrong = [(each.reference, each.class_name, each.sequence, each.column) for each in failed]
    assert wrong == [(tool, name, COMBINED, column) for tool in tools]
    lines = list(table(compared, task.families))
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
    failed = [each for each in crosscheck(task, found) if not each.passed]
    assert [(each.class_name, each.column) for each in failed] == [(name, column)]


def test_a_number_of_one_sequence_that_is_not_there_fails(small):
    task = small("kitti")
    found = copy.deepcopy(evaluate(task))
    found["classes"]["car"]["sequences"]["s03"]["LocA"] = None
    compared = crosscheck(task, found)
    (failed,) = (each for each in compared if not each.passed)
    assert (failed.sequence, failed.column, failed.ours) == ("s03", "LocA", None)
    assert sum("nan  UNEXPLAINED" in line for line in table(compared, task.families)) == 1


def cross_checked(
    pairs: Mapping[str, tuple[Tracks, Tracks]], protocol: str, families: tuple[str, ...]
) -> list[Comparison]:
    """Return the comparisons of tracks that are in no file."""
    samples = {name: Sample(*both, make_pairings(*both, protocol)) for name, both in pairs.items()}
    scores = {
        name: score_pairings(sample.pairings, protocol, families)
        for name, sample in samples.items()
    }
    return compare(summarize_scores(scores), families, samples)


def videos(*seeds: int) -> dict[str, tuple[Tracks, Tracks]]:
    found = {f"v{seed}": ellipses(seed) for seed in seeds}
    return {name: (each, answer(each, int(name[1:]))) for name, each in found.items()}


def test_without_crowds_video_ap_is_equal_in_every_number():
    pairs = {
        name: (replace(truth, score=np.ones(len(truth))), found)
        for name, (truth, found) in videos(*range(1, 10)).items()
    }
    compared = cross_checked(pairs, "youtube_vis", ("vis_ap",))
    assert all(each.equal for each in compared)
    assert sum(each.ours is not None for each in compared) > 100
    assert {each.column for each in compared} >= {"AP", "AP50", "AP75", "AP_small", "AR100"}


def test_a_track_of_several_classes_is_cross_checked_as_it_is_scored():
    pairs = videos(1, 2, 3, 4)
    kinds = np.array([3, 8, 40])
    pairs = {
        name: (
            replace(truth, score=(truth.frame > 0).astype(float)),
            replace(found, class_id=kinds[np.arange(len(found)) % 3], score=found.frame / 9),
        )
        for name, (truth, found) in pairs.items()
    }
    compared = cross_checked(pairs, "youtube_vis", ("vis_ap", "hota", "identity"))
    theirs = [each for each in compared if each.reference == "trackeval"]
    assert all(each.passed for each in theirs)
    assert reasons(theirs) <= {CROWD}
    assert sum(each.equal and bool(each.ours) for each in theirs) > 100


def discs(frame_count: int, seed: int, names: int = 3) -> Tracks:
    """Return masks of discs that come and go, no pixel in two."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:12, :30]
    frame, track = np.nonzero(rng.random((frame_count, names)) < 0.7)
    center = 5 + 10 * track + rng.integers(-1, 2, len(frame))
    dense = (rows - 6) ** 2 + (columns - center[:, None, None]) ** 2 <= 6 + frame[:, None, None] % 7
    masks = rle.encode(dense)
    ones = np.ones(len(frame))
    extent = davis_png.davis_extent(12, 30, frame_count)
    return Tracks(extent, frame, track + 1, ones, ones, masks.boxes, masks)


@pytest.mark.parametrize(
    ("frame_count", "expected"), [(255, set()), (256, {DECAY}), (300, {DECAY})]
)
def test_decay_differs_beyond_255_frames(frame_count, expected):
    pairs = {"s": (discs(frame_count, 1), discs(frame_count, 2))}
    compared = cross_checked(pairs, "davis", ("jf_te",))
    assert all(each.passed for each in compared)
    assert reasons(compared) == expected
    differing = {each.column for each in compared if not each.equal}
    assert differing == ({"J-Decay", "F-Decay"} if expected else set())


def test_a_sequence_without_truth_leaves_the_total_of_the_others():
    truth, found = discs(5, 1), discs(5, 2)
    pairs = {"s": (truth, found), "none": (truth.take(np.zeros(0, int)), found)}
    compared = cross_checked(pairs, "davis", ("jf_te", "hota"))
    assert all(each.equal for each in compared)
    assert {each.ours for each in compared if "J" in each.column and each.sequence == "none"} == {
        None
    }
    (total,) = (each for each in compared if (each.sequence, each.column) == (COMBINED, "J&F"))
    assert 0 < total.theirs < 1


def test_an_empty_mask_counts_here_and_is_nothing_in_a_png():
    truth, found = discs(5, 1), discs(5, 2)
    masks = rle.encode(rle.decode(found.rle) & (np.arange(len(found)) > 0)[:, None, None])
    found = replace(found, rle=masks, box=masks.boxes)
    compared = cross_checked({"s": (truth, found)}, "davis_semi", ("jf_te", "hota", "count"))
    assert all(each.passed for each in compared)
    assert reasons(compared) == {EMPTY}
    assert not [each for each in compared if each.column.startswith(("J", "F-")) and not each.equal]


def boxes(classes: dict[int, str], ignored: tuple[int, ...] = ()) -> Tracks:
    extent = Extent(50, 50, 3, classes, ignored)
    frame, ones = np.arange(3), np.ones(3)
    return Tracks(extent, frame, ones, ones * min(classes), ones, np.array([[1, 1, 9, 9]] * 3))


@pytest.mark.parametrize(
    ("tracks", "compares"),
    [
        (boxes({5: "bag"}), True),
        (boxes({5: "bag", 6: "hat"}), False),
        (boxes({5: "bag", 6: "hat"}, (6,)), False),
    ],
)
def test_plain_data_is_compared_where_trackeval_has_such_data(tracks, compares):
    compared = cross_checked({"s": (tracks, tracks)}, "plain", ("hota", "clear"))
    assert all(each.passed for each in compared)
    assert any(each.reference == "trackeval" for each in compared) == compares
    lines = list(table(compared, ("hota", "clear")))
    assert ("not compared, trackeval: has nothing of hota, clear" in lines) != compares
    assert "not compared, pycocotools: has nothing of hota, clear" in lines


def test_more_objects_than_a_png_holds_are_not_compared_and_it_is_said():
    truth = discs(400, 1, names=1)
    truth = replace(truth, track=np.arange(len(truth)))
    assert len(truth) > 254
    compared = cross_checked({"s": (truth, truth)}, "davis", ("hota",))
    assert compared == []
    assert "not compared, trackeval: has nothing of hota" in table(compared, ("hota",))


def test_columns_that_a_tool_lacks_are_said(small):
    task = small("youtube_vis")
    compared = crosscheck(task, evaluate(task))
    lines = list(table(compared, task.families))
    assert "not compared, trackeval: has no AR1, AR10 of vis_ap" in lines
    assert "not compared, trackeval: has nothing of coco_mask_ap, coco_box_ap" in lines
    missing = find_missing(compared, task.families)
    assert missing["trackeval"]["vis_ap"] == ["AR1", "AR10"]
    assert "identity" not in missing["motmetrics"]
    assert set(missing["pycocotools"]) == {*OF_TRACKS, "vis_ap"}


def test_a_family_that_no_tool_has_is_said_and_fails_nothing():
    tracks, families = discs(5, 1), ("jf_davis_ss",)
    compared = cross_checked({"s": (tracks, tracks)}, "davis_semi", families)
    _, *said, numbers = table(compared, families)
    assert said == [
        f"not compared, {name}: has nothing of jf_davis_ss"
        for name in ("motmetrics", "pycocotools", "trackeval")
    ]
    assert numbers == "0 numbers: 0 equal, 0 explained, 0 unexplained"


def test_real_masks_agree(shared, tmp_path):
    truth = shared / "kitti_mots" / "instances_txt"
    rows = mots_text.read_tracks(truth / "0012.txt")
    mots_text.write_tracks(tmp_path / "0012.txt", corrupt(rows, 5))
    families = (*OF_TRACKS, "coco_mask_ap")
    task = Task("kitti_mots", "kitti_mots", truth, tmp_path, families, ("0012",))
    compared = crosscheck(task, evaluate(task))
    assert all(each.passed for each in compared), list(table(compared, families))
    equal = {each.column for each in compared if each.reference == "motmetrics" and each.equal}
    assert {"IDF1", "IDP", "IDR", "IDTP", "IDFN", "IDFP"} <= equal


def test_no_tool_is_loaded_where_none_is_asked_for():
    code = "import sys, metrics.evaluate; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "metrics.crosscheck" in done.stdout.split()
    assert not {"trackeval", "motmetrics", "pycocotools.cocoeval"} & set(done.stdout.split())


@pytest.mark.slow
def test_the_command_compares_boxes_and_writes_every_number(folders, tmp_path):
    done = run(folders, "--crosscheck", "--output", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1].endswith("0 unexplained")
    assert "not compared, pycocotools: has nothing of hota, clear, identity, vace, count" in lines
    found = json.loads((tmp_path / "out.json").read_text())
    theirs = {
        (each["reference"], each["sequence"], each["column"]): each["theirs"]
        for each in found["crosscheck"]
    }
    assert theirs["trackeval", "COMBINED", "IDSW"] == 14
    assert round(100 * theirs["trackeval", "COMBINED", "HOTA"], 4) == 39.9957
    assert found["not_compared"]["motmetrics"]["count"][0] == "Dets"
