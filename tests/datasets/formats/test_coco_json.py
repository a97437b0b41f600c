from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO

from datasets.formats import coco_json
from datasets.formats.coco_images import Images
from datasets.masks import coco_rle
from datasets.records.categories import as_categories
from datasets.types import NO_TRACK, Extent, Tracks
from tests.support.json_changes import MISSING, changed
from tests.support.mask_tracks import sequences

SIZE = {"width": 5, "height": 4}
SQUARE = {"size": [4, 5], "counts": [5, 2, 2, 2, 9]}  # columns 1 and 2, rows 1 and 2
CATEGORIES = [{"id": 90, "name": "fish"}, {"id": 3, "name": "cat"}]
STILLS = {
    "images": [
        {"id": 500, **SIZE, "file_name": "b.jpg"},
        {"id": 20, **SIZE, "file_name": "a.jpg"},
        {"id": 30, "width": 7, "height": 4, "file_name": "c.jpg"},
    ],
    "categories": CATEGORIES,
    "annotations": [
        {"id": 8, "image_id": 500, "category_id": 90, "bbox": [1, 1, 2, 2], "segmentation": SQUARE},
        {
            "id": 5,
            "image_id": 20,
            "category_id": 3,
            "bbox": [0.5, 0, 2, 4],
            "segmentation": [[0, 0, 2, 0, 2, 4, 0, 4]],
        },
    ],
}
VIDEOS = {
    "videos": [{"id": 6, "name": "walk"}, {"id": 4, "name": "run"}],
    "images": [
        {"id": 1, **SIZE, "video_id": 6, "frame_id": 12},
        {"id": 2, **SIZE, "video_id": 6, "frame_id": 7},
        {"id": 3, "width": 9, "height": 9, "video_id": 4, "frame_id": 0},
    ],
    "categories": CATEGORIES,
    "annotations": [
        {
            "id": number,
            "image_id": image,
            "category_id": 3,
            "bbox": [1, 1, 2, 2],
            "area": 3.5,
            "iscrowd": number % 2,
            "instance_id": 77,
        }
        for number, image in ((1, 1), (2, 2), (3, 3))
    ],
}
RESULTS = [
    {"image_id": 1, "category_id": 3, "bbox": [0, 0.5, 2, 2], "score": 0.5},
    {"image_id": 2, "category_id": 3, "bbox": [0, 0, 2, 2], "score": 0.25},
    {"image_id": 1, "category_id": 90, "bbox": [0, 0, 0, 0], "score": -3},
]


def test_stills_of_one_size_are_a_sequence_sorted_by_id(json_file):
    images, truth = coco_json.read_labels(json_file(STILLS))
    assert images.number.tolist() == [20, 500, 30]
    assert images.extents == {
        "5x4": Extent(4, 5, 2, {90: "fish", 3: "cat"}),
        "7x4": Extent(4, 7, 1, {90: "fish", 3: "cat"}),
    }
    found = truth["5x4"]
    assert found.frame.tolist() == [0, 1]
    assert found.track.tolist() == [5, 8]
    assert found.class_id.tolist() == [3, 90]
    assert found.box.tolist() == [[0.5, 0, 2.5, 4], [1, 1, 3, 3]]
    assert found.score.tolist() == [1, 1]
    assert found.rle.areas.tolist() == [8, 4]
    assert found.area is None
    assert len(truth["7x4"]) == 0


def test_images_of_a_video_are_a_sequence_sorted_by_frame(json_file):
    images, truth = coco_json.read_labels(json_file(VIDEOS))
    assert {name: n.tolist() for name, n in images.by_sequence().items()} == {
        "run": [3],
        "walk": [2, 1],
    }
    found = truth["walk"]
    assert found.track.tolist() == [77, 77]
    assert found.score.tolist() == [1, 0]
    assert found.area.tolist() == [3.5, 3.5]
    assert found.rle is None
    assert coco_json.read_truth(json_file(VIDEOS))["walk"].same(found)


def test_results_without_identities_are_numbered_by_position(json_file):
    images = coco_json.read_images(json_file(VIDEOS))
    found = coco_json.read_results(json_file(RESULTS, "results.json"), images)
    assert found["walk"].frame.tolist() == [0, 1, 1]
    assert found["walk"].track.tolist() == [2, 1, 3]
    assert found["walk"].score.tolist() == [0.25, 0.5, -3]
    assert found["walk"].box.tolist() == [[0, 0, 2, 2], [0, 0.5, 2, 2.5], [0, 0, 0, 0]]
    assert len(found["run"]) == 0
    named = [entry | {"track_id": 4 + place % 2} for place, entry in enumerate(RESULTS[:2])]
    found = coco_json.read_results(json_file(named, "results.json"), images)
    assert found["walk"].track.tolist() == [5, 4]


