"""Checks of tracker output: invalid output is rejected at its frame, valid output is accepted."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.sequences.sequence_json import Prepared, open_sequence, read_sequence, write_prepared
from datasets.types import Extent, Frame, Sequence
from trackers.contract import Method, TrackerOutput
from trackers.output_check import OutputCheck
from trackers.run import track
from trackers.timing import timed_passes
from trackers.timing.streaming import stream

HEIGHT, WIDTH, FRAMES, WRONG = 4, 6, 6, 3
EXTENT = Extent(HEIGHT, WIDTH, FRAMES, {1: "person", 2: "bag"})
METHOD = Method("My tracker", "")
RIGHT = TrackerOutput(
    np.array([7, 8]),
    np.array([[0.0, 0, 2, 2], [1, 1, 3, 4]]),
    np.array([0.5, 0.9]),
    np.array([1, 2]),
)
MASK = np.zeros((2, HEIGHT, WIDTH), bool)
MASK[0, :2, :2] = MASK[1, 1:, 1:3] = True
RUNS = coco_rle.encode(MASK)
MASKED = replace(RIGHT, mask=MASK)
LOGITS = np.where(MASK, 4.0, -4.0)


def boxes(*values, dtype=float):
    return np.array([[0, 0, 2, 2], values], dtype)


def changed(**columns):
    """Return valid output with some columns replaced."""
    return replace(MASKED if "mask" in columns else RIGHT, **columns)


ENORMOUS = np.array([7, 2**64], object)
WRONG_OUTPUTS = {
    # not a TrackerOutput
    "nothing": (None, "None found, expected a trackers.contract.TrackerOutput"),
    "a tuple": ((RIGHT.track, RIGHT.box), "tuple found, expected a trackers"),
    "an array of rows": (np.zeros((2, 6)), "ndarray found, expected a trackers"),
    # columns
    "missing ids": (changed(track=None), "track: None found, expected a NumPy array"),
    "missing boxes": (changed(box=None), "box: None found, expected a NumPy array"),
    "ids in a list": (changed(track=[7, 8]), "track: list found, expected a NumPy array"),
    "boxes in a list": (changed(box=RIGHT.box.tolist()), "box: list found"),
    "a score for all": (changed(score=0.5), "score: float found, expected a NumPy array"),
    "a class for all": (changed(class_id=1), "class_id: int found, expected a NumPy array"),
    "one id too few": (changed(track=np.array([7])), r"box: shape (2, 4) found, expected (1, 4)"),
    "one id too many": (changed(track=np.arange(3)), r"box: shape (2, 4) found, expected (3, 4)"),
    "one box too few": (changed(box=RIGHT.box[:1]), r"box: shape (1, 4) found, expected (2, 4)"),
    "one score too many": (changed(score=np.ones(3)), r"score: shape (3,) found, expected (2,)"),
    "one class too few": (changed(class_id=np.ones(1, int)), "class_id: shape (1,) found"),
    "no classes": (changed(class_id=np.zeros(0, int)), "class_id: shape (0,) found"),
    "ids in a column": (changed(track=np.array([[7], [8]])), "track: shape (2, 1) found"),
    "a scalar id": (changed(track=np.array(7)), "track: shape () found"),
    "scores in a column": (changed(score=np.ones((2, 1))), "score: shape (2, 1) found"),
    "boxes of three columns": (changed(box=np.ones((2, 3))), "box: shape (2, 3) found"),
    "boxes of five columns": (changed(box=np.ones((2, 5))), "box: shape (2, 5) found"),
    "boxes transposed": (changed(box=RIGHT.box.T), r"box: shape (4, 2) found, expected (2, 4)"),
    "flat boxes": (changed(box=RIGHT.box.ravel()), "box: shape (8,) found"),
    # values
    "text ids": (changed(track=np.array(["7", "8"])), "track: <U1 found, expected real numbers"),
    "Python objects as ids": (
        changed(track=ENORMOUS), "track: object found, expected real numbers"
    ),
    "booleans as ids": (changed(track=np.array([True, False])), "track: bool found"),
    "a fractional id": (changed(track=np.array([7, 8.5])), "track: 8.5 found, expected integers"),
    "an id that is NaN": (
        changed(track=np.array([7, np.nan])), "track: nan found, expected integers"
    ),
    "negative ids": (changed(track=np.array([-1, 8])), "track: -1 found, expected ids from 0"),
    "a duplicated id": (changed(track=np.array([8, 8])), "track: 8 found twice"),
    "an id beyond a double": (changed(track=np.array([7, 2**60])), f"track: {2**60} found"),
    "an id beyond int64": (changed(track=np.array([7, 2**63], np.uint64)), f"track: {2**63} found"),
    "complex boxes": (changed(box=RIGHT.box + 0j), "box: complex128 found, expected real"),
    "Python objects as boxes": (changed(box=RIGHT.box.astype(object)), "box: object found"),
    "a box that is NaN": (changed(box=boxes(0, 0, np.nan, 2)), "box: [0.0, 0.0, nan, 2.0] found"),
    "an infinite box": (changed(box=boxes(0, 0, np.inf, 2)), "box: [0.0, 0.0, inf, 2.0] found"),
    "right before left": (changed(box=boxes(3, 1, 1, 4)), "found, expected left, top, right"),
    "bottom before top": (changed(box=boxes(1, 4, 3, 1, dtype=int)), "box: [1, 4, 3, 1] found"),
    "a box out of range": (changed(box=boxes(0, 0, 1e12, 2)), "box: 1000000000000.0 found"),
    "a score that is NaN": (changed(score=np.array([0.5, np.nan])), "score: nan found"),
    "an infinite score": (changed(score=np.array([0.5, -np.inf])), "score: -inf found"),
    "text scores": (changed(score=np.array(["a", "b"])), "score: <U1 found"),
    "a class of another data set": (
        changed(class_id=np.array([1, 3])), "class_id: 3 found, expected one"
    ),
    "a negative class": (
        changed(class_id=np.array([-1, 1])), "class_id: -1 found, expected one of"
    ),
    "a fractional class": (changed(class_id=np.array([1, 1.5])), "class_id: 1.5 found"),
    # masks
    "masks transposed": (changed(mask=MASK.transpose(0, 2, 1)), "mask: shape (2, 6, 4) found"),
    "masks read as (width, height)": (changed(mask=MASK.reshape(2, WIDTH, HEIGHT)), "(2, 6, 4)"),
    "masks of half the size": (changed(mask=MASK[:, ::2, ::2]), "mask: shape (2, 2, 3) found"),
    "an image of ids": (changed(mask=MASK[0].astype(np.uint8)), "mask: shape (4, 6) found"),
    "one mask too few": (changed(mask=MASK[:1]), "mask: shape (1, 4, 6) found, expected (2, 4, 6)"),
    "one mask too many": (changed(mask=MASK[[0, 1, 1]]), "mask: shape (3, 4, 6) found"),
    "masks with a channel": (changed(mask=MASK[:, None]), "mask: shape (2, 1, 4, 6) found"),
    "masks in a list": (changed(mask=list(MASK)), "mask: list found, expected a NumPy array"),
    "logits": (changed(mask=LOGITS), "mask: float64 found, expected bool or integers"),
    "half-precision logits": (changed(mask=LOGITS.astype(np.float16)), "mask: float16 found"),
    "NaN as masks": (changed(mask=np.full(MASK.shape, np.nan)), "mask: float64 found"),
    "masks of 0 and 255": (changed(mask=MASK * np.uint8(255)), "mask: pixels of 255 found"),
    "masks of -1": (changed(mask=-MASK.astype(np.int8)), "mask: pixels of -1 found, expected 0"),
    "masks of ids": (changed(mask=MASK * np.array([[[7]], [[8]]])), "mask: pixels of 8 found"),
    "run lengths transposed": (
        changed(mask=Masks(RUNS.runs, WIDTH, HEIGHT)), "run lengths of 6 x 4 found, expected 4 x 6"
    ),
    "run lengths of another size": (
        changed(mask=Masks(RUNS.runs, 8, 12)), "run lengths of 8 x 12 found, expected 4 x 6"
    ),
    "run lengths that are too short": (
        changed(mask=Masks((RUNS.runs[0], b"3"), HEIGHT, WIDTH)), "mask: of object 1: run length"
    ),
    "invalid run lengths": (
        changed(mask=Masks((RUNS.runs[0], b"\x00"), HEIGHT, WIDTH)), "mask: of object 1: run length"
    ),
    "run lengths as text": (
        changed(mask=Masks(tuple(run.decode() for run in RUNS.runs), HEIGHT, WIDTH)), "as str found"
    ),
    "too few run lengths": (
        changed(mask=RUNS.take(np.array([0]))), "mask: 1 run lengths found, expected 2"
    ),
    "no masks after masks": (replace(MASKED, mask=None), "no masks found and masks in earlier"),
    "masks after no masks": (
        MASKED, "masks found and none in earlier frames, expected masks in all"
    ),
    "masks for no objects": (
        TrackerOutput(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0), np.zeros(0, int), MASK),
        "(2, 4, 6)",
    ),
}  # fmt: skip
EMPTY = TrackerOutput(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0), np.zeros(0, int))
RIGHT_OUTPUTS = {
    "no objects": EMPTY,
    "no objects, as empty floats": replace(EMPTY, track=np.zeros(0), class_id=np.zeros(0)),
    "no objects, with empty masks": replace(EMPTY, mask=np.zeros((0, HEIGHT, WIDTH), bool)),
    "no objects, with empty run lengths": replace(EMPTY, mask=Masks((), HEIGHT, WIDTH)),
    "small integers": replace(MASKED, track=np.array([7, 8], np.uint8)),
    "whole floats": replace(MASKED, track=np.array([7.0, 8]), class_id=np.array([1.0, 2])),
    "single precision": replace(
        MASKED, box=MASKED.box.astype(np.float32), score=np.array([0.5, 0.9], np.float16)
    ),
    "integer boxes and scores": replace(
        MASKED, box=MASKED.box.astype(int), score=np.array([0, 1])
    ),
    "an empty box": replace(MASKED, box=boxes(1, 1, 1, 1)),
    "a box beyond the image": replace(MASKED, box=boxes(-9, -9, 99, 99)),
    "masks of 0 and 1": replace(MASKED, mask=MASK.astype(np.uint8)),
    "masks of 0 and 1 as int64": replace(MASKED, mask=MASK.astype(int)),
    "masks as a view": replace(MASKED, mask=np.asfortranarray(MASK.astype(np.uint8))[::1]),
    "run lengths": replace(MASKED, mask=RUNS),
    "an empty mask": replace(MASKED, mask=MASK & False),
}  # fmt: skip


class Scripted:
    """A tracker that reports the same output in every frame but one.

    Args:
        always: Output for every other frame.
        once: Output for frame 3.
    """

    def __init__(self, always, once):
        self._always, self._once = always, once

    def start(self, sequence):
        pass

    def step(self, frame):
        return self._once if frame.index == WRONG else self._always


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("walk") / "sequence.json"
    write_prepared(path, Prepared(Sequence("own", "walk", EXTENT, 25), truth=None))
    return path


@pytest.fixture
def check(path):
    return OutputCheck(METHOD.title, read_sequence(path))


def make_wrong(name):
    """Return a tracker whose output is invalid in frame 3, and the pattern of the message."""
    output, message = WRONG_OUTPUTS[name]
    masked = getattr(output, "mask", None) is not None or name == "no masks after masks"
    masked &= name != "masks after no masks"
    place = "My tracker on own/walk, frame 3 (from 0): "
    pattern = f"^{re.escape(place)}.*{re.escape(message)}"
    return Scripted(MASKED if masked else RIGHT, output), pattern


@pytest.mark.parametrize("name", WRONG_OUTPUTS)
def test_invalid_output_is_rejected_at_its_frame(path, name):
    tracker, message = make_wrong(name)
    with pytest.raises(ValueError, match=message):
        track(tracker, METHOD, open_sequence(path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "name"),
    [
        *itertools.product(["steps", "stages", "stream"], ["nothing", "masks of 0 and 255"]),
        ("throughput", "one id too few"),  # it only runs after the passes of the steps
    ],
)
def test_invalid_output_is_rejected_wherever_a_tracker_is_timed(path, check, how, name):
    tracker, message = make_wrong(name)
    sequence, frames = read_sequence(path), [Frame(index) for index in range(FRAMES)]
    ways = {
        "steps": lambda: timed_passes.time_steps(tracker, sequence, frames, check),
        "stages": lambda: timed_passes.record_stages(
            tracker, sequence, iter(frames), check, FRAMES
        ),
        "throughput": lambda: timed_passes.time_throughput(
            tracker, sequence, iter(frames), check, 9
        ),
        "stream": lambda: stream(tracker, frames, check, 25, itertools.count().__next__),
    }
    with pytest.raises(ValueError, match=message):
        ways[how]()


@pytest.mark.parametrize("name", RIGHT_OUTPUTS)
def test_valid_output_is_kept_unchanged(path, name):
    output = RIGHT_OUTPUTS[name]
    found = track(Scripted(MASKED, output), METHOD, open_sequence(path))
    rows = found.take(np.flatnonzero(found.frame == WRONG))
    for column in ("track", "box", "score", "class_id"):
        assert np.array_equal(getattr(rows, column), getattr(output, column))
    if len(output.track):
        assert rows.rle == (RUNS if name != "an empty mask" else coco_rle.encode(output.mask))
