"""Masks of DeepStream: what the probe writes of them, and how they become tracks and scores."""

from __future__ import annotations

import base64
import json
import sys
from configparser import ConfigParser
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from datasets.formats.parquet import read_tracks, write_tracks
from datasets.io.program import run_main
from datasets.masks import coco_rle
from datasets.types import Extent
from metrics import evaluate
from tests.support.messages import message_pattern
from tests.support.trackers.deepstream_case import FRAMES, HEIGHT, WIDTH, Case
from trackers.methods.deepstream import files, probe
from trackers.methods.deepstream.objects import read_objects

EXTENT = Extent(6, 8, 2, {1: "pedestrian"})


def line(frame, *objects):
    return json.dumps({"frame": frame, "objects": objects})


def described(box, mask, *, identity=1, drawn=None, confidence=0.9):
    values = None if mask is None else np.asarray(mask, np.float32)
    return probe.describe(identity, "person", confidence, (box, drawn or box), values, 0.5)


def read(tmp_path, *lines, extent=EXTENT, **more):
    path = tmp_path / "objects.jsonl"
    path.write_text("".join(f"{each}\n" for each in lines))
    tracks = read_objects(path, extent, **more)
    return tracks, coco_rle.decode(tracks.rle)


def test_a_mask_of_the_size_of_its_box_is_taken_as_it_is(tmp_path):
    first = described((2.4, 1.0, 5.4, 3.0), [[0.5, 0.49, 1.0], [0.0, 0.8, 0.0]])
    tracks, masks = read(tmp_path, line(0, first), line(1))
    assert tracks.box.tolist() == [[2.4, 1, 5.4, 3]]
    assert (tracks.frame.tolist(), tracks.track.tolist()) == ([0], [1])
    expected = np.zeros((6, 8), bool)
    expected[1:3, 2:5] = [[1, 0, 1], [0, 1, 0]]  # from the threshold on
    assert np.array_equal(masks, [expected])


@pytest.mark.parametrize(
    ("box", "rows", "columns", "kept"),
    [
        ((-1.0, -1.0, 2.0, 2.0), slice(0, 2), slice(0, 2), np.s_[1:, 1:]),
        ((6.0, 4.0, 9.0, 7.0), slice(4, 6), slice(6, 8), np.s_[:2, :2]),
        ((20.0, 1.0, 23.0, 4.0), slice(0, 0), slice(0, 0), np.s_[:0, :0]),
        ((-9.0, -9.0, -6.0, -6.0), slice(0, 0), slice(0, 0), np.s_[:0, :0]),
    ],
)
def test_a_mask_beyond_the_border_is_cut_off(tmp_path, box, rows, columns, kept):
    mask = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0]])
    _, masks = read(tmp_path, line(0, described(box, mask)), line(1))
    expected = np.zeros((6, 8), bool)
    expected[rows, columns] = mask[kept]
    assert np.array_equal(masks, [expected])


def test_a_mask_of_the_clipped_box_is_placed_there(tmp_path):
    clipped = described((-2.0, 1.0, 3.0, 4.0), np.ones((3, 3)), drawn=(0.0, 1.0, 3.0, 4.0))
    _, masks = read(tmp_path, line(0, clipped), line(1))
    assert np.argwhere(masks[0]).tolist() == [[y, x] for y in (1, 2, 3) for x in (0, 1, 2)]


def nvidia_resize(values, height, width):
    """Resize as resize_mask of deepstream-segmask does, pixel by pixel."""
    found = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            down, along = y * values.shape[0] / height, x * values.shape[1] / width
            top, left = int(down), int(along)
            bottom = min(int(np.ceil(down)), values.shape[0] - 1)
            right = min(int(np.ceil(along)), values.shape[1] - 1)
            upper = values[top, left] + (values[top, right] - values[top, left]) * (along - left)
            lower = values[bottom, left]
            lower += (values[bottom, right] - values[bottom, left]) * (along - left)
            found[y, x] = upper + (lower - upper) * (down - top)
    return found


@pytest.mark.parametrize("size", [(4, 6), (9, 5), (2, 3), (1, 1)])
def test_a_mask_of_another_size_is_resized_as_in_nvidias_sample(size):
    values = np.random.default_rng(3).random((4, 6)).astype(np.float32)
    found = probe.resize(values, *size)
    assert np.allclose(found, nvidia_resize(values.astype(float), *size), atol=1e-12)
    placed = described((0.0, 0.0, size[1], size[0]), values)["mask"]
    assert (placed["height"], placed["width"]) == size


def test_a_resized_mask_by_hand():
    assert probe.resize(np.array([[0.0, 1.0]]), 1, 4).tolist() == [[0, 0.5, 1, 1]]


