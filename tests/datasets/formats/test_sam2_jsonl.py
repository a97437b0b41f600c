from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.formats import parquet, sam2_jsonl
from datasets.media.frames import write_image
from datasets.types import NO_TRACK, Extent
from tests.support.datasets.converting import run
from tests.support.datasets.some_tracks import tracks_of

EXTENT = Extent(100, 200, 5, {1: "person", 2: "dog"})
CORNERS = ((10, 20), (29, 20), (29, 59), (10, 59))


def thing(uid="a", name="person", corners=CORNERS, kind="rect"):
    points = [{"x": x, "y": y} for x, y in corners]
    return {"name": name, "uid": uid, "type": kind, "points": points}


def line(image, *objects):
    return json.dumps({"fileName": image, "prelabels": objects}) + "\n"


def written(tmp_path, *lines):
    path = tmp_path / "tracked.jsonl"
    path.write_text("".join(lines))
    return path


def test_the_far_corner_is_the_last_pixel_inside(tmp_path):
    found = sam2_jsonl.read_tracks(written(tmp_path, line("00002.jpg", thing())), EXTENT)
    assert found.box.tolist() == [[10, 20, 30, 60]]
    assert (found.frame[0], found.class_id[0], found.score[0]) == (2, 1, 1)


def test_lines_may_be_unordered_and_objects_are_numbered_in_temporal_order(tmp_path):
    later, earlier = line("10.jpg", thing("b"), thing("a")), line("9.jpg", thing("a"))
    path = written(tmp_path, later, "\n", earlier)
    found = sam2_jsonl.read_tracks(path, EXTENT, first_frame=8)
    assert found.frame.tolist() == [1, 2, 2]
    assert found.track.tolist() == [1, 2, 1]


def test_a_frame_without_a_line_has_no_objects(tmp_path):
    path = written(tmp_path, line("4.png", thing()), line("1.png", thing()), line("3.png"))
    assert sam2_jsonl.read_tracks(path, EXTENT).frame.tolist() == [1, 4]
    assert sam2_jsonl.read_tracks(path, EXTENT, first_frame=1).frame.tolist() == [0, 3]


def test_names_that_are_not_numbers_are_sorted_if_none_is_missing(tmp_path):
    path = written(tmp_path, line("b.jpg", thing()), line("10.jpg"), line("a.jpg", thing()))
    three = replace(EXTENT, frame_count=3)
    found = sam2_jsonl.read_tracks(path, three)
    assert found.frame.tolist() == [1, 2]
    with pytest.raises(
        ValueError, match=r"the frames of lines are ambiguous: .* only 3 of 5 frames"
    ):
        sam2_jsonl.read_tracks(path, EXTENT)


def test_a_line_is_written_as_by_the_tool(tmp_path):
    tracks = sam2_jsonl.read_tracks(written(tmp_path, line("3.jpg", thing(name="dog"))), EXTENT)
    path = tmp_path / "again.jsonl"
    sam2_jsonl.write_tracks(path, tracks)
    uid = "00000000-0000-0000-0000-000000000001"
    assert json.loads(path.read_text()) == json.loads(line("000003.jpg", thing(uid, "dog")))
    assert sam2_jsonl.list_names(path) == ["dog"]


def test_an_empty_file_is_a_sequence_without_tracks(tmp_path):
    none = sam2_jsonl.read_tracks(written(tmp_path, ""), EXTENT)
    assert len(none) == 0
    sam2_jsonl.write_tracks(tmp_path / "again.jsonl", none)
    assert (tmp_path / "again.jsonl").read_text() == ""


def test_rows_without_identity_are_not_written(tmp_path):
    path = written(tmp_path, line("1.jpg", thing("a"), thing("b")), line("2.jpg", thing("c")))
    tracks = sam2_jsonl.read_tracks(path, EXTENT)
    some = replace(tracks, track=np.array([NO_TRACK, 5, NO_TRACK]))
    sam2_jsonl.write_tracks(path, some)
    assert sam2_jsonl.read_tracks(path, EXTENT).frame.tolist() == [1]


pixels = st.integers(-50, 500).map(float)


@pytest.mark.slow
@given(tracks_of(EXTENT, near=pixels, size=pixels.map(abs), scores=st.just(1.0)))
def test_boxes_of_whole_pixels_survive_a_round_trip(tmp_path_factory, tracks):
    path = tmp_path_factory.getbasetemp() / "law.jsonl"
    sam2_jsonl.write_tracks(path, tracks)
    back = sam2_jsonl.read_tracks(path, EXTENT)
    _, first, number = np.unique(tracks.track, return_index=True, return_inverse=True)
    in_time = np.argsort(np.argsort(first)) + 1
    assert back.same(replace(tracks, track=in_time[number]))


@pytest.mark.slow
@given(tracks_of(EXTENT, scores=st.just(1.0)))
def test_other_boxes_survive_a_round_trip_up_to_rounding(tmp_path_factory, tracks):
    path = tmp_path_factory.getbasetemp() / "law.jsonl"
    sam2_jsonl.write_tracks(path, tracks)
    # right - 1 + 1 loses half a unit in the last place twice
    back = sam2_jsonl.read_tracks(path, EXTENT)
    assert back.box == pytest.approx(tracks.box, abs=1e-11)
    assert np.array_equal(back.class_id, tracks.class_id)


