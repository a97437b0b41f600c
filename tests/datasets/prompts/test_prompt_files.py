from __future__ import annotations

import base64
import json

import cv2
import numpy as np
import pytest

from datasets.io.mended import take_mended
from datasets.masks import coco_rle
from datasets.prompts.prompt_files import (
    drawn_kind,
    list_prompt_files,
    prompt_names,
    read_prompt_files,
)
from datasets.sequences.frame_names import find_frame, frame_names
from datasets.types import Extent, Sequence

EXTENT = Extent(40, 60, 5, {1: "cat", 2: "dog"})
FRAMES = [f"{index:06}" for index in (0, 10, 20, 30, 40)]


def shape(kind="rectangle", points=((10, 5), (30, 25)), label="dog", group=None, **more):
    return {"label": label, "points": points, "group_id": group, "shape_type": kind} | more


@pytest.fixture
def labelme(tmp_path):
    """A function that writes shapes as a LabelMe file and returns its path."""

    def write(*shapes, name="boxes.json", image="000000.jpg", size=(40, 60)):
        height, width = size
        content = {"version": "5.5.0", "imagePath": image, "shapes": shapes, "imageData": None}
        content |= {"imageHeight": height, "imageWidth": width}
        (tmp_path / name).write_text(json.dumps(content))
        return tmp_path / name

    return write


def read(*paths):
    return read_prompt_files(paths, EXTENT, FRAMES)


def kinds(tracks):
    return [drawn_kind(tracks.take(np.array([row]))) for row in range(len(tracks))]


def test_rectangles_are_boxes_with_their_corners_in_any_order(labelme):
    path = labelme(shape(), shape(points=[[9.5, 8], [2, 20]], label="cat"), shape())
    found = read(path)
    assert found.box.tolist() == [[10, 5, 30, 25], [2, 8, 9.5, 20], [10, 5, 30, 25]]
    assert found.class_id.tolist() == [2, 1, 2]
    assert found.track.tolist() == [1, 2, 3]
    assert found.rle is None
    assert kinds(found) == ["box"] * 3
    assert prompt_names([path]) == ["dog", "cat"]


def test_polygons_boxes_and_points_keep_how_they_were_drawn(labelme):
    square = [[10, 10], [20, 10], [20, 30], [10, 30]]
    found = read(
        labelme(shape("polygon", square), shape(), shape("point", [[33.5, 7.2]], label="cat"))
    )
    assert kinds(found) == ["mask", "box", "points"]
    assert found.box.tolist() == [[10, 10, 20, 30], [10, 5, 30, 25], [33, 7, 34, 8]]
    mask = coco_rle.decode(found.rle)[0]
    assert mask.sum() == mask[10:30, 10:20].sum() == 200


def test_shapes_of_one_group_are_one_object(labelme):
    parts = [shape("polygon", [[x, 0], [x + 5, 0], [x + 5, 5], [x, 5]], group=7) for x in (0, 20)]
    points = [shape("point", [[30 + x, 30]], label="cat", group=7) for x in (0, 4)]
    found = read(labelme(*parts, *points))
    assert kinds(found) == ["mask", "points"]
    assert found.box.tolist() == [[0, 0, 25, 5], [30, 30, 35, 31]]


def test_masks_and_circles_are_areas(labelme):
    pixels = np.array([[1, 0], [1, 1]], np.uint8) * 255
    png = base64.b64encode(cv2.imencode(".png", pixels)[1].tobytes()).decode()
    found = read(
        labelme(
            shape("mask", [[58, 38], [59, 39]], mask=png), shape("circle", [[20, 20], [20, 30]])
        )
    )
    one, other = coco_rle.decode(found.rle)
    assert np.argwhere(one).tolist() == [[38, 58], [39, 58], [39, 59]]
    assert other.sum() == pytest.approx(np.pi * 10**2, rel=0.03)
    assert kinds(found) == ["mask", "mask"]


def test_each_file_belongs_to_the_frame_of_its_image(labelme):
    paths = [
        labelme(shape(group=1), name="a.json", image="..\\images\\000030.png"),
        labelme(shape(group=1), shape(), name="b.json", image="walk_10.jpg"),
        labelme(shape(label="cat"), name="000040.json", image=None),
    ]
    take_mended()
    found = read(*paths)
    assert found.frame.tolist() == [1, 1, 4]
    assert found.class_id.tolist() == [2, 2, 1]
    assert take_mended() == {"later prompts of an object, skipped": 1}