def test_a_result_without_a_box_has_the_tight_box_of_its_mask(json_file):
    images = coco_json.read_images(json_file(VIDEOS))
    entry = {"image_id": 1, "category_id": 3, "segmentation": SQUARE, "score": 1}
    found = coco_json.read_results(json_file([entry], "results.json"), images)
    assert found["walk"].box.tolist() == [[1, 1, 3, 3]]


def test_no_results_are_empty_for_every_sequence(json_file):
    images = coco_json.read_images(json_file(VIDEOS))
    found = coco_json.read_results(json_file([], "results.json"), images)
    assert {name: len(each) for name, each in found.items()} == {"run": 0, "walk": 0}


@pytest.mark.slow
@given(sequences(crowds=True), st.booleans(), st.booleans())
def test_truth_survives_a_round_trip(tmp_path_factory, tracks, masked, named):
    path = tmp_path_factory.getbasetemp() / "coco_truth.json"
    written = {name: as_written(each, masked, named) for name, each in tracks.items()}
    coco_json.write_truth(path, written)
    found = coco_json.read_truth(path)
    assert found.keys() == tracks.keys()
    last = 0
    for name, each in written.items():
        track = each.track if named else np.arange(len(each)) + last + 1
        last += len(each)
        assert_same(found[name], replace(each, track=track))


@pytest.mark.slow
@given(sequences(crowds=False), st.booleans(), st.booleans())
def test_results_survive_a_round_trip(tmp_path_factory, tracks, masked, named):
    path = tmp_path_factory.getbasetemp() / "coco_results.json"
    written = {name: as_written(each, masked, named) for name, each in tracks.items()}
    coco_json.write_truth(path, written)
    images = coco_json.read_images(path)
    coco_json.write_results(path, written, images)
    found = coco_json.read_results(path, images)
    last, own = 0, {}
    for name, each in written.items():
        own[name] = each.track if named else np.arange(len(each)) + last + 1
        last += len(each)
    for name, each in written.items():
        assert_same(found[name], replace(each, track=own[name], area=None))


def as_written(tracks: Tracks, masked: bool, named: bool) -> Tracks:
    track = tracks.track if named else np.full(len(tracks), NO_TRACK)
    return replace(tracks, rle=tracks.rle if masked else None, track=track)


def assert_same(found: Tracks, expected: Tracks) -> None:
    """Assert equality; without rows, the file cannot say whether there are masks or areas."""
    assert found.extent == expected.extent
    if len(expected):
        assert found.same(expected)
    else:
        assert not len(found)


def test_a_written_file_is_what_the_coco_api_reads(tmp_path, json_file):
    truth = coco_json.read_truth(json_file(STILLS))
    coco_json.write_truth(tmp_path / "again.json", truth)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = COCO(str(tmp_path / "again.json"))
    found = truth["5x4"]
    dense = coco_rle.decode(found.rle)
    assert len(theirs.anns) == 2
    for row, annotation in enumerate(theirs.anns.values()):
        image = theirs.imgs[annotation["image_id"]]
        assert (image["frame_id"], image["height"], image["width"]) == (row, 4, 5)
        assert np.array_equal(theirs.annToMask(annotation), dense[row])
        left, top, width, height = annotation["bbox"]
        assert found.box[row].tolist() == [left, top, left + width, top + height]
        assert annotation["area"] == found.rle.areas[row]


def test_boxes_without_masks_are_written_with_their_area(tmp_path, json_file):
    truth = coco_json.read_truth(json_file(VIDEOS))
    boxes = {name: replace(each, area=None) for name, each in truth.items()}
    coco_json.write_truth(tmp_path / "again.json", boxes)
    annotations = json.loads((tmp_path / "again.json").read_text())["annotations"]
    assert [each["area"] for each in annotations] == [4, 4, 4]
    assert "segmentation" not in annotations[0]


EXTENT = Extent(2, 2, 3, {1: "a", 10: "ignore"}, (10,))


def boxes(track, class_id=1, extent=EXTENT):
    ones = np.ones(len(track))
    return Tracks(
        extent, np.arange(len(track)), track, class_id * ones, ones, np.ones((3, 4))[: len(track)]
    )


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        ({"v": boxes([1], 10)}, "v: class 10 is ignored, which the format cannot hold"),
        ({"v": boxes([1]), "..": boxes([1])}, "the name of the sequence cannot be that of a fold"),
        (
            {"v": boxes([1]), "w": boxes([1], extent=Extent(2, 2, 3, {1: "z"}))},
            "the sequences differ in classes",
        ),
    ],
)
@pytest.mark.parametrize("write", [coco_json.write_truth, coco_json.write_results])
def test_tracks_that_the_format_cannot_hold_are_not_written(tmp_path, write, tracks, message):
    with pytest.raises(ValueError, match=r"t\.json: not written: .*" + message):
        write(tmp_path / "t.json", tracks)


