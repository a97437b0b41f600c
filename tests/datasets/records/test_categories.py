from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.formats import coco_json, vis_json
from datasets.io.mended import take_mended
from datasets.masks import coco_rle
from datasets.records.categories import read_categories
from datasets.types import Extent, Tracks

PATH = Path("truth.json")


def categories(*records):
    return read_categories({"categories": list(records)}, PATH)


def test_the_class_id_of_a_category_is_its_id_or_the_rank_of_its_text():
    found = categories({"id": 7, "name": "cat"}, {"id": 2.0, "name": "dog"})
    assert (found.numbers, found.classes) == ((7, 2), {7: "cat", 2: "dog"})
    found = categories({"id": "p", "name": "person"}, {"id": "b", "name": "bag"})
    assert (found.numbers, found.classes) == (("p", "b"), {2: "person", 1: "bag"})
    assert [found.number_of(key) for key in (1, 2)] == ["b", "p"]


def test_a_category_without_a_name_has_that_of_its_id():
    take_mended()
    found = categories({"id": 3}, {"id": 8, "name": None}, {"id": 9, "name": "8"})
    assert found.classes == {3: "3", 8: "8 (8)", 9: "8 (9)"}
    assert take_mended()["categories without a name, named by their id"] == 2


def test_a_repeated_category_is_read_once_and_another_one_of_its_id_refused():
    cat = {"id": 1, "name": "cat"}
    assert categories(cat, {"id": 2, "name": "dog"}, cat | {"colour": 3}).classes[1] == "cat"
    with pytest.raises(ValueError, match=r"truth\.json, category 1: id 1 is not unique"):
        categories(cat, cat | {"name": "dog"})


def truth_and_tracks():
    """Return the records of ground truth with text ids, and tracks of the sequence `a`."""
    extent = Extent(4, 5, 2, {1: "bag", 2: "person"})
    masks = coco_rle.encode(np.ones((2, 4, 5), bool))
    ones = np.ones(2)
    tracks = Tracks(extent, np.arange(2), ones, [2, 2], ones, masks.boxes, masks)
    listed = [{"id": "p", "name": "person"}, {"id": "b", "name": "bag"}]
    return {"categories": listed, "annotations": []}, {"a": tracks}


def test_results_are_written_with_the_ids_of_the_ground_truth(tmp_path):
    content, tracks = truth_and_tracks()
    size = {"height": 4, "width": 5, "video_id": "v"}
    content["images"] = [{"id": f"i{n}", "frame_id": n, **size} for n in range(2)]
    content["videos"] = [{"id": "v", "name": "a"}]
    paths = tmp_path / "truth.json", tmp_path / "results.json"
    paths[0].write_text(json.dumps(content))
    images = coco_json.read_images(paths[0])
    coco_json.write_results(paths[1], tracks, images)
    entries = json.loads(paths[1].read_text())
    assert [each["category_id"] for each in entries] == ["p", "p"]
    assert [each["image_id"] for each in entries] == ["i0", "i1"]
    assert coco_json.read_results(paths[1], images)["a"].same(tracks["a"])


def test_results_of_youtube_vis_are_written_with_the_ids_of_the_ground_truth(tmp_path):
    content, tracks = truth_and_tracks()
    video = {"id": "v", "height": 4, "width": 5, "file_names": ["a/0.jpg", "a/1.jpg"]}
    paths = tmp_path / "truth.json", tmp_path / "results.json"
    paths[0].write_text(json.dumps(content | {"videos": [video]}))
    videos = vis_json.read_videos(paths[0])
    vis_json.write_results(paths[1], tracks, videos)
    (entry,) = json.loads(paths[1].read_text())
    assert (entry["video_id"], entry["category_id"]) == ("v", "p")
    found = vis_json.read_results(paths[1], videos)["a"]
    assert replace(found, area=None).same(tracks["a"])
