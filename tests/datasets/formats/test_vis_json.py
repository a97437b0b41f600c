from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from datasets.formats import vis_json
from datasets.io.mended import take_mended
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.needs import EVERYTHING
from datasets.types import NO_TRACK, Extent, Tracks
from tests.support.json_changes import MISSING, changed
from tests.support.mask_tracks import renumbered, sequences

SIZE = [4, 5]
SQUARE = {"size": SIZE, "counts": [5, 2, 2, 2, 9]}  # columns 1 and 2, rows 1 and 2
EMPTY = {"size": SIZE, "counts": [20]}
TEXT = {"size": SIZE, "counts": coco_rle.encode(np.eye(4, 5, dtype=bool)[None])[0].decode()}
TRUTH = {
    "videos": [
        {"id": 9, "width": 5, "height": 4, "length": 3, "file_names": ["x/0", "x/5", "x/10"]},
        {"id": 2, "width": 5, "height": 4, "length": 1, "file_names": ["y/0"]},
    ],
    "categories": [{"id": 40, "name": "fish"}, {"id": 3, "name": "cat"}],
    "annotations": [
        {
            "id": 700,
            "video_id": 9,
            "category_id": 40,
            "iscrowd": 0,
            "segmentations": [SQUARE, None, TEXT],
            "areas": [4, None, 3.5],
            "bboxes": [[1, 1, 2, 2], None, [0, 0, 4, 4]],
        },
        {
            "id": 30,
            "video_id": 9,
            "category_id": 3,
            "iscrowd": 1,
            "segmentations": [None, [[0, 0, 5, 0, 5, 4, 0, 4]], []],
            "areas": [None, 20, None],
        },
    ],
}
RESULTS = [
    {"video_id": 9, "category_id": 3, "score": 0.25, "segmentations": [TEXT, None, EMPTY]},
    {"video_id": 9, "category_id": 3, "score": 2, "segmentations": [TEXT, None, None]},
]


def test_truth_has_one_annotation_per_track(json_file):
    videos, truth = vis_json.read_labels(json_file(TRUTH))
    assert {name: video.number for name, video in videos.items()} == {"x": 9, "y": 2}
    assert videos["x"].extent == Extent(4, 5, 3, {40: "fish", 3: "cat"})
    found = truth["x"]
    assert found.frame.tolist() == [0, 1, 2]
    assert found.track.tolist() == [700, 30, 700]
    assert found.class_id.tolist() == [40, 3, 40]
    assert found.score.tolist() == [1, 0, 1]
    assert found.area.tolist() == [4, 20, 3.5]
    assert found.box.tolist() == [[1, 1, 3, 3], [0, 0, 5, 4], [0, 0, 4, 4]]
    assert np.array_equal(coco_rle.decode(found.rle)[2], np.eye(4, 5))
    assert len(truth["y"]) == 0
    assert vis_json.read_videos(json_file(TRUTH)) == videos
    assert vis_json.read_truth(json_file(TRUTH))["x"].same(found)


def test_results_have_one_entry_per_track_and_keep_empty_masks(json_file):
    videos = vis_json.read_videos(json_file(TRUTH))
    found = vis_json.read_results(json_file(RESULTS, "results.json"), videos)
    assert found["x"].frame.tolist() == [0, 0, 2]
    assert found["x"].track.tolist() == [1, 2, 1]
    assert found["x"].score.tolist() == [0.25, 2, 0.25]
    assert found["x"].rle.areas.tolist() == [4, 4, 0]
    assert found["x"].box[2].tolist() == [0, 0, 0, 0]
    assert found["x"].area is None
    assert len(found["y"]) == 0
    assert (
        vis_json.read_results(json_file([], "results.json"), videos)["x"].extent
        == videos["x"].extent
    )


@pytest.mark.parametrize(
    ("key", "what"), [("video_id", "an unlisted video"), ("category_id", "an unlisted category")]
)
def test_annotations_and_results_of_what_is_not_listed_are_skipped_and_counted(
    json_file, key, what
):
    take_mended()
    truth = changed(TRUTH, "annotations", 1, key, to=77)
    videos, found = vis_json.read_labels(json_file(truth))
    assert found["x"].track.tolist() == [700, 700]
    assert take_mended() == {f"annotations of {what}, skipped": 1}
    results = changed(changed(RESULTS, 0, key, to=77), 0, "segmentations", to="unread")
    found = vis_json.read_results(json_file(results, "results.json"), videos)
    assert found["x"].track.tolist() == [2]
    assert take_mended() == {f"results of {what}, skipped": 1}


