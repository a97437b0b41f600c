"""Totals computed by the page's scripts equal Python's to 1e-9 for any selection."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from datasets.io.files import read_json
from metrics.combine import combine_scores
from metrics.score import score_tracks
from tests.support.page.random_tracks import make_output, make_truth, without_masks

TOLERANCE = 1e-9
CLASSES = {1: "person", 2: "car", 3: "nobody"}
TRACKS = ("hota", "clear", "identity", "count", "vace")
KINDS = {
    "masks": ("youtube_vis", (*TRACKS, "vis_ap", "coco_box_ap", "coco_mask_ap", "jf_te")),
    "masks given in the first frame": ("youtube_vis", (*TRACKS, "jf_davis_ss")),
    "no masks given": ("youtube_vis", (*TRACKS, "jf_davis_us")),
    "boxes": ("plain", (*TRACKS, "coco_box_ap")),
}
ADD_UP = """([partials, sequences, classes]) =>
    bench.totals.over({
        partials: {v: partials}, sequences: [], classes: [], totals: {}, large: {},
    }, "v", sequences, classes)"""

MEAN_OF_CLASSES = """([partials, sequences, classes, columns]) =>
    bench.totals.meanOfClasses({
        partials: {v: partials}, sequences: [], classes, columns, totals: {}, large: {},
    }, "v", sequences)"""

SHOWN = 'bench.totals.over(bench.run(), "a")'


def pairs():
    """Yield ground truth and output of sequences; some have one of them empty, or both."""
    for seed in range(5):
        truth = make_truth(seed, CLASSES, 3 + 5 * seed)
        truth = truth.take(truth.class_id < 3)
        yield truth, make_output(truth, seed)
    nothing = np.zeros(0, int)
    yield truth, truth.take(nothing)
    yield truth.take(nothing), truth
    yield truth.take(nothing), truth.take(nothing)


def as_davis(tracks, objects):
    """Return the rows of some track ids in one class, renumbered from 1, as in DAVIS."""
    rows = tracks.take(np.isin(tracks.track, objects))
    extent = replace(tracks.extent, classes={1: "object"})
    track = np.searchsorted(objects, rows.track) + 1
    return replace(rows, extent=extent, track=track, class_id=np.ones(len(rows)))


@pytest.fixture(scope="module", params=KINDS)
def scores(request):
    protocol, families = KINDS[request.param]
    return {
        f"s{number}": score_tracks(*as_scored(request.param, *pair), protocol, families)
        for number, pair in enumerate(pairs())
    }


def as_scored(kind, truth, output):
    """Return ground truth and output as scored for a kind."""
    if kind == "boxes":
        return without_masks(truth), without_masks(output)
    if kind == "masks":
        return truth, output
    first = np.unique(truth.track[truth.frame == 0])
    return as_davis(truth, first), as_davis(output, first)


@pytest.fixture(scope="module")
def add_up(browser, made):
    page = browser.new_page()
    page.goto(made.as_uri())
    return lambda *arguments, script=ADD_UP: page.evaluate(script, arguments)


def partials(scores):
    return {
        sequence: {name: each["partials"] for name, each in score["classes"].items()}
        for sequence, score in scores.items()
    }


SOME = [("s0", "s1"), ("s3", "s5"), ("s6", "s7"), ("s0", "s2", "s4", "s6"), None]  # None: all


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    other = {
        name: (found[name], value)
        for name, value in expected.items()
        if not is_equal(found[name], value)
    }
    assert other == {}


def is_equal(found, expected):
    if expected is None or found is None or math.isnan(found):  # the page shows both as a dash
        return expected is None and (found is None or math.isnan(found))
    return found == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)


def test_all_classes_of_some_sequences_add_up_as_in_python(scores, add_up):
    content = partials(scores)
    for names in SOME:
        sequences = names or list(scores)
        total = combine_scores([scores[name] for name in sequences])
        assert_equal(add_up(content, sequences, list(total["classes"])), total["values"])


def test_one_class_of_some_sequences_adds_up_as_in_python(scores, add_up):
    content = partials(scores)
    for names in SOME[-2:]:
        sequences = names or list(scores)
        total = combine_scores([scores[name] for name in sequences])
        for name, each in total["classes"].items():
            assert_equal(add_up(content, sequences, [name]), each["values"])


def test_the_mean_of_classes_equals_pythons(scores, add_up):
    total = combine_scores(list(scores.values()))
    arguments = partials(scores), list(scores), list(total["classes"]), total["columns"]
    found = add_up(*arguments, script=MEAN_OF_CLASSES)
    assert_equal(found, total["class_averaged"])


def test_a_single_sequence_has_its_scores(scores, add_up):
    content = partials(scores)
    for name, score in scores.items():
        assert_equal(add_up(content, [name], list(score["classes"])), score["values"])


def test_a_sequence_without_a_result_gives_no_total(scores, add_up):
    assert add_up(partials(scores), ["s0", "missing"], ["person"]) is None


def test_values_too_large_for_the_page_come_from_python(look, made):
    page = look(made, "run=boxes-plain").page
    folder = made.parent.parent / "results" / "a" / "boxes"
    assert_equal(page.evaluate(SHOWN), read_json(folder / "plain" / "combined.json")["values"])
    page.evaluate("bench.state.set({without: new Set(['one', 'two'])})")
    three = read_json(folder / "three" / "plain" / "score.json")
    assert_equal(page.evaluate(SHOWN), three["values"])
    page.evaluate("bench.state.set({without: new Set(['one'])})")
    assert "box AP" not in page.evaluate(SHOWN)
    assert page.evaluate(SHOWN)["HOTA"] > 0
