"""The prompted tracker with random weights: its handling of prompts, not its accuracy."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import chain, islice

import numpy as np
import pytest
from scipy import ndimage

from datasets.formats import sam2_jsonl
from datasets.masks import coco_rle
from datasets.media.frames import write_image
from datasets.own import read_own
from datasets.sequences.sequence_json import open_sequence, read_sequence, write_prepared
from datasets.types import Frame, Tracks
from tests.contract.test_contract import empty, play, same
from trackers.contract import load_method, load_tracker
from trackers.feed import read_feed
from trackers.run import track

pytestmark = pytest.mark.slow

OPTIONS = {"weights": "random"}


@cache
def tracker(**options):
    return load_tracker("sam2_prompted", OPTIONS | options)


@pytest.fixture(scope="module")
def stage(crossing):
    """A sequence and six frames: two prompts in frame 0, one more in frame 3."""
    frames = list(islice(read_feed(open_sequence(crossing), load_method("sam2_prompted")), 60))
    prompted = [frame for frame in frames if len(frame.prompts)]
    rows = [
        frame.prompts.take(np.array([n])) for frame in prompted for n in range(len(frame.prompts))
    ][:3]
    rows_of = {0: rows[:2], 3: rows[2:]}
    image = [frame.image for frame in frames[40:46]]
    prompts = [_join(frames[0].prompts, rows_of.get(n, []), n) for n in range(6)]
    return read_sequence(crossing), [Frame(n, image[n], None, prompts[n]) for n in range(6)]


def _join(template: Tracks, rows: list[Tracks], frame: int) -> Tracks:
    masks = [run for row in rows for run in row.rle.runs]
    return Tracks(
        template.extent,
        np.full(len(rows), frame),
        np.array([row.track[0] for row in rows], int),
        np.array([row.class_id[0] for row in rows], int),
        np.ones(len(rows)),
        np.array([row.box[0] for row in rows]).reshape(-1, 4),
        replace(template.rle, runs=tuple(masks)),
    )


def identities(frames):
    return [frame.prompts.track.tolist() for frame in frames]


def test_an_object_is_reported_from_its_prompt_on_with_its_track_id(stage):
    sequence, frames = stage
    one, two, three = chain.from_iterable(identities(frames))
    outputs = play(tracker(mask_threshold=-1e4), sequence, frames)  # every pixel is foreground
    assert [output.track.tolist() for output in outputs[:3]] == [[one, two]] * 3
    assert [output.track.tolist() for output in outputs[3:]] == [[one, two, three]] * 3
    whole = [0, 0, sequence.extent.width, sequence.extent.height]
    assert all((output.box == whole).all() and output.mask.all() for output in outputs)
    assert all((output.class_id == 1).all() for output in outputs)
    assert all(((output.score > 0) & (output.score < 1)).all() for output in outputs)


def test_an_object_with_an_empty_mask_is_not_reported(stage):
    sequence, frames = stage
    outputs = play(tracker(mask_threshold=1e4), sequence, frames)
    assert [len(output.track) for output in outputs] == [0] * 6
    assert outputs[0].box.shape == (0, 4)
    assert outputs[0].mask.shape == (0, sequence.extent.height, sequence.extent.width)


def test_boxes_are_tight_around_masks_without_specks(stage):
    outputs = play(tracker(prompt="mask"), *stage)
    masks = np.concatenate([output.mask for output in outputs])
    box, tight = np.concatenate([output.box for output in outputs]), coco_rle.encode(masks).boxes
    connected = [ndimage.label(mask, np.ones((3, 3)))[1] == 1 for mask in masks]
    assert any(connected)
    assert np.array_equal(box[connected], tight[connected])


def test_a_prompted_mask_is_reported_nearly_unchanged(stage):
    sequence, frames = stage
    first = play(tracker(prompt="mask"), sequence, frames)[0]
    overlap = coco_rle.iou(coco_rle.encode(first.mask), frames[0].prompts.rle)
    assert np.diag(overlap).min() > 0.8
    assert (first.score == 1).all()


@pytest.mark.parametrize("prompt", ["box", "mask", "points"])
def test_it_fulfils_the_tracker_contract(stage, prompt):
    sequence, frames = stage
    one = tracker(prompt=prompt, mask_threshold=-1e4)
    outputs = play(one, sequence, frames)
    assert sum(len(output.track) for output in outputs)
    assert same(outputs, play(one, sequence, frames))
    blank = frames[:4] + [empty(frame) for frame in frames[4:]]
    assert same(outputs[:4], play(one, sequence, blank)[:4])
    assert play(one, sequence, [empty(frame) for frame in frames])[0].track.tolist() == []


def test_different_kinds_of_prompt_give_different_outputs(stage):
    scores = [play(tracker(prompt=kind), *stage)[0].score for kind in ("box", "mask", "points")]
    assert not np.array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])


def first_frame(json_file, *names):
    corners = {"xmin": 20, "ymin": 30, "xmax": 60, "ymax": 90}
    objects = [{"name": name, "bndbox": corners} for name in names]
    return json_file({"annotation": {"object": objects}}, "crossing.json")


def test_a_file_of_boxes_replaces_the_prompts_of_the_sequence(stage, json_file):
    sequence, frames = stage
    template = str(first_frame(json_file, "anna", "ben")).replace("crossing", "{sequence}")
    one = load_tracker("sam2_prompted", OPTIONS | {"prompts": template, "mask_threshold": -1e4})
    bare = [replace(frame, prompts=None) for frame in frames]
    assert [output.track.tolist() for output in play(one, sequence, bare)] == [[1, 2]] * 6
    assert same(play(one, sequence, frames), play(one, sequence, bare))


def test_missing_prompts_are_reported_with_a_remedy(stage, tmp_path):
    sequence, frames = stage
    with pytest.raises(ValueError, match="no prompts: set the option prompts to a JSON file"):
        play(tracker(), sequence, [replace(frames[0], prompts=None)])
    missing = load_tracker("sam2_prompted", OPTIONS | {"prompts": str(tmp_path / "no.json")})
    with pytest.raises(FileNotFoundError, match=r"no\.json"):
        missing.start(sequence)


def test_box_prompts_cannot_be_used_as_points(stage):
    sequence, frames = stage
    boxes = replace(frames[0], prompts=replace(frames[0].prompts, rle=None))
    with pytest.raises(
        ValueError, match="prompt: expected 'box', because the prompts are boxes, found 'points'"
    ):
        play(tracker(prompt="points"), sequence, [boxes])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": "word"}, r"prompt: expected one of \['box', 'mask', 'points'.*, found 'word'"),
        ({"point_count": 0}, "point_count: expected an integer of at least 1, found 0"),
        ({"overlap": "all"}, "overlap: expected one of .*, found 'all'"),
        ({"engine": "abacus"}, "engine: expected one of .*, found 'abacus'"),
    ],
)
def test_invalid_options_are_rejected(options, message):
    with pytest.raises(ValueError, match=message):
        load_tracker("sam2_prompted", OPTIONS | options)


def test_own_images_are_tracked_and_written_as_json_lines(tmp_path, json_file):
    draw = np.random.default_rng(0)
    for number in (9, 10):
        write_image(tmp_path / "in" / f"{number}.jpg", draw.integers(0, 255, (60, 90, 3), np.uint8))
    path = tmp_path / "out" / "sequence.json"
    write_prepared(path, read_own(tmp_path / "in", "out", first_frame(json_file, "anna")))
    found = track(tracker(mask_threshold=-1e4), load_method("sam2_prompted"), open_sequence(path))
    assert found.frame.tolist() == [0, 1]
    assert found.rle.areas.tolist() == [60 * 90] * 2
    sam2_jsonl.write_tracks(tmp_path / "t.jsonl", found)
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert [line["prelabels"][0]["name"] for line in lines] == ["anna", "anna"]
    assert lines[0]["prelabels"][0]["points"][2] == {"x": 89.0, "y": 59.0}
