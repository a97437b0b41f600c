from __future__ import annotations

import pytest

from datasets.formats import coco_json
from tests.support.json_changes import MISSING, changed

SIZE = {"width": 5, "height": 4}
CATEGORIES = [{"id": 90, "name": "fish"}, {"id": 3, "name": "cat"}]
STILLS = {"images": [{"id": 500, **SIZE}, {"id": 20, **SIZE}], "categories": CATEGORIES}
VIDEOS = {
    "videos": [{"id": 6, "name": "walk"}, {"id": 4, "name": "run"}],
    "images": [
        {"id": 1, **SIZE, "video_id": 6, "frame_id": 12},
        {"id": 2, **SIZE, "video_id": 6, "frame_id": 7},
        {"id": 3, "width": 9, "height": 9, "video_id": 4, "frame_id": 0},
    ],
    "categories": CATEGORIES,
}


def numbers(path):
    return {name: n.tolist() for name, n in coco_json.read_images(path).by_sequence().items()}


def test_videos_without_names_are_named_after_their_ids_and_sorted_by_image(json_file):
    images = [{**SIZE, "id": number, "video_id": 6} for number in (9, 1)]
    assert numbers(json_file({"images": images, "categories": []})) == {"6": [1, 9]}


@pytest.mark.parametrize("name", ["run", "../x", "", None, 7])
def test_videos_without_unique_names_are_named_after_their_ids(json_file, name):
    path = json_file(changed(VIDEOS, "videos", 0, "name", to=name))
    assert numbers(path) == {"4": [3], "6": [2, 1]}


def test_a_file_without_images_has_no_sequences(json_file):
    assert numbers(json_file({"images": [], "categories": []})) == {}


@pytest.mark.parametrize(
    ("content", "keys", "to", "message"),
    [
        (STILLS, ("images",), 1, ": expected an object with a list of images"),
        (VIDEOS, ("images", 1, "id"), 1, ", image 1: id 1 is not unique"),
        (STILLS, ("images", 1, "id"), "a", ', image 1: id: expected a whole number .*, found "a"'),
        (
            STILLS,
            ("images", 1, "height"),
            -4,
            ", image 1: expected .*, found height -4 and width 5",
        ),
        (VIDEOS, ("images", 1, "video_id"), MISSING, ", image 1: has no video_id, unlike earlier"),
        (VIDEOS, ("images", 1, "video_id"), 5, ", image 1: video_id: expected the id .*, found 5"),
        (VIDEOS, ("images", 1, "frame_id"), MISSING, ", image 1: has no frame_id, unlike earlier"),
        (
            VIDEOS,
            ("images", 1, "frame_id"),
            12,
            ", image 1: frame_id 12 is not unique in its video",
        ),
        (VIDEOS, ("images", 0, "width"), 6, ", image 0: height 4 and width 6 differ from those of"),
        (VIDEOS, ("videos", 1, "id"), 6, ", video 1: id 6 is not unique"),
        (VIDEOS, ("categories", 1, "id"), 90, ", category 1: id 90 is not unique"),
    ],
)
def test_invalid_images_are_named(json_file, content, keys, to, message):
    with pytest.raises(ValueError, match=r"truth\.json" + message):
        coco_json.read_images(json_file(changed(content, *keys, to=to)))
