from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.formats import prompt_json
from datasets.formats.prompt_json import Prompt
from datasets.io.mended import take_mended
from datasets.types import Extent, Tracks

EXTENT = Extent(100, 200, 5, {1: "cat", 2: "dog"})


def box(*corners):
    return dict(zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True))


def thing(name="dog", corners=(10, 20, 30, 40)):
    return {"name": name, "bndbox": box(*corners)}


def file_of(json_file, *objects):
    return json_file({"annotation": {"object": list(objects)}}, "first.json")


def test_objects_keep_their_order(json_file):
    path = file_of(json_file, thing(), thing("cat", (0, 0, 5, 6)))
    found = prompt_json.read_prompts(path)
    assert found == [Prompt("dog", (10, 20, 30, 40)), Prompt("cat", (0, 0, 5, 6))]


def test_numbers_are_truncated_and_numeric_strings_are_accepted(json_file):
    path = file_of(json_file, thing(corners=("10.9", 20.9, "3e1", 20.2)))
    with pytest.raises(ValueError, match=r"box \[10, 20, 30, 20\] has no area"):
        prompt_json.read_prompts(path)
    path = file_of(json_file, thing(corners=("10.9", 20.9, "30", 40.99)))
    assert prompt_json.read_prompts(path)[0].box == (10, 20, 30, 40)


def test_a_single_object_need_not_be_in_a_list(json_file):
    path = json_file({"annotation": {"object": thing()}})
    assert prompt_json.read_prompts(path) == [Prompt("dog", (10, 20, 30, 40))]


@pytest.mark.parametrize(
    "content", [{}, {"annotation": {}}, {"annotation": None}, {"annotation": {"object": []}}]
)
def test_a_file_without_objects_gives_no_tracks(json_file, content):
    path = json_file(content, "first.json")
    assert prompt_json.read_prompts(path) == []
    with pytest.raises(
        ValueError, match=r"first\.json: expected at least one object in annotation"
    ):
        prompt_json.read_tracks(path, EXTENT)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("cat", 'object 2: expected an object with name and bndbox, found "cat"'),
        ({"bndbox": {}}, "object 2: name: expected a string, found null"),
        ({"name": "cat"}, "object 2: 'cat': bndbox: expected xmin, ymin, xmax, ymax, found null"),
        ({"name": "cat", "bndbox": {"xmin": 1}}, "'cat': ymin: expected a number .*found nothing"),
        (
            thing("cat", (1, 2, "wide", 4)),
            "object 2: 'cat': xmax: expected a number of pixels, found \"wide\"",
        ),
        (thing("cat", (1, 2, [3], 4)), r"'cat': xmax: expected a number of pixels, found \[3\]"),
        (thing("cat", (1, 2, True, 4)), "'cat': xmax: expected a number of pixels, found true"),
        (thing("cat", (1, 2, "nan", 4)), "'cat': xmax: expected a number of pixels, found \"nan\""),
        (thing("cat", (1, 2, 10**400, 4)), "'cat': xmax: expected a number of pixels, found 10+"),
        (
            thing("cat", (5, 5, 5, 9)),
            r"'cat': box \[5, 5, 5, 9\] has no area: expected xmin < xmax",
        ),
        (thing("cat", (9, 5, 5, 5)), r"'cat': box \[9, 5, 5, 5\] has no area"),
    ],
)
def test_a_bad_object_is_named_with_its_file(json_file, second, message):
    path = file_of(json_file, thing(), second)
    with pytest.raises(
        ValueError, match=rf"first\.json, object 2.*{message.split('object 2')[-1]}"
    ):
        prompt_json.read_prompts(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"first\.json: expected an object with annotation, found \[\]"),
        ({"annotation": [1]}, r"first\.json, annotation: expected an object, found \[1\]"),
        ({"annotation": {"object": 3}}, r"annotation\.object: expected a list, found 3"),
    ],
)
def test_another_structure_of_the_file_is_refused(json_file, content, message):
    with pytest.raises(ValueError, match=message):
        prompt_json.read_prompts(json_file(content, "first.json"))