def test_a_single_file_without_a_number_is_of_the_first_frame(labelme):
    assert read(labelme(shape(), image="first.jpg")).frame.tolist() == [0]


def test_boxes_of_the_first_frame_are_read_as_before(json_file):
    corners = {"xmin": 1, "ymin": 2, "xmax": 9, "ymax": 8}
    objects = [{"name": "dog", "bndbox": corners}, {"name": "dog", "bndbox": corners}]
    path = json_file({"annotation": {"object": objects}}, "first.json")
    assert read(path).track.tolist() == [1, 2]
    assert prompt_names([path]) == ["dog"]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([shape("line")], 'shape 1: .dog.: shape_type: expected one of rectangle, .*found "line"'),
        ([shape(), shape(label="")], "shape 2: label: expected a string"),
        ([shape(points=[[1, 2]])], "points: expected 2 to 4 for a rectangle, found 1"),
        ([shape(points=[[1, 2], [3, float("nan")]])], r"expected finite numbers \[x, y\], found"),
        ([shape(points=[[5, 5], [5, 9]])], r"expected a box with an area, found \[5.0, 5.0"),
        ([shape(points=[[70, 5], [80, 9]])], r"box \[70, 5, 80, 9\] lies outside .* 60 x 40"),
        ([shape("point", [[61, 5]])], r"expected points in the image of 60 x 40 .*\[61.0, 5.0\]"),
        ([shape("polygon", [[70, 5], [80, 9], [90, 5]])], "expected an area in the image"),
        ([shape("mask", [[0, 0], [2, 2]], mask="no")], "mask: expected a PNG in base 64"),
        ([shape(label="bird")], r"expected one of the classes \['cat', 'dog'\], found 'bird'"),
        ([shape(group=1), shape(group=1)], "group_id 1: expected one box, .* found two boxes"),
        (
            [shape(group=1), shape("point", [[1, 1]], group=1)],
            "shape 2: 'dog': group_id 1: .* found a box and points",
        ),
        ([], "expected at least one shape"),
    ],
)
def test_an_invalid_shape_is_named_with_its_file(labelme, shapes, message):
    with pytest.raises(ValueError, match=rf"boxes\.json.*{message}"):
        read(labelme(*shapes))


def test_files_of_another_size_or_frame_are_refused(labelme):
    with pytest.raises(ValueError, match=r"imageHeight: expected 60 x 40 .*found 120 x 80"):
        read(labelme(shape(), size=(80, 120)))
    with pytest.raises(ValueError, match=r"a frame, 000000 to 000040, found '7\.jpg'"):
        read(labelme(shape(), image="7.jpg"))
    with pytest.raises(ValueError, match=r"b\.json: imagePath: expected the name of a frame"):
        read(labelme(shape()), labelme(shape(), name="b.json", image="second.jpg"))


def test_files_of_both_kinds_and_empty_folders_are_refused(labelme, json_file, tmp_path):
    other = json_file({"annotation": {"object": []}}, "first.json")
    with pytest.raises(ValueError, match=r"first\.json: expected a LabelMe file with shapes"):
        read(labelme(shape()), other)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty: expected prompts in files \*\.json, found none"):
        list_prompt_files([tmp_path / "empty"])


def test_points_that_touch_another_one_are_skipped_and_counted(labelme):
    take_mended()
    found = read(labelme(shape("points", [[10, 10], [11, 11], [14, 10]])))
    assert kinds(found) == ["points"]
    assert coco_rle.decode(found.rle).sum() == 2
    assert take_mended() == {"prompt points next to another one, skipped": 1}


def test_frames_of_a_video_are_numbers_and_those_of_a_folder_names(tmp_path):
    for name in ("2.jpg", "10.png", "1.jpg"):
        (tmp_path / name).touch()
    extent = Extent(4, 6, 3, {1: "person"})
    assert frame_names(Sequence("own", "a", extent, 10, str(tmp_path))) == ["1", "2", "10"]
    assert frame_names(Sequence("own", "a", extent, 10, "a.mp4")) == ["000000", "000001", "000002"]
    assert find_frame("frame_0010", ["1", "2", "10"]) == 2
    assert find_frame("first", ["1", "2", "10"]) is None
    assert find_frame("3", ["a3", "b3"]) is None