def test_categories_of_one_name_are_named_by_their_ids_too(json_file):
    take_mended()
    videos = vis_json.read_videos(json_file(changed(TRUTH, "categories", 1, "name", to="fish")))
    assert videos["x"].extent.classes == {40: "fish (40)", 3: "fish (3)"}
    assert take_mended() == {"categories with the name of another one, named by their id too": 2}
    categories = [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}, {"id": 3, "name": "a (2)"}]
    with pytest.raises(ValueError, match=r'category 2: name "a \(2\)" is not unique'):
        vis_json.read_videos(json_file(TRUTH | {"categories": categories}))


def test_tracks_in_no_frame_are_kept_for_scoring_and_skipped_otherwise(json_file):
    content = changed(TRUTH, "annotations", 1, "segmentations", to=[None, None, []])
    path = json_file(changed(content, "annotations", 1, "areas", to=[None] * 3))
    take_mended()
    videos, truth = vis_json.read_labels(path)
    assert truth["x"].track.tolist() == [700, 700]
    assert truth["x"].absent is None
    assert take_mended() == {"tracks that are in no frame, skipped": 1}
    absent = vis_json.read_labels(path, EVERYTHING)[1]["x"].absent
    assert absent.track.tolist() == [30]
    assert absent.class_id.tolist() == [3]
    assert absent.score.tolist() == [0]
    results = json_file(changed(RESULTS, 1, "segmentations", to=[None] * 3), "results.json")
    assert vis_json.read_results(results, videos)["x"].track.tolist() == [1, 1]
    assert take_mended() == {"tracks that are in no frame, skipped": 1}
    found = vis_json.read_results(results, videos, EVERYTHING)
    assert found["x"].absent.track.tolist() == [2]
    assert len(found["y"].absent) == 0
    assert not take_mended()


def test_hidden_truth_still_has_videos(json_file):
    content = {**TRUTH, "annotations": None}
    assert list(vis_json.read_videos(json_file(content))) == ["x", "y"]
    with pytest.raises(ValueError, match=r"truth\.json: expected an object with a list of annot"):
        vis_json.read_truth(json_file(content))


@pytest.mark.parametrize("first", ["0.jpg", "x/1.jpg", "../1.jpg", "/z/1.jpg", "a/../b/1.jpg"])
def test_videos_without_a_unique_folder_are_named_after_their_ids(json_file, first):
    content = deepcopy(TRUTH)
    content["videos"][1]["file_names"] = [first]
    assert list(vis_json.read_videos(json_file(content))) == ["9", "2"]


@pytest.mark.slow
@given(sequences(crowds=True))
def test_truth_survives_a_round_trip_with_its_identities_or_new_numbers(tmp_path_factory, tracks):
    path = tmp_path_factory.getbasetemp() / "vis_truth.json"
    vis_json.write_truth(path, tracks)
    every = [track for each in tracks.values() for track in set(each.track.tolist())]
    distinct = 0 not in every and len(set(every)) == len(every)
    own = {name: each.track for name, each in tracks.items()}
    identities = own if distinct else renumbered(tracks)
    some = any(len(each) for each in tracks.values())
    found = vis_json.read_truth(path)
    assert list(found) == list(tracks)
    for name, each in tracks.items():
        expected = replace(each, track=identities[name], area=each.area if some else None)
        assert found[name].extent == each.extent
        assert found[name].same(expected)


@pytest.mark.slow
@given(sequences(crowds=False))
def test_results_survive_a_round_trip_with_positions_as_identities(tmp_path_factory, tracks):
    path = tmp_path_factory.getbasetemp() / "vis_results.json"
    vis_json.write_results(path, tracks)
    identities = renumbered(tracks)
    found = vis_json.read_results(path, vis_json.number_videos(tracks))
    assert list(found) == list(tracks)
    for name, each in tracks.items():
        assert found[name].same(replace(each, track=identities[name], area=None))


@pytest.mark.parametrize(
    ("first", "second", "ids"),
    [([7, 2000], [9], [7, 2000, 9]), ([7, 8], [8], [1, 2, 3]), ([0], [8], [1, 2])],
)
def test_annotation_ids_are_the_identities_if_unique_and_positive(tmp_path, first, second, ids):
    videos = {name: tracked(identities) for name, identities in (("v", first), ("w", second))}
    vis_json.write_truth(tmp_path / "t.json", videos)
    content = json.loads((tmp_path / "t.json").read_text())
    assert [each["id"] for each in content["annotations"]] == ids
    assert vis_json.number_annotations(videos).tolist() == ids