def test_invalid_json_is_refused(tmp_path):
    (tmp_path / "first.json").write_text("{'annotation'")
    with pytest.raises(ValueError, match=r"first\.json: not valid JSON"):
        prompt_json.read_prompts(tmp_path / "first.json")


def test_objects_become_prompts_of_the_first_frame(json_file):
    path = file_of(json_file, thing(), thing("cat", (0, 0, 5, 6)))
    found = prompt_json.read_tracks(path, EXTENT)
    assert found.frame.tolist() == [0, 0]
    assert found.track.tolist() == [1, 2]
    assert found.class_id.tolist() == [2, 1]
    assert found.box.tolist() == [[10, 20, 30, 40], [0, 0, 5, 6]]


def test_objects_of_one_name_are_identities_of_one_class(json_file):
    path = file_of(json_file, thing(), thing("cat"), thing(corners=(0, 0, 5, 6)))
    found = prompt_json.read_tracks(path, EXTENT)
    assert (found.track.tolist(), found.class_id.tolist()) == ([1, 2, 3], [2, 1, 2])


def test_swapped_corners_are_sorted_and_counted(json_file):
    take_mended()
    path = file_of(json_file, thing(corners=(30, 20, 10, 40)), thing(corners=(1, 9, 5, 2)))
    assert [each.box for each in prompt_json.read_prompts(path)] == [
        (10, 20, 30, 40),
        (1, 2, 5, 9),
    ]
    prompt_json.read_tracks(path, EXTENT)
    assert take_mended() == {"prompt boxes with swapped corners, sorted": 2}


def test_boxes_are_clipped_to_the_image_and_counted(json_file):
    take_mended()
    path = file_of(json_file, thing(corners=(-10, 90, 250, 130)), thing())
    assert prompt_json.read_tracks(path, EXTENT).box[0].tolist() == [0, 90, 200, 100]
    assert take_mended() == {"prompt boxes clipped to the image": 1}


def test_a_class_of_the_same_name_is_preferred_to_one_without_the_number(json_file):
    numbered = replace(EXTENT, classes={1: "dog", 2: "dog 1"})
    path = file_of(json_file, thing("dog 1"), thing("dog 2"))
    assert prompt_json.read_tracks(path, numbered).class_id.tolist() == [2, 1]


@pytest.mark.parametrize("corners", [(200, 0, 230, 10), (-9, 0, 0, 10), (0, 100, 9, 130)])
def test_a_box_outside_the_image_is_refused(json_file, corners):
    path = file_of(json_file, thing("cat"), thing(corners=corners))
    with pytest.raises(ValueError, match=r"object 2: 'dog': box .* outside the image of 200 x 100"):
        prompt_json.read_tracks(path, EXTENT)


def test_the_name_of_an_object_determines_its_class(json_file):
    path = file_of(json_file, thing("bird"))
    one = replace(EXTENT, classes={7: "animal", 9: "crowd"}, ignored=(9,))
    assert prompt_json.read_tracks(path, one).class_id.tolist() == [7]
    path = file_of(json_file, thing("dog 1"), thing("dog_2"), thing("cat"))
    assert prompt_json.read_tracks(path, EXTENT).class_id.tolist() == [2, 2, 1]
    path = file_of(json_file, thing("bird"))
    error = r"name: expected one of the classes \['cat', 'dog'\], found 'bird'"
    with pytest.raises(ValueError, match=error):
        prompt_json.read_tracks(path, EXTENT)


def test_prompts_survive_a_round_trip(tmp_path):
    boxes = np.array([[1.5, 2, 7.2, 9], [0, 0, 5, 5], [3, 3, 8, 8], [0, 0, 9, 9]])
    tracks = Tracks(EXTENT, [0, 0, 0, 1], [4, 5, 6, 4], [1, 2, 2, 1], np.ones(4), boxes)
    prompt_json.write_prompts(tmp_path / "p.json", tracks)
    assert prompt_json.read_prompts(tmp_path / "p.json") == [
        Prompt("cat", (1, 2, 8, 9)),
        Prompt("dog 5", (0, 0, 5, 5)),
        Prompt("dog 6", (3, 3, 8, 8)),
    ]
    assert prompt_json.read_tracks(tmp_path / "p.json", EXTENT).class_id.tolist() == [1, 2, 2]
