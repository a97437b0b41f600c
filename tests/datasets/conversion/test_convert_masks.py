"""Fields dropped by YouTube-VIS, COCO and DAVIS, and the ids of written results."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from datasets.formats import parquet
from datasets.masks import coco_rle
from datasets.types import NO_TRACK, Extent
from tests.support.datasets.converting import common, everything, run, truth_for
from tests.support.json_changes import changed

NAMES = "class names"
FACTS = f"image size, number of frames, {NAMES}"
TIGHT = common().box
WIDE = {"box": TIGHT + np.array([[0, 0, 0, 0], [0, 0, 0, 0.5], [-1, 0, 0, 0]])}
AREA = {"area": common().rle.areas + np.array([0, 3, 0])}
SCORE = {"score": [0.5, 1, 1]}  # of an identity with two rows
CLASS = {"class_id": [1, 2, 2]}
UNIDENTIFIED = {"track": [NO_TRACK, 2, NO_TRACK]}


@pytest.mark.parametrize(
    ("target", "changes", "dropped"),
    [
        ("youtube_vis_truth", {}, ""),
        ("youtube_vis_truth", WIDE, "boxes that are not tight around masks (2 rows)"),
        ("youtube_vis_truth", AREA, ""),
        ("youtube_vis_truth", {"score": [0.5, 1, 0.5]}, "scores other than 0 and 1 (2 rows)"),
        ("youtube_vis_truth", UNIDENTIFIED, "rows without identity (2 rows)"),
        ("youtube_vis_truth", {"track": [900, 8, 900]}, ""),
        ("youtube_vis_truth", {"track": [0, 2, 0]}, "identity numbers (2 rows)"),
        ("youtube_vis_results", {}, NAMES),
        ("youtube_vis_results", AREA, f"{NAMES}, areas (1 row)"),
        ("youtube_vis_results", SCORE, f"{NAMES}, scores that differ within a track (2 rows)"),
        ("youtube_vis_results", CLASS, f"{NAMES}, classes that differ within a track (2 rows)"),
        ("youtube_vis_results", {"track": [1, 8, 1]}, f"{NAMES}, identity numbers (1 row)"),
        (
            "youtube_vis_results",
            UNIDENTIFIED | SCORE,
            f"{NAMES}, rows without identity (2 rows), identity numbers (1 row)",
        ),
        ("coco_truth", WIDE | AREA, ""),
        ("coco_truth", SCORE, "scores other than 0 and 1 (1 row)"),
        ("coco_truth", UNIDENTIFIED, "rows without identity (2 rows)"),
        ("coco_truth", {"track": [NO_TRACK] * 3}, ""),
        ("coco_results", WIDE | SCORE | CLASS, FACTS),
        ("coco_results", AREA, f"{FACTS}, areas (1 row)"),
        ("davis", {}, "classes other than object (3 rows)"),
        (
            "davis",
            WIDE | AREA | SCORE,
            "scores (1 row), classes other than object (3 rows), "
            "boxes that are not tight around masks (2 rows), areas (1 row)",
        ),
    ],
)
def test_only_present_fields_are_listed_as_dropped(tmp_path, target, changes, dropped):
    parquet.write_tracks(tmp_path / "a.parquet", replace(common(), **changes))
    found = run("parquet", target, tmp_path / "a.parquet", tmp_path / "out")
    assert found[0] == 0
    assert found[2] == (f"dropped: {dropped}\n" if dropped else "")


def test_davis_merges_ignore_regions_into_void_and_drops_empty_masks(tmp_path):
    dense = np.zeros((4, 2, 3), bool)
    dense[0, 0, 0] = dense[1, 1, 1] = dense[3, 0, 2] = True
    masks = coco_rle.encode(dense)
    tracks = replace(
        everything(),
        extent=Extent(2, 3, 2, {1: "object", 3: "crowd"}, (3,)),
        frame=[0, 0, 0, 1],
        class_id=[3, 3, 1, 3],
        track=[NO_TRACK, 8, 7, NO_TRACK],
        score=np.ones(4),
        box=masks.boxes,
        rle=masks,
        visibility=None,
    )
    parquet.write_tracks(tmp_path / "a.parquet", tracks)
    found = run("parquet", "davis", tmp_path / "a.parquet", tmp_path / "out")
    assert found[2] == (
        "dropped: identities of ignored rows (1 row), merged ignore regions (1 row), "
        "empty masks (1 row)\n"
    )
    pixels = np.array(Image.open(tmp_path / "out" / "a" / "00000.png"))
    assert pixels.tolist() == [[255, 0, 0], [0, 255, 0]]


def test_rows_of_ignored_classes_are_written_only_with_an_identity(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    named = replace(everything(), track=[1, 2, 1, 7])
    parquet.write_tracks(tmp_path / "b.parquet", named)
    found = []
    for name in ("a", "b"):
        run("parquet", "youtube_vis_truth", tmp_path / f"{name}.parquet", tmp_path / "t.json")
        content = json.loads((tmp_path / "t.json").read_text())
        found.append([each["name"] for each in content["categories"]])
        found.append([(each["id"], each["category_id"]) for each in content["annotations"]])
    assert found == [
        ["car", "pedestrian"],
        [(1, 1), (2, 2)],
        ["car", "pedestrian", "crowd"],
        [(1, 1), (2, 2), (7, 3)],
    ]


def test_rows_that_are_not_scored_become_crowds_in_any_json(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", everything())
    for name in ("youtube_vis_truth", "coco_truth"):
        path = truth_for(name.replace("truth", "results"), tmp_path / "a.parquet")
        run(name, "parquet", path, tmp_path / "back")
        found = parquet.read_tracks(tmp_path / "back" / "a.parquet")
        assert found.score.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("source", "keys", "to", "dropped"),
    [
        ("youtube_vis_truth", ("videos", 0, "file_names", 0), "a/x.jpg", "image names"),
        ("youtube_vis_truth", ("videos", 0, "length"), 4, ""),
        ("coco_truth", ("images", 1, "file_name"), "x.jpg", "image names"),
        ("coco_truth", ("images", 3, "frame_id"), 9, "frame numbers"),
        ("coco_truth", ("images", 3, "id"), 77, "image ids"),
    ],
)
def test_names_and_ids_that_differ_from_those_written_are_dropped(
    tmp_path, json_file, source, keys, to, dropped
):
    parquet.write_tracks(tmp_path / "a.parquet", replace(common(), frame=[0, 0, 1]))
    path = truth_for(source.replace("truth", "results"), tmp_path / "a.parquet")
    content = changed(json.loads(path.read_text()), *keys, to=to)
    found = run(source, "parquet", json_file(content), tmp_path / "out")
    assert found[2] == (f"dropped: {dropped}\n" if dropped else "")


def test_unusual_names_of_davis_frames_are_dropped(tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(np.ones((2, 2), np.uint8)).save(tmp_path / "in" / "00005.png")
    found = run("davis", "parquet", tmp_path / "in", tmp_path / "out")
    assert found[2] == "dropped: image names\n"
    assert parquet.read_tracks(tmp_path / "out" / "in.parquet").track.tolist() == [1]


def two_videos(tmp_path) -> None:
    for name in ("a", "b"):
        parquet.write_tracks(tmp_path / "in" / f"{name}.parquet", common())


@pytest.mark.parametrize("source", ["youtube_vis_truth", "coco_truth", "davis"])
def test_several_sequences_survive_a_round_trip(tmp_path, source):
    two_videos(tmp_path)
    run("parquet", source, tmp_path / "in", tmp_path / "all")
    files = sorted(path.relative_to(tmp_path / "all") for path in (tmp_path / "all").glob("*"))
    assert list(map(str, files)) == (["a", "b"] if source == "davis" else ["instances.json"])
    run(source, "parquet", tmp_path / "all", tmp_path / "back")
    for name in ("a", "b"):
        found = parquet.read_tracks(tmp_path / "back" / f"{name}.parquet")
        assert found.rle == common().rle
        assert found.extent.frame_count == 4


def test_identities_shared_by_two_videos_are_renumbered(tmp_path):
    two_videos(tmp_path)
    found = run("parquet", "youtube_vis_truth", tmp_path / "in", tmp_path / "t.json")
    assert found[2] == "dropped: identity numbers (3 rows)\n"  # those of the second video
    found = run("parquet", "youtube_vis_results", tmp_path / "in", tmp_path / "r.json")
    assert found[2] == f"dropped: {NAMES}, identity numbers (3 rows)\n"


def test_results_use_the_ids_of_the_given_truth(tmp_path, json_file):
    parquet.write_tracks(tmp_path / "a.parquet", common())
    entries = {}
    for name, ids, own in (
        ("youtube_vis_results", "videos", "video_id"),
        ("coco_results", "images", "image_id"),
    ):
        content = json.loads(truth_for(name, tmp_path / "a.parquet").read_text())
        for number, record in enumerate(content[ids]):
            record["id"] = 70 + number
        content["categories"] = [{"id": 90, "name": "pedestrian"}, {"id": 5, "name": "car"}]
        content["annotations"] = []
        truth = json_file(content)
        more = "--number-as", truth
        found = run("parquet", name, tmp_path / "a.parquet", tmp_path / "r.json", *more)
        assert found[0] == 0, found
        results = json.loads((tmp_path / "r.json").read_text())
        entries[name] = [(each[own], each["category_id"]) for each in results]
        run(name, "parquet", tmp_path / "r.json", tmp_path / "back", "--truth", truth)
        back = parquet.read_tracks(tmp_path / "back" / "a.parquet")
        assert (back.rle, back.track.tolist()) == (common().rle, [1, 2, 1])
    assert entries == {
        "youtube_vis_results": [(70, 5), (70, 90)],
        "coco_results": [(70, 5), (70, 90), (72, 5)],
    }


def test_results_without_truth_have_the_ids_of_a_truth_written_from_them(tmp_path):
    two_videos(tmp_path)
    for name, count in (("youtube_vis_results", 4), ("coco_results", 6)):
        numbered = []
        run("parquet", name.replace("results", "truth"), tmp_path / "in", tmp_path / name)
        for more in ([], ["--number-as", tmp_path / name]):
            run("parquet", name, tmp_path / "in", tmp_path / "r.json", *more)
            numbered.append((tmp_path / "r.json").read_text())
        assert numbered[0] == numbered[1]
        assert len(json.loads(numbered[0])) == count


def test_boxes_without_image_size_become_results_of_a_truth_with_one(tmp_path):
    parquet.write_tracks(tmp_path / "a.parquet", replace(common(), rle=None))
    run("parquet", "mot", tmp_path / "a.parquet", tmp_path / "a.txt")
    truth = truth_for("coco_results", tmp_path / "a.parquet")
    more = ["--classes", "1=car", "2=pedestrian", "--number-as", truth]
    assert run("mot", "coco_results", tmp_path / "a.txt", tmp_path / "r.json", *more)[0] == 0
    run("coco_results", "parquet", tmp_path / "r.json", tmp_path / "back", "--truth", truth)
    found = parquet.read_tracks(tmp_path / "back" / "a.parquet")
    assert found.same(replace(common(), rle=None))
    assert found.extent == common().extent
