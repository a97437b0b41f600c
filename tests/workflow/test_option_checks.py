"""Options of each method are checked before any job: types, ranges and names, with the key."""

from __future__ import annotations

import copy

import pytest
import yaml

from tests.support.messages import message_pattern
from tests.support.paths import ROOT
from tests.support.variants import all_configs
from trackers.contract import check_options
from workflow.configs.checks import check_config

NEEDED = {  # what must be given
    "deepstream": {"detector": "b", "labels": "c", "models": "d"},
    "detected": {"detector": "a"},
    "external": {"command": ["a", "{sequence}", "{output}"]},
    "imported": {"results": "a"},
}
WRONG = {  # a value of a wrong type and one out of range, and what the message says after the key
    "bytetrack": [
        ("track_buffer", 2.5, "expected an integer of at least 0, found 2.5"),
        ("match_threshold", 1.5, "expected a number from 0 to 1, found 1.5"),
    ],
    "deepsort": [
        ("report_coasted", 1, "expected true or false, found 1"),
        ("nn_budget", 0, "expected an integer of at least 1 or null, found 0"),
    ],
    "deepstream": [
        ("image", 7, "expected a string or null, found 7"),
        ("release", "7.1", "expected one of ['8.0', '9.0', '9.1', '9.2'], found '7.1'"),
        ("interval", -1, "expected an integer of at least 0, found -1"),
    ],
    "detected": [
        ("tracker", True, "expected a string or null, found True"),
        ("min_score", -0.1, "expected a number from 0 to 1, found -0.1"),
    ],
    "external": [
        ("command", "a b", "expected a list of strings, found 'a b'"),
        ("timeout_s", 0, "expected a number above 0 and at most 1000000, found 0"),
    ],
    "imported": [
        ("results", ["a"], "expected a string, found ['a']"),
        ("format", "mott", "expected one of [...], found 'mott'"),
    ],
    "masktrack_rcnn": [
        ("max_objects", "10", "expected an integer of at least 1, found '10'"),
        ("association", "iou", "expected one of ['native', 'kalman_iou', 'deepsort'], found 'iou'"),
    ],
    "masktracker": [
        ("exclusive", "yes", "expected true or false, found 'yes'"),
        (
            "memory",
            "recent",
            "expected one of ['sam2', 'ds', 'samurai', 'present'], found 'recent'",
        ),
    ],
    "oc_sort": [
        ("inertia", None, "expected a number of at least 0, found None"),
        ("delta_t", 0, "expected an integer of at least 1, found 0"),
    ],
    "sam2_prompted": [
        ("point_count", True, "expected an integer of at least 1, found True"),
        (
            "engine",
            "abacus",
            "expected one of ['torch', 'onnxruntime', 'tensorrt'], found 'abacus'",
        ),
    ],
    "sort": [
        ("max_age", "3", "expected an integer of at least 0, found '3'"),
        ("iou_threshold", 1.5, "expected a number from 0 to 1, found 1.5"),
    ],
    "yolo_sam2": [
        ("zone", 5, "expected a list of numbers or a list of lists of numbers or null, found 5"),
        ("duplicate_iou", 1.01, "expected a number from 0 to 1, found 1.01"),
    ],
}
CASES = [(method, *case) for method, cases in WRONG.items() for case in cases]


@pytest.fixture(scope="module")
def default() -> dict:
    merged: dict = {}
    for name in ("datasets", "trackers", "config"):
        merged |= yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    return merged


@pytest.fixture
def check(default):
    """A function that checks a config with a variant of these options."""

    def check_it(method, options):
        config = copy.deepcopy(default)
        config["variants"]["mine"] = {"method": method, "options": options}
        config["run"] = [{"dataset": "synthetic", "variants": ["mine"]}]
        config["regression"]["timed"] = []
        check_config(config)

    return check_it


def test_the_table_has_the_methods_of_the_repository():
    """A method that a user adds needs no row."""
    methods = {path.parent.name for path in (ROOT / "trackers" / "methods").glob("*/method.yaml")}
    assert len(WRONG) >= 12
    assert set(WRONG) <= methods


@pytest.mark.parametrize("method", WRONG)
def test_the_options_that_are_needed_are_enough(check, method):
    check(method, NEEDED.get(method, {}))


@pytest.mark.parametrize(("method", "option", "value", "message"), CASES)
def test_a_value_that_cannot_be_is_refused_with_its_key(check, method, option, value, message):
    expected = "^" + message_pattern(f"variants.mine.options.{option}: {message}")
    with pytest.raises(ValueError, match=expected):
        check(method, NEEDED.get(method, {}) | {option: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_finite_number_is_refused(check, value):
    with pytest.raises(
        ValueError, match=r"options\.min_score: expected a number .*, found -?(nan|inf)"
    ):
        check("sort", {"min_score": value})


def test_an_option_that_is_unknown_or_missing_is_named_with_its_key(check):
    with pytest.raises(
        ValueError, match=r"^variants\.mine\.options: expected some of .*, found \['max_aeg'\]"
    ):
        check("sort", {"max_aeg": 1})
    with pytest.raises(ValueError, match=r"^variants\.mine\.options: \['results'\] are missing"):
        check("imported", {})
    with pytest.raises(
        ValueError, match=r"^variants\.mine\.options: expected a mapping .*, found \[1\]"
    ):
        check("sort", [1])


def test_the_options_of_a_tracker_within_another_are_checked_too(check):
    options = {"detector": "a", "tracker": "sort", "tracker_options": {"max_age": -1}}
    expected = r"^variants\.mine\.options\.tracker_options\.max_age: expected .*, found -1"
    with pytest.raises(ValueError, match=expected):
        check("detected", options)
    with pytest.raises(
        ValueError, match=r"^variants\.mine\.options\.tracker: expected one of .*, found 'srot'"
    ):
        check("detected", options | {"tracker": "srot"})
    with pytest.raises(
        ValueError, match=r"options\.tracker: .* found 'external', which takes whole"
    ):
        check("detected", options | {"tracker": "external"})


@pytest.mark.slow
def test_every_variant_of_every_config_has_options_that_can_be():
    checked = set()
    for _, config in all_configs():
        for name, entry in config["variants"].items():
            check_options(entry["method"], entry.get("options", {}), f"variants.{name}.options")
            checked.add(entry["method"])
    assert len(checked) >= 8