@pytest.mark.parametrize(
    ("keys", "to", "unread"),
    [
        (("videos", 0, "file_names"), ["v/1.jpg"], ["image names"]),
        (("videos", 0, "id"), 4, ["video ids"]),
        (("videos", 0, "height"), 9, []),
    ],
)
def test_fields_of_videos_that_tracks_cannot_hold_are_counted(
    tmp_path, json_file, keys, to, unread
):
    vis_json.write_truth(tmp_path / "t.json", {"v": replace(tracked([1]), extent=ONE_FRAME)})
    content = changed(json.loads((tmp_path / "t.json").read_text()), *keys, to=to)
    assert list(vis_json.count_unread(json_file(content))) == unread


def tracked(identities):
    return track([1] * len(identities), [1] * len(identities), track=identities, frame=0)


ONE_FRAME = Extent(2, 2, 1, {1: "a"})


def track(score, class_id, **columns):
    count = len(score)
    masks = coco_rle.encode(np.ones((count, 2, 2), bool))
    extent = Extent(2, 2, 3, {1: "a", 2: "b", 10: "ignore"}, (10,))
    values = {"frame": np.arange(count), "track": np.full(count, 5), "rle": masks} | columns
    values["frame"] = np.broadcast_to(values["frame"], count)
    return Tracks(extent, class_id=class_id, score=score, box=masks.boxes, **values)


@pytest.mark.parametrize(
    ("scores", "classes", "score", "category"),
    [
        ([0.1, 0.1, 0.1], [2, 1, 2], 0.1, 2),  # the mean of three 0.1 is not 0.1
        ([0.5, 1.0], [2, 1], 0.75, 1),
    ],
)
def test_a_result_has_the_mean_score_and_the_most_frequent_class(
    tmp_path, scores, classes, score, category
):
    path = tmp_path / "results.json"
    tracks = {"v": track(scores, classes)}
    videos = {"v": replace(vis_json.number_videos(tracks)["v"], number=77)}
    vis_json.write_results(path, tracks, videos)
    (entry,) = json.loads(path.read_text())
    assert (entry["video_id"], entry["score"], entry["category_id"]) == (77, score, category)
    assert [each is None for each in entry["segmentations"]] == [False, False, len(scores) == 2]


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        ({"v": track([1, 1], [1, 2])}, r"v: track 5: classes: expected one value, found \[1, 2\]"),
        ({"v": track([0, 1], [1, 1])}, r"v: track 5: iscrowd: expected one value, found \[0, 1\]"),
        ({"v": track([1], [10])}, "v: class 10 is ignored, which the format cannot hold"),
        ({"v": track([1], [1], rle=None)}, "v: the tracks have no masks to write"),
        ({"v": track([1], [1], track=[NO_TRACK])}, r"v: a row of frame 0 \(from 0\) has no ident"),
        ({"../v": track([1], [1])}, "the name of the sequence cannot be that of a folder"),
        (
            {"v": track([1], [1]), "w": replace(track([], []), extent=Extent(2, 2, 3, {1: "z"}))},
            "the sequences differ in classes",
        ),
        ({"v": Tracks(Extent(2, 2, 0, {}), *[[]] * 5, rle=Masks((), 2, 2))}, "has no frames"),
    ],
)
def test_tracks_that_the_format_cannot_hold_are_not_written(tmp_path, tracks, message):
    with pytest.raises(ValueError, match=r"t\.json: not written: .*" + message):
        vis_json.write_truth(tmp_path / "t.json", tracks)
    assert not (tmp_path / "t.json").exists()


@pytest.mark.parametrize(("videos", "known"), [([], r"\[\]"), (["w"], r"\['w'\]")])
def test_a_result_of_a_video_without_truth_is_not_written(tmp_path, videos, known):
    error = f"not written: v: unknown video: expected one of {known}"
    videos = vis_json.number_videos(dict.fromkeys(videos, track([1], [1])))
    with pytest.raises(ValueError, match=error):
        vis_json.write_results(tmp_path / "r.json", {"v": track([1], [1])}, videos)


SQUARES = ("annotations", 0, "segmentations")