def test_overlapping_masks_go_to_the_most_confident_object(tmp_path, capsys):
    box = (0.0, 0.0, 2.0, 1.0)
    weak = described(box, [[1, 1]], identity=1, confidence=0.5)
    strong = described(box, [[0, 1]], identity=2, confidence=0.8)
    hidden = described((1.0, 0.0, 2.0, 1.0), [[1]], identity=3, confidence=0.1)
    lines = line(0, weak, strong, hidden), line(1)
    _, masks = read(tmp_path, *lines, overlap="score_priority")
    assert [np.argwhere(mask).tolist() for mask in masks] == [[[0, 0]], [[0, 1]], []]
    assert "1 of 3 masks are empty; the tracker gave none for 0" in capsys.readouterr().err
    _, masks = read(tmp_path, *lines)
    assert masks.sum((1, 2)).tolist() == [2, 1, 1]


def test_an_object_without_a_mask_has_an_empty_one_which_is_said(tmp_path, capsys):
    tracks, masks = read(tmp_path, line(0, described((0.0, 0.0, 2.0, 2.0), None)), line(1))
    assert (len(tracks), masks.sum()) == (1, 0)
    assert "1 of 1 masks are empty; the tracker gave none for 1" in capsys.readouterr().err


GOOD = described((0.0, 0.0, 2.0, 1.0), [[1, 1]])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(0, GOOD)], "objects.jsonl: expected a line for each of 2 frames, found 1"),
        ([line(0), line(2)], "objects.jsonl, line 2: expected frame 1, found 2"),
        ([line(0), "{"], "objects.jsonl, line 2: Expecting"),
        (
            [line(0, GOOD | {"label": "cat"}), line(1)],
            "objects.jsonl, line 1: label: expected a class",
        ),
        (
            [line(0, GOOD | {"id": 2**64 - 1}), line(1)],
            "objects.jsonl, line 1: expected an identity",
        ),
        (
            [line(0, GOOD | {"id": 2**60}), line(1)],
            "objects.jsonl, line 1: identity: expected a number",
        ),
        ([line(0, GOOD, GOOD), line(1)], "objects.jsonl, line 1: "),
        (
            [line(0, {"id": 1}), line(1)],
            "objects.jsonl, line 1: object: expected the keys [...], found ['id']",
        ),
        (
            [line(0), line(1, GOOD | {"mask": GOOD["mask"] | {"height": 9}})],
            "objects.jsonl, line 2: mask: bits: expected 3 bytes, found 1",
        ),
        (
            [line(0, GOOD | {"mask": {"left": 1}}), line(1)],
            "objects.jsonl, line 1: mask: expected the keys [...], found ['left']",
        ),
    ],
)
def test_malformed_objects_are_refused_with_file_and_line(tmp_path, lines, message):
    with pytest.raises(ValueError, match=message_pattern(message)):
        read(tmp_path, *lines)


@pytest.mark.slow
def test_masks_of_a_run_are_scored(tmp_path, monkeypatch, capsys):
    """From the probe in the container to HOTA of masks: two objects, one of them half right."""
    case = Case(tmp_path, monkeypatch)
    whole, half = np.ones((10, 6)), np.repeat([[1.0], [0.0]], 5, axis=0) * np.ones(6)
    objects = [
        {"id": 1, "confidence": 0.9, "box": (5, 5, 11, 15), "mask": whole.tolist()},
        {"id": 2, "confidence": 0.8, "box": (-3, 30, 3, 40), "mask": half.tolist()},
    ]
    case.set(objects=[objects] * FRAMES)
    assert case.build() == 0
    assert case.run(masks=True) == 0
    tracks = read_tracks(case.result("tracks.parquet"))
    masks = coco_rle.decode(tracks.rle)
    expected = np.zeros((2, HEIGHT, WIDTH), bool)
    expected[0, 5:15, 5:11], expected[1, 30:35, :3] = True, True
    assert np.array_equal(masks, np.tile(expected, (FRAMES, 1, 1)))
    assert case.timing()["step_ns"] == [[14_000_000] * 12]
    assert case.timing()["pipeline_ns"] is None

    truth = np.zeros((2, HEIGHT, WIDTH), bool)
    truth[0, 5:15, 5:11], truth[1, 30:40, :3] = True, True
    runs = coco_rle.encode(np.tile(truth, (FRAMES, 1, 1)))
    write_pedestrians(tmp_path / "truth" / "walk" / "truth.parquet", replace(tracks, rle=runs))
    write_pedestrians(tmp_path / "scored" / "walk" / "tracks.parquet", tracks)
    scores = score(monkeypatch, tmp_path)
    assert scores["MOTP"] == 0.75  # IoU 1 and 0.5
    # the second object is matched at 10 of 19 thresholds; elsewhere TP, FN and FP are 1 each
    assert scores["DetA"] == pytest.approx((10 + 9 / 3) / 19)
    assert scores["HOTA"] == pytest.approx((10 + 9 * (1 / 3) ** 0.5) / 19)


