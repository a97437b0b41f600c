"""COCO files as people have them are scored as pycocotools scores the same files."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from datasets.formats import coco_json
from datasets.io.mended import take_mended
from metrics.evaluate import crosscheck, evaluate
from metrics.task import plan
from tests.support.json_changes import MISSING
from tests.support.metrics.coco_files import (
    RESULTS,
    SIZE,
    TRUTH,
    arguments,
    ours,
    rewritten,
    theirs,
    write,
)


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


def test_annotations_of_unlisted_images_and_categories_are_skipped_and_counted(tmp_path):
    one, two = dict(TRUTH["annotations"][0]), dict(TRUTH["annotations"][1])
    one |= {"id": 20, "image_id": 777}
    two |= {"id": 21, "category_id": 5, "bbox": [1, 2, 3, 4]}
    three = two | {"id": 22, "image_id": 777}
    truth = TRUTH | {"annotations": [one, *TRUTH["annotations"], two, three]}
    take_mended()
    assert assert_equal(tmp_path, truth) == theirs(tmp_path, TRUTH, RESULTS)
    assert take_mended() == {
        "annotations of an unlisted image, skipped": 2,
        "annotations of an unlisted category, skipped": 1,
    }


@pytest.mark.parametrize("place", [0, 3, 6])
def test_results_of_categories_without_ground_truth_are_skipped_and_counted(tmp_path, place):
    other = {"image_id": 4, "category_id": 17, "bbox": [5, 5, 50, 50], "score": 0.99}
    results = [*RESULTS[:place], other, *RESULTS[place:]]
    take_mended()
    assert assert_equal(tmp_path, TRUTH, results) == theirs(tmp_path, TRUTH, RESULTS)
    assert take_mended() == {"results of an unlisted category, skipped": 1}


def test_a_result_of_an_unlisted_image_is_refused_as_by_pycocotools(tmp_path):
    results = rewritten(RESULTS, lambda record: record.update(image_id=5), [3])
    with pytest.raises(AssertionError, match="do not correspond"):
        theirs(tmp_path, TRUTH, results)
    with pytest.raises(ValueError, match="entry 3: image_id: expected the id of a known image"):
        ours(tmp_path, TRUTH, results)


@pytest.mark.parametrize(
    "names", [["cup", "cup", "fork"], ["fork", "cup", "fork"], ["all", "all", "all"]]
)
def test_categories_of_one_name_are_scored_by_id(tmp_path, names):
    ids = zip([0, 3, 8], names, strict=True)
    truth = TRUTH | {"categories": [{"id": key, "name": name} for key, name in ids]}
    assert assert_equal(tmp_path, truth) == theirs(tmp_path, TRUTH, RESULTS)


SQUARE = [[10, 10, 30, 10, 30, 30, 10, 30]]


@pytest.mark.parametrize(
    "segmentations",
    [
        [SQUARE, [], SQUARE, [], []],
        [[], SQUARE, None, MISSING, {"size": [1, 1], "counts": "x"}],
        [[[10, 10, 60, 90]], [[1, 2, 3, 4], [5, 6, 7, 8]], [[1]], [["a"]], [[]]],
        [{"counts": float("nan")}, "text", 5, True, {}],
    ],
)
def test_masks_are_not_read_where_boxes_are_scored(tmp_path, segmentations):
    truth = with_segmentations(TRUTH["annotations"], segmentations)
    results = with_segmentations(RESULTS, [*segmentations, SQUARE])
    truth = TRUTH | {"annotations": truth}
    assert assert_equal(tmp_path, truth, results) == theirs(tmp_path, TRUTH, RESULTS)


def with_segmentations(records, segmentations):
    """Return the records with the segmentations that are not MISSING."""
    pairs = zip(records, segmentations, strict=True)
    return [a if s is MISSING else a | {"segmentation": s} for a, s in pairs]


@pytest.mark.parametrize("key", ["segmentation", "track_id", "instance_id"])
@pytest.mark.parametrize("value", ["a", float("nan"), 5, None])
def test_identities_are_not_read_where_only_ap_is_scored(tmp_path, key, value):
    truth = with_list("annotations", lambda record: record.update({key: value}), [2, 3])
    results = rewritten(RESULTS, lambda record: record.update({key: value}), [2, 3])
    assert assert_equal(tmp_path, truth, results) == theirs(tmp_path, TRUTH, RESULTS)


@pytest.mark.parametrize("places", [[0], [0, 1, 2], [2]])
def test_sizes_of_images_are_not_read_where_boxes_are_scored(tmp_path, places):
    for change in (lambda each: each.pop("width"), lambda each: each.update(height=None)):
        assert assert_equal(tmp_path, with_list("images", change, places)) == theirs(
            tmp_path, TRUTH, RESULTS
        )


def test_images_of_one_video_may_differ_in_size_where_boxes_are_scored(tmp_path):
    truth = with_list("images", lambda record: record.update(video_id=1, width=record["id"]))
    assert assert_equal(tmp_path, truth) == theirs(tmp_path, TRUTH, RESULTS)


def test_a_polygon_of_four_numbers_has_two_readings_where_masks_are_scored(tmp_path):
    truth = with_list("annotations", lambda each: each.update(segmentation=[[10, 10, 60, 90]]))
    error = r"annotation 0: polygon: expected .*, found 4: two corners, or left, top, width and he"
    with pytest.raises(ValueError, match=error):
        ours(tmp_path, truth, RESULTS, "segm")


def masked(boxes, *, corner):
    """Return compressed masks of boxes: triangles, which cover about half of them."""
    found = []
    for left, top, width, height in boxes:
        right, bottom = left + width, top + height
        outline = [left, top, right, top, *([right, bottom] if not corner else []), left, bottom]
        (run,) = coco_mask.frPyObjects([outline], SIZE["height"], SIZE["width"])
        found.append({"size": run["size"], "counts": run["counts"].decode()})
    return found


def with_masks(records, places, *, corner=True):
    """Return the records, those chosen by place with a mask."""
    masks = masked([record["bbox"] for record in records], corner=corner)
    pairs = enumerate(zip(records, masks, strict=True))
    return [a | {"segmentation": m} if n in places else a for n, (a, m) in pairs]


MASKED_TRUTH = TRUTH | {"annotations": with_masks(TRUTH["annotations"], range(5))}


@pytest.mark.parametrize("kind", ["bbox", "segm"])
@pytest.mark.parametrize("corner", [True, False])
@pytest.mark.parametrize(
    ("masks", "boxes"),
    [
        (range(6), range(6)),
        (range(6), []),
        (range(6), [3, 4]),
        (range(6), [0, 1, 2, 3, 5, 4]),
        ([0, 2], range(6)),
        ([3], range(6)),
        ([], range(6)),
    ],
)
def test_the_first_result_decides_whose_areas_count(tmp_path, kind, corner, masks, boxes):
    results = with_masks(RESULTS, masks, corner=corner)
    results = [each if n in boxes else without(each, "bbox") for n, each in enumerate(results)]
    take_mended()
    assert_equal(tmp_path, MASKED_TRUTH, results, kind)
    count = 6 - len(masks) if kind == "segm" else 0
    what = "results without a segmentation, whose box is taken as mask"
    assert take_mended() == ({what: count} if count else {})


def without(record, key):
    return {name: value for name, value in record.items() if name != key}


@pytest.mark.parametrize("box", [[], [30.1, 20.1, 32, 32], [0.7, 0.1, 96, 96]])
def test_areas_at_a_size_limit_are_those_of_the_file(tmp_path, box):
    truth, results = tied([{"id": 5, **SIZE}], [5])
    if box:
        results[0] |= {"bbox": box}
        truth["annotations"][0] |= {"bbox": box, "area": box[2] * box[3]}
    assert_equal(tmp_path, truth, [*results, results[0] | {"score": 0.5}])


@pytest.mark.parametrize(
    ("place", "key", "kind", "message"),
    [
        (2, "bbox", "bbox", "entry 2: bbox: expected left, top, width and height, found null"),
        (0, "segmentation", "segm", "entry 0: expected a bbox or a segmentation, found neither"),
        (2, "segmentation", "segm", "entry 2: expected a run length or polygons, found null"),
    ],
)
def test_a_result_without_what_the_first_one_has_is_refused(tmp_path, place, key, kind, message):
    results = with_masks(RESULTS, range(6))
    if kind == "segm":
        results = [without(each, "bbox") for each in results]
    results[place] = without(results[place], key)
    with pytest.raises(KeyError):
        theirs(tmp_path, MASKED_TRUTH, results, kind)
    with pytest.raises(ValueError, match=message):
        ours(tmp_path, MASKED_TRUTH, results, kind)


def test_the_cross_check_takes_the_areas_of_the_files(tmp_path):
    paths = write(tmp_path, MASKED_TRUTH, with_masks(RESULTS, range(6)))
    for family in ("coco_box_ap", "coco_mask_ap"):
        task = plan(arguments(*paths, family))
        compared = crosscheck(task, evaluate(task)).comparisons
        assert len(compared) > 30
        assert all(each.equal for each in compared)


@pytest.mark.parametrize("empty", [[], None])
def test_ground_truth_with_some_masks_is_refused_where_masks_are_scored(tmp_path, empty):
    truth = with_list("annotations", lambda each: each.update(segmentation=SQUARE), [0, 1, 3, 4])
    truth["annotations"][2]["segmentation"] = empty
    with pytest.raises(ValueError, match="annotation 2: has no segmentation, unlike earlier ones"):
        ours(tmp_path, truth, RESULTS, "segm")


def with_text_ids(names):
    """Return ground truth and results whose image ids are text."""

    def change(record):
        record.update(image_id=names[record["image_id"]])

    truth = with_list("annotations", change)
    truth["images"] = rewritten(TRUTH["images"], lambda each: each.update(id=names[each["id"]]))
    return truth, rewritten(RESULTS, change)


@pytest.mark.parametrize("names", [["img_a", "b", "c"], ["z", "é", "a"], ["10", "9", "007"]])
def test_ids_of_images_may_be_text(tmp_path, names):
    truth, results = with_text_ids(dict(zip([4, 7, 9], names, strict=True)))
    assert assert_equal(tmp_path, truth, results) == theirs(tmp_path, TRUTH, RESULTS)


def test_a_number_is_not_the_same_id_as_its_text(tmp_path):
    truth, results = with_text_ids({4: "4", 7: "7", 9: "9"})
    for one, other, found in ((truth, RESULTS, 4), (TRUTH, results, '"4"')):
        with pytest.raises(AssertionError, match="do not correspond"):
            theirs(tmp_path, one, other)
        with pytest.raises(ValueError, match=f"entry 0: image_id: expected .*, found {found}"):
            ours(tmp_path, one, other)


def test_ids_of_images_of_both_kinds_have_no_order_and_are_refused(tmp_path):
    truth = with_list("images", lambda record: record.update(id="7"), [1])
    with pytest.raises(ValueError, match=r'image 1: id: expected a whole number .*, found "7"'):
        ours(tmp_path, truth, RESULTS)


def test_results_are_written_with_image_ids_that_are_text(tmp_path):
    truth, results = with_text_ids({4: "a", 7: "b", 9: "c"})
    paths = write(tmp_path, truth, results)
    images = coco_json.read_images(paths[0])
    found = coco_json.read_results(paths[1], images)
    coco_json.write_results(tmp_path / "again.json", found, images)
    again = coco_json.read_results(tmp_path / "again.json", images)
    assert [each["image_id"] for each in json.loads(paths[1].read_text())] == [*"aabbcc"]
    assert all(again[name].same(each) for name, each in found.items())


def tied(images, hits):
    """Return ground truth with one box per image, and results of score 1, found in some images."""
    box, miss = [10, 10, 50, 80], [120, 10, 50, 80]
    common = {"category_id": 3, "bbox": box}
    annotations = [
        common | {"id": place, "image_id": each["id"], "area": 4000, "iscrowd": 0}
        for place, each in enumerate(images, 1)
    ]
    results = [
        common | {"image_id": each["id"], "score": 1, "bbox": box if each["id"] in hits else miss}
        for each in images
    ]
    return TRUTH | {"images": images, "annotations": annotations}, results


@pytest.mark.parametrize("hits", [[1, 3], [2, 4], [4], [1, 4]])
@pytest.mark.parametrize("ids", [[1, 2, 3, 4], [4, 3, 2, 1], [3, 1, 4, 2]])
def test_equal_scores_are_ranked_by_image_id_over_images_of_two_sizes(tmp_path, hits, ids):
    images = [{"id": key, "width": 300 + 50 * (key % 2), "height": 300} for key in ids]
    assert_equal(tmp_path, *tied(images, hits))


@pytest.mark.parametrize("hits", [[10, 11], [12, 13], [10, 12], [13]])
@pytest.mark.parametrize("names", [["b", "a"], ["a", "b"]])
@pytest.mark.parametrize("videos", [[1, 1, 2, 2], [2, 2, 1, 1], [1, 2, 1, 2]])
def test_equal_scores_are_ranked_by_image_id_over_videos(tmp_path, hits, names, videos):
    images = [
        {"id": key, **SIZE, "video_id": video, "frame_id": 13 - key}
        for key, video in zip([10, 11, 12, 13], videos, strict=True)
    ]
    truth, results = tied(images, hits)
    truth["videos"] = [{"id": key, "name": name} for key, name in enumerate(names, 1)]
    assert_equal(tmp_path, truth, results)


@pytest.mark.parametrize("seed", range(12))
def test_random_files_with_many_ties_equal_pycocotools(tmp_path, seed):
    rng = np.random.default_rng(seed)
    ids = rng.permutation(20)[:8].tolist()
    key = (lambda number: f"i{number}") if seed % 3 == 0 else int
    images = [{"id": key(i), **SIZE, "width": 200 + 50 * int(rng.integers(2))} for i in ids]
    if seed % 2:
        images = [
            {**each, "width": 200, "video_id": 9 - place % 3} for place, each in enumerate(images)
        ]

    def rows(count):
        for _ in range(count):
            left, top, width, height = (rng.integers(0, 5, 4) * 24 + 8).tolist()
            box = {"bbox": [left, top, width, height], "category_id": int(rng.choice([3, 8]))}
            yield {"image_id": images[rng.integers(len(ids))]["id"], **box}

    annotations = [
        row | {"id": n, "area": row["bbox"][2] * row["bbox"][3], "iscrowd": int(rng.random() < 0.1)}
        for n, row in enumerate(rows(30), 1)
    ]
    results = [row | {"score": int(rng.integers(1, 4)) / 4} for row in rows(200)]
    truth = TRUTH | {"images": images, "annotations": annotations}
    assert_equal(tmp_path, truth, results)


def test_the_cross_check_ranks_images_as_their_file_numbers_them(tmp_path):
    images = [{"id": n, **SIZE, "video_id": 2 - n % 2} for n in range(1, 5)]
    task = plan(arguments(*write(tmp_path, *tied(images, [1, 4])), "coco_box_ap"))
    compared = crosscheck(task, evaluate(task)).comparisons
    assert len(compared) > 50
    assert all(each.equal for each in compared)