@pytest.mark.parametrize(
    ("keys", "to", "message"),
    [
        (("videos",), MISSING, ": expected an object with a list of videos"),
        (("videos", 1), 5, "video 1: expected an object, found 5"),
        (("videos", 1, "id"), 9, "video 1: id 9 is not unique"),
        (("videos", 1, "id"), "2", 'video 1: id: expected a whole number below 2.53, found "2"'),
        (("videos", 1, "id"), True, "video 1: id: expected a whole number below 2.53, found true"),
        (("videos", 1, "id"), 2**53, "video 1: id: expected .*, found 9007199254740992"),
        (("videos", 1, "width"), 0, "video 1: expected sides .*, found height 4 and width 0"),
        (("videos", 1, "height"), 2**29, "video 1: .*, found height 536870912 and width 5"),
        (("videos", 1, "width"), MISSING, "video 1: width: expected a whole .*, found nothing"),
        (("videos", 1, "length"), 2, "video 1: length: expected 1 as in file_names, found 2"),
        (("videos", 1, "file_names"), [], r"video 1: file_names: expected a list .*, found \[\]"),
        (("videos", 1, "file_names"), [3], r"video 1: file_names: expected a list .*, found \[3\]"),
        (("categories",), {}, ": expected an object with a list of categories"),
        (("categories", 1, "id"), 40, "category 1: id 40 is not unique"),
        (("annotations", 1), None, "annotation 1: expected an object, found null"),
        (("annotations", 1, "id"), 700, "annotation 1: id 700 is not unique"),
        (("annotations", 1, "id"), 1.5, "annotation 1: id: expected a whole .*, found 1.5"),
        (("annotations", 1, "id"), MISSING, "annotation 1: id: expected a whole .*, found nothing"),
        (("annotations", 1, "iscrowd"), 2, "annotation 1: iscrowd: expected 0 or 1, found 2"),
        (("annotations", 1, "iscrowd"), MISSING, "annotation 1: has no iscrowd, unlike earlier"),
        (("annotations", 1, "areas"), MISSING, "annotation 1: has no areas, unlike earlier ones"),
        (
            SQUARES,
            [TEXT],
            "annotation 0: segmentations: expected 3 frames as in the video, found 1",
        ),
        (SQUARES, "abc", 'annotation 0: segmentations: expected a list, found "abc"'),
        (
            (*SQUARES, 2, "size"),
            [5, 4],
            r"annotation 0: frame 2 \(from 0\): size: expected \[4, 5\], found \[5, 4\]",
        ),
        (
            (*SQUARES, 2, "counts"),
            "1",
            r"frame 2 \(from 0\): run length: expected 20 pixels as in the image, found 1",
        ),
        ((*SQUARES, 2), 0, r"annotation 0: frame 2 \(from 0\): expected a run length .*, found 0"),
        (("annotations", 0, "areas"), [4, None], "annotation 0: areas: expected 3 .*, found 2"),
        (
            ("annotations", 0, "areas", 1),
            2,
            r"annotation 0: frame 1 \(from 0\): an area without a segmentation",
        ),
        (
            ("annotations", 0, "areas", 2),
            "3",
            r'annotation 0: frame 2 \(from 0\): area: expected a number of pixels, found "3"',
        ),
        (
            ("annotations", 1, "areas", 1),
            -1,
            r"annotation 1: frame 1 \(from 0\): area: expected a number of pixels, found -1",
        ),
    ],
)
def test_invalid_truth_is_named(json_file, keys, to, message):
    with pytest.raises(ValueError, match=r"truth\.json" + ".*" + message):
        vis_json.read_truth(json_file(changed(TRUTH, *keys, to=to)))


@pytest.mark.parametrize(
    ("keys", "to", "message"),
    [
        ((1,), [], r"entry 1: expected an object, found \[\]"),
        ((1, "video_id"), "9", 'entry 1: video_id: expected a whole number below 2.53, found "9"'),
        ((1, "score"), "1", 'entry 1: score: expected a finite number, found "1"'),
        ((1, "score"), MISSING, "entry 1: score: expected a finite number, found nothing"),
        ((1, "score"), 10**400, "entry 1: score: expected a finite number, found 1000"),
        ((1, "segmentations"), [TEXT], "entry 1: segmentations: expected 3 frames as in the video"),
        ((1, "segmentations"), MISSING, "entry 1: segmentations: expected a list, found null"),
        (
            (1, "segmentations", 0, "counts"),
            "P",
            r"entry 1: frame 0 \(from 0\): run length: it ends within a count",
        ),
    ],
)
def test_an_invalid_result_is_named(json_file, keys, to, message):
    videos = vis_json.read_videos(json_file(TRUTH))
    with pytest.raises(ValueError, match=r"results\.json, " + message):
        vis_json.read_results(json_file(changed(RESULTS, *keys, to=to), "results.json"), videos)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[{"score": NaN, "video_id": 9, "category_id": 3}]',
            ", entry 0: score: expected a finite number, found NaN",
        ),
        (
            '[{"score": -Infinity, "video_id": 9, "category_id": 3}]',
            ", entry 0: score: expected a finite number, found -Infinity",
        ),
        (
            '[{"score": 1e999, "video_id": 9, "category_id": 3}]',
            ", entry 0: score: expected a finite number, found Infinity",
        ),
        ("{}", "expected a list of results"),
    ],
)
def test_results_that_are_not_json_or_not_a_list_are_named(tmp_path, json_file, text, message):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(ValueError, match=r"results\.json.*" + message):
        vis_json.read_results(tmp_path / "results.json", vis_json.read_videos(json_file(TRUTH)))