def write_pedestrians(path, tracks):
    """Write tracks of the class that MOTS scores."""
    path.parent.mkdir(parents=True)
    extent = replace(tracks.extent, classes={2: "pedestrian"})
    ones = np.ones(len(tracks))
    write_tracks(path, replace(tracks, extent=extent, class_id=2 * ones.astype(int), score=ones))


def score(monkeypatch, tmp_path):
    output = tmp_path / "scores.json"
    words = ["--protocol", "mots", "--layout", "parquet", "--truth", tmp_path / "truth"]
    words += ["--results", tmp_path / "scored", "--output", output]
    monkeypatch.setattr(sys, "argv", ["program", *map(str, words)])
    assert run_main(evaluate.main) == 0
    return json.loads(output.read_text())["class_averaged"]


@pytest.mark.slow
def test_a_probe_that_stops_early_leaves_no_tracks(tmp_path, monkeypatch, capsys):
    case = Case(tmp_path, monkeypatch)
    case.set(objects=[[]] * FRAMES, frames=FRAMES - 1)
    assert case.build() == 0
    assert case.run(masks=True) == 2
    assert "primary_gie: expected 24 frames, found 23 that enter" in capsys.readouterr().err
    assert not case.result("tracks.parquet").exists()


def test_the_probe_runs_the_pipeline_of_the_application():
    application = ConfigParser()
    application.read_string(files.as_ini(files.application(62, 46, 2)))
    line = probe.launch_line(application)
    assert "uri=file:///run_folder/video.mp4 ! mux.sink_0" in line
    assert "name=mux batch-size=1 width=62 height=46" in line
    assert "nvinfer name=primary_gie config-file-path=/run_folder/detector.txt interval=2" in line
    assert "nvtracker name=tracking_tracker tracker-width=62 tracker-height=46" in line
    assert "ll-config-file=/run_folder/tracker.yml" in line


def test_the_metadata_of_a_buffer_is_read(tmp_path):
    """With objects that have the attributes of NVIDIA's documents, as lists of pyds."""
    coordinates = SimpleNamespace(left=-1.0, top=1.0, width=2.0, height=2.0)
    params = SimpleNamespace(
        size=16, width=2, height=2, threshold=0.5,
        get_mask_array=lambda: np.array([0.1, 0.9, 0.5, 0.2], np.float32),
    )  # fmt: skip
    meta = SimpleNamespace(
        object_id=7, obj_label="person", tracker_confidence=0.75, mask_params=params,
        tracker_bbox_info=SimpleNamespace(org_bbox_coords=coordinates),
        rect_params=SimpleNamespace(left=0.0, top=1.0, width=1.0, height=2.0),
    )  # fmt: skip
    objects = SimpleNamespace(data=meta, next=None)
    frames = SimpleNamespace(data=SimpleNamespace(frame_num=3, obj_meta_list=objects), next=None)
    same = SimpleNamespace(cast=lambda data: data)
    pyds = SimpleNamespace(
        NvDsObjectMeta=same, NvDsFrameMeta=same,
        gst_buffer_get_nvds_batch_meta=lambda _: SimpleNamespace(frame_meta_list=frames),
    )  # fmt: skip
    gst = SimpleNamespace(PadProbeReturn=SimpleNamespace(OK="ok"))
    info = SimpleNamespace(get_buffer=lambda: "a buffer")
    with (tmp_path / "objects.jsonl").open("w") as file:
        assert probe._write_frames(None, info, (gst, pyds, file)) == "ok"
    (found,) = map(json.loads, (tmp_path / "objects.jsonl").read_text().splitlines())
    (each,) = found["objects"]
    assert (found["frame"], each["id"], each["box"]) == (3, 7, [-1, 1, 1, 3])
    bits = base64.b64decode(each["mask"].pop("bits"))
    assert np.unpackbits(np.frombuffer(bits, np.uint8))[:4].tolist() == [0, 1, 1, 0]
    assert each["mask"] == {"left": -1, "top": 1, "height": 2, "width": 2}


def test_an_image_without_bindings_says_so(tmp_path, capsys):
    assert probe.main("application.txt", str(tmp_path / "a"), str(tmp_path / "b")) == 3
    assert "image: expected Python bindings (see Containerfile), found none" in (
        capsys.readouterr().out
    )