MOVED = (CORNERS[1], *CORNERS[2:], CORNERS[0])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{", "not valid JSON: Expecting property name"),
        ("[" * 100000, "maximum recursion depth"),
        ("[]", "expected an object with the key 'fileName', found list"),
        ('{"fileName": "1.jpg"}', r"expected an object with the key 'prelabels', found \['fileN"),
        ('{"fileName": 1, "prelabels": []}', "fileName: expected a string, found '1.0'"),
        ('{"fileName": "1.jpg", "prelabels": {}}', "prelabels: expected a list, found '{}'"),
        (line("2.jpg"), r"2\.jpg already appears in line 1"),
        (line("02.jpg"), r"frame 2 \(from 0\) has two images: 2\.jpg and 02\.jpg"),
        (line("5.jpg"), r"expected frames 0 \.\. 4, found 5 for 5\.jpg"),
        (line("1.jpg", thing(), thing()), "uid 'a' appears 2 times"),
        (line("1.jpg", thing(kind="polygon")), "type: expected 'rect', found 'polygon'"),
        (line("1.jpg", thing(corners=CORNERS[:3])), "expected the 4 corners of a box, found 3"),
        (line("1.jpg", thing(corners=MOVED)), "expected a rectangle, clockwise from top left"),
        (line("1.jpg", thing(corners=CORNERS[::-1])), "has a negative size"),
        (
            line("1.jpg", thing(name="cat")),
            r"name: expected one of \['dog', 'person'\], found 'cat",
        ),
        (line("1.jpg", thing(uid=7)), "uid: expected a string, found '7.0'"),
        (line("1.jpg", thing(corners=[("a", 0)] * 4)), "x: expected a number, found 'a'"),
        (line("1.jpg", thing(corners=[(True, 0)] * 4)), "x: expected a number, found 'True'"),
        (line("1.jpg", thing(corners=[(float("nan"), 0)] * 4)), "expected a number, found NaN"),
        (line("1.jpg", thing(corners=[(10**400, 0)] * 4)), "not finite"),
        (line("1.jpg", thing(corners=[(9, 9), (5, 9), (5, 9), (9, 9)])), "has a negative size"),
        (line("9" * 12 + ".jpg"), "the frames of lines are ambiguous"),
    ],
)
def test_a_bad_line_is_named(tmp_path, bad, message):
    path = written(tmp_path, line("2.jpg"), "\n", bad)
    place = "" if "ambiguous" in message else ", line 3"
    with pytest.raises(ValueError, match=rf"tracked\.jsonl{place}.*{message}"):
        sam2_jsonl.read_tracks(path, EXTENT)


def test_an_image_before_the_first_frame_is_named(tmp_path):
    path = written(tmp_path, line("1.jpg"))
    with pytest.raises(ValueError, match=r"line 1: expected frames 0 .*, found -1 for 1\.jpg"):
        sam2_jsonl.read_tracks(path, EXTENT, first_frame=2)


def test_lines_use_the_names_of_the_images(tmp_path):
    tracks = sam2_jsonl.read_tracks(written(tmp_path, line("3.jpg", thing())), EXTENT)
    names = [f"walk_{number}.png" for number in range(5)]
    sam2_jsonl.write_tracks(tmp_path / "again.jsonl", tracks, names)
    assert json.loads((tmp_path / "again.jsonl").read_text())["fileName"] == "walk_3.png"
    with pytest.raises(ValueError, match=r"last\.jsonl: .*: expected 5 image names, found 4"):
        sam2_jsonl.write_tracks(tmp_path / "last.jsonl", tracks, names[:4])
    assert not (tmp_path / "last.jsonl").exists()


def test_the_converter_uses_the_names_of_the_images(tmp_path):
    parquet.write_tracks(
        tmp_path / "a.parquet",
        sam2_jsonl.read_tracks(written(tmp_path, line("3.jpg", thing())), EXTENT),
    )
    for number in (1, 2, 3, 9, 10):
        write_image(tmp_path / "in" / f"walk {number}.png", np.zeros((2, 2, 3), np.uint8))
    a, out = tmp_path / "a.parquet", tmp_path / "out.jsonl"
    code, _, errors = run("parquet", "sam2_jsonl", a, out, "--name-as", tmp_path / "in")
    assert (code, json.loads(out.read_text())["fileName"]) == (0, "walk 9.png"), errors
    code, _, errors = run("parquet", "mot", a, tmp_path / "o.txt", "--name-as", tmp_path / "in")
    assert (code, "--name-as: mot has no image names" in errors) == (2, True)
    code, _, errors = run("parquet", "sam2_jsonl", a, tmp_path / "o", "--name-as", tmp_path / "in")
    assert (code, "--name-as: expected one sequence and an output file" in errors) == (2, True)
    assert not (tmp_path / "o.txt").exists()
