"""COCO files as people have them are scored as pycocotools scores the same files."""

from __future__ import annotations

import pytest

from tests.support.metrics.coco_files import RESULTS, TRUTH, ours, rewritten, theirs


def assert_equal(folder, truth=TRUTH, results=RESULTS, kind="bbox"):
    expected = theirs(folder, truth, results, kind)
    assert ours(folder, truth, results, kind) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    return expected


def with_list(key, change, which=None):
    """Return the ground truth with changed records in one list."""
    return TRUTH | {key: rewritten(TRUTH[key], change, which)}


def test_the_example_has_all_sizes_and_no_trivial_value(tmp_path):
    expected = assert_equal(tmp_path)
    assert all(0 < expected[name] < 1 for name in ("AP", "AP50", "AP75", "AP_small", "AP_medium"))
    assert 0 < expected["AP_large"] <= 1


@pytest.mark.parametrize(
    ("key", "field"),
    [("images", "flickr_url"), ("images", "date"), ("annotations", "note"), ("categories", "x")],
)
@pytest.mark.parametrize("value", [float("nan"), float("-inf"), [1, {"a": None}], "text", True])
def test_odd_values_of_fields_that_are_not_read_change_nothing(tmp_path, key, field, value):
    truth = with_list(key, lambda record: record.update({field: value}), [0, 1])
    results = rewritten(RESULTS, lambda record: record.update({field: value}), [2])
    assert assert_equal(tmp_path, truth, results) == theirs(tmp_path, TRUTH, RESULTS)


@pytest.mark.parametrize("key", ["score", "image_id"])
def test_nan_in_a_field_that_is_read_is_refused(tmp_path, key):
    results = rewritten(RESULTS, lambda record: record.update({key: float("nan")}), [2])
    with pytest.raises(ValueError, match=rf"results\.json, entry 2: {key}: expected .*, found NaN"):
        ours(tmp_path, TRUTH, results)


@pytest.mark.parametrize("keys", [["image_id"], ["category_id"], ["image_id", "category_id"]])
def test_whole_numbers_may_be_written_with_a_decimal_point(tmp_path, keys):
    def change(record):
        record.update({key: float(record[key]) for key in keys})

    truth = with_list("annotations", change, [0, 3])
    results = rewritten(RESULTS, change)
    assert assert_equal(tmp_path, truth, results) == theirs(tmp_path, TRUTH, RESULTS)
    truth = with_list("images", lambda record: record.update(id=float(record["id"])))
    assert_equal(tmp_path, truth, results)


@pytest.mark.parametrize("value", [4.5, -0.5, 1e300])
def test_a_number_that_is_not_whole_is_no_id(tmp_path, value):
    results = rewritten(RESULTS, lambda record: record.update(image_id=value), [1])
    with pytest.raises(ValueError, match=r"entry 1: image_id: expected a whole number.*, found"):
        ours(tmp_path, TRUTH, results)