def test_identities_of_only_some_rows_are_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"t\.json, annotation 1: has no track_id, unlike earlier"):
        coco_json.write_truth(tmp_path / "t.json", {"v": boxes([4, NO_TRACK])})


def test_masks_of_only_some_sequences_are_not_written(tmp_path):
    masked = replace(boxes([4]), rle=coco_rle.encode(np.ones((1, 2, 2), bool)))
    with pytest.raises(ValueError, match=r"t\.json, entry 1: has a segmentation, unlike earlier"):
        coco_json.write_results(tmp_path / "t.json", {"v": boxes([4]), "w": masked})


@pytest.mark.parametrize("extents", [{}, {"v": Extent(2, 2, 4, EXTENT.classes, (10,))}])
def test_a_result_of_a_sequence_without_truth_is_not_written(tmp_path, extents):
    number = np.arange(sum(each.frame_count for each in extents.values()))
    images = Images(number, extents, as_categories({}))
    with pytest.raises(ValueError, match="v: not a sequence of the ground truth"):
        coco_json.write_results(tmp_path / "r.json", {"v": boxes([4])}, images)


@pytest.mark.parametrize(
    ("content", "keys", "to", "message"),
    [
        (VIDEOS, ("annotations",), MISSING, ": expected an object with a list of annotations"),
        (VIDEOS, ("annotations", 1, "id"), 1, ", annotation 1: id 1 is not unique"),
        (VIDEOS, ("annotations", 1, "instance_id"), MISSING, ", annotation 1: has no instance_id"),
        (
            VIDEOS,
            ("annotations", 1, "iscrowd"),
            "0",
            ', annotation 1: iscrowd: expected 0 or 1, found "0"',
        ),
        (
            VIDEOS,
            ("annotations", 1, "area"),
            MISSING,
            ", annotation 1: has no area, unlike earlier",
        ),
        (VIDEOS, ("annotations", 1, "area"), 1e40, r", annotation 1: area 1e\+40 is not a valid n"),
        (
            VIDEOS,
            ("annotations", 1, "bbox"),
            [1, 2, 3],
            r", annotation 1: bbox: expected left, top, width and height, found \[1, 2, 3\]",
        ),
        (VIDEOS, ("annotations", 1, "bbox"), "1234", ', annotation 1: bbox: .*, found "1234"'),
        (VIDEOS, ("annotations", 1, "bbox", 3), "1", ", annotation 1: bbox: expected left, top, "),
        (VIDEOS, ("annotations", 1, "bbox"), [1e308] * 4, ", annotation 1: box .* is not finite"),
        (
            VIDEOS,
            ("annotations", 1, "bbox"),
            MISSING,
            ", annotation 1: has no bbox, unlike earlier",
        ),
        (VIDEOS, ("annotations", 1, "image_id"), 1, ", annotation 1: identity 77 appears twice in"),
        (STILLS, ("annotations", 1, "segmentation"), MISSING, ", annotation 1: has no segmentatio"),
        (
            STILLS,
            ("annotations", 0, "segmentation", "size"),
            [5, 4],
            r", annotation 0: size: expected \[4, 5\], found \[5, 4\]",
        ),
        (
            STILLS,
            ("annotations", 1, "segmentation", 0),
            [1, 2],
            ", annotation 1: polygon: expected .* numbers, found 2",
        ),
    ],
)
def test_invalid_truth_is_named(json_file, content, keys, to, message):
    with pytest.raises(ValueError, match=r"truth\.json" + message):
        coco_json.read_truth(json_file(changed(content, *keys, to=to)))


@pytest.mark.parametrize(
    ("keys", "to", "message"),
    [
        ((1,), 3, "entry 1: expected an object, found 3"),
        ((1, "image_id"), 8, "entry 1: image_id: expected the id of a known image, found 8"),
        ((1, "score"), None, "entry 1: score: expected a finite number, found null"),
        ((1, "bbox"), None, "entry 1: has no bbox, unlike earlier ones"),
        ((1, "track_id"), 8, "entry 1: has a track_id, unlike earlier ones"),
        ((1, "segmentation"), SQUARE, "entry 1: has a segmentation, unlike earlier ones"),
    ],
)
def test_an_invalid_result_is_named(json_file, keys, to, message):
    images = coco_json.read_images(json_file(VIDEOS))
    with pytest.raises(ValueError, match=r"results\.json, " + message):
        coco_json.read_results(json_file(changed(RESULTS, *keys, to=to), "results.json"), images)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, ": expected a list of results"),
        (
            [{"image_id": 1, "category_id": 3, "score": 1}],
            ", entry 0: expected a bbox or a segmentation, found neither",
        ),
    ],
)
def test_results_that_are_not_a_list_or_have_no_box_are_named(json_file, content, message):
    images = coco_json.read_images(json_file(VIDEOS))
    with pytest.raises(ValueError, match=r"results\.json" + message):
        coco_json.read_results(json_file(content, "results.json"), images)
