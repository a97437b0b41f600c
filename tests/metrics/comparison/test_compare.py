"""Verdicts on two variants, from hand-written sequences."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from datasets.io.files import write_json
from metrics.comparison.bootstrap import Rules
from metrics.comparison.compare import camera_scene, compare, verdict
from metrics.score import score_pairings
from tests.support.metrics.hand import pairing
from tests.support.paths import ROOT

A, B = 0.0, 50.0
UP, DOWN = ({"unit": "ratio", "better": better} for better in ("up", "down"))
COUNT = {"unit": "count", "better": "down"}


def score(right, frames=20):
    """Return the score of one object, matched in the first `right` frames, missed in the rest.

    There is a false positive in each of the other frames.
    """
    truth = [(frame, 1, A) for frame in range(frames)]
    prediction = [(frame, 1, A if frame < right else B) for frame in range(frames)]
    return score_pairings({"person": pairing(truth, prediction, frames)}, "mot15", ["clear"])


def verdicts(one, other, **rules):
    content = compare(
        {"one": [score(n) for n in one], "other": [score(n) for n in other]},
        [str(n) for n in range(len(one))],
        [],
        Rules(**rules),
    )
    return content, content["verdicts"]["one"]["other"]


def test_a_variant_that_is_better_in_all_of_eight_sequences_is_better():
    content, found = verdicts([10] * 8, [15, 16, 15, 16, 15, 16, 15, 16])
    assert found["MOTA"]["verdict"] == "BETTER"
    assert found["CLR_FN"]["verdict"] == "BETTER"  # fewer
    assert found["MOTA"]["p_value"] == content["min_p_value"] == 2 / 2**8  # two of 256 sign flips
    assert content["verdicts"]["other"]["one"]["MOTA"]["verdict"] == "WORSE"


def test_four_sequences_never_give_a_significant_difference():
    content, found = verdicts([10] * 4, [19, 20, 19, 20])
    assert found["MOTA"]["verdict"] == "AMBIGUOUS"
    assert content["min_p_value"] == 0.125


def test_better_in_half_of_the_sequences_is_ambiguous():
    _, found = verdicts([10, 15] * 4, [15, 10] * 4)
    assert found["MOTA"]["verdict"] == "AMBIGUOUS"
    assert found["MOTA"]["p_value"] == 1


def test_equal_ratios_of_different_tracks_are_the_same():
    _, found = verdicts([10, 12] * 4, [10, 12] * 4)
    assert found["MOTA"]["verdict"] == "SAME"
    assert found["CLR_FN"]["verdict"] == "AMBIGUOUS"  # there is no tolerance for counts


def test_identical_tracks_are_the_same_even_for_one_sequence():
    scores = {"one": [score(10)], "other": [score(10)]}
    content = compare(scores, ["s"], [("one", "other")], Rules())
    found = content["verdicts"]["one"]["other"]
    assert {each["verdict"] for each in found.values()} == {"SAME"}
    assert found["MOTA"]["half_width"] is None


def test_three_sequences_of_one_camera_scene_count_once():
    one, other = [score(10)] * 6, [score(15)] * 6
    content = compare({"one": one, "other": other}, list("aaabbb"), [], Rules())
    assert (content["sequences"], content["scenes"], content["min_p_value"]) == (6, 2, 0.5)
    assert content["verdicts"]["one"]["other"]["MOTA"]["verdict"] == "AMBIGUOUS"


def test_a_variant_with_varying_output_has_a_wider_interval():
    base, other = [score(10)] * 8, [score(14)] * 8
    again = {"other": [[score(10 + 2 * run)] * 8 for run in (1, 3)]}  # 14, 12 and 16: mean 14
    constant = compare({"one": base, "other": other}, list("abcdefgh"), [], Rules())
    varying = compare({"one": base, "other": other}, list("abcdefgh"), [], Rules(), again)
    one, more = (each["verdicts"]["one"]["other"]["MOTA"] for each in (constant, varying))
    assert one["half_width"] == pytest.approx(0, abs=1e-12)
    # MOTA of a run is 2 right / 20 - 1: standard error of the mean of 8 draws of 0.2, 0.4 and 0.6
    spread = 2.365 * np.sqrt(np.var([0.2, 0.4, 0.6]) / 8)
    assert more["half_width"] == pytest.approx(spread, rel=0.07)
    assert (one["p_value"], more["p_value"]) == (2 / 2**8, 2 / 2**8)
    assert varying["runs"] == {"one": 1, "other": 3}


def test_a_total_is_the_mean_over_runs():
    again = {"other": [[score(20)] * 4]}
    scores = {"one": [score(15)] * 4, "other": [score(10)] * 4}
    content = compare(scores, list("abcd"), [], Rules(same_within=0.5), again)
    assert content["verdicts"]["one"]["other"]["MOTA"]["p_value"] == 1  # mean 15, as the other


def test_p_values_are_adjusted_for_the_number_of_compared_variants():
    scores = {"base": [score(10)] * 6} | {
        f"v{n}": [score(15 + k % 2) for k in range(6)] for n in range(3)
    }
    alone = compare(dict(list(scores.items())[:2]), list("abcdef"), [], Rules())
    together = compare(scores, list("abcdef"), [], Rules())
    assert alone["verdicts"]["base"]["v0"]["MOTA"]["verdict"] == "BETTER"
    assert together["verdicts"]["base"]["v0"]["MOTA"]["p_value"] == 3 * 2 / 2**6
    assert together["verdicts"]["base"]["v0"]["MOTA"]["verdict"] == "AMBIGUOUS"


@pytest.mark.parametrize(
    ("difference", "width", "p_value", "column", "expected"),
    [
        (0.02, 0.01, 0.05, UP, "BETTER"),
        (0.02, 0.01, 0.05, DOWN, "WORSE"),
        (0.02, 0.01, 0.051, UP, "AMBIGUOUS"),
        (0.02, 0.02, 0.01, UP, "AMBIGUOUS"),
        (0.002, 0.003, 0.01, UP, "SAME"),
        (0.002, 0.0031, 0.5, UP, "AMBIGUOUS"),
        (0.0, 0.0, 1.0, COUNT, "AMBIGUOUS"),
        (0.5, None, 1.0, UP, "AMBIGUOUS"),
        (np.nan, 0.1, 1.0, UP, "AMBIGUOUS"),
    ],
)
def test_the_verdict_follows_the_rules(difference, width, p_value, column, expected):
    assert verdict(difference, width, p_value, column, Rules()) == expected


def test_a_camera_scene_is_the_match_of_the_pattern():
    assert camera_scene("MOT17-02-FRCNN", r"MOT17-\d+") == "MOT17-02"
    assert camera_scene("crowd", None) == "crowd"
    with pytest.raises(
        ValueError, match="expected a name that matches 'x', found sequence 'crowd'"
    ):
        camera_scene("crowd", "x")


def write_run(folder, frames_right, tracks):
    for number, right in enumerate(frames_right):
        place = folder / "d" / f"s{number}"
        (place / "mot15").mkdir(parents=True)
        (place / "tracks.parquet").write_bytes(tracks)
        write_json(place / "mot15" / "score.json", score(right))


@pytest.mark.slow
def test_the_command_uses_further_runs_if_their_tracks_differ(tmp_path):
    write_run(tmp_path / "a", [10, 12], b"1")
    write_run(tmp_path / "a@run2", [10, 12], b"1")
    write_run(tmp_path / "b", [10, 12], b"2")
    write_run(tmp_path / "b@run2", [11, 12], b"3")
    command = [sys.executable, "-m", "metrics.comparison.compare", "--results", str(tmp_path)]
    command += ["--dataset", "d", "--protocol", "mot15", "--variants", "a", "b"]
    command += ["--again", "a@run2", "b@run2"]
    command += ["--sequences", "s0", "s1", "--output", str(tmp_path / "c.json")]
    subprocess.run(command, check=True, cwd=ROOT)
    found = json.loads((tmp_path / "c.json").read_text())
    assert found["runs"] == {"a": 1, "b": 2}


@pytest.mark.slow
def test_the_command_reads_results_of_the_workflow(tmp_path):
    for variant, tracks in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        for sequence in ("s1", "s2"):
            place = tmp_path / variant / "d" / sequence
            (place / "mot15").mkdir(parents=True)
            (place / "tracks.parquet").write_bytes(tracks)
            write_json(place / "mot15" / "score.json", score(10))
    command = [sys.executable, "-m", "metrics.comparison.compare", "--results", str(tmp_path)]
    command += ["--dataset", "d", "--protocol", "mot15", "--variants", "a", "b", "c"]
    command += ["--sequences", "s1", "s2", "--output", str(tmp_path / "compare.json")]
    subprocess.run(command, check=True, cwd=ROOT)
    found = json.loads((tmp_path / "compare.json").read_text())["verdicts"]
    assert found["a"]["b"]["CLR_FN"]["verdict"] == "SAME"
    assert found["a"]["c"]["CLR_FN"]["verdict"] == "AMBIGUOUS"
