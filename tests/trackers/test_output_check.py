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
from tests.support.messages import message_pattern
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
    "nothing": (None, "expected a trackers.contract.TrackerOutput, found None"),
    "a tuple": ((RIGHT.track, RIGHT.box), "TrackerOutput, found tuple"),
    "an array of rows": (np.zeros((2, 6)), "TrackerOutput, found ndarray"),
    # columns
    "missing ids": (changed(track=None), "track: expected a NumPy array, found None"),
    "missing boxes": (changed(box=None), "box: expected a NumPy array, found None"),
    "ids in a list": (changed(track=[7, 8]), "track: expected a NumPy array, found list"),
    "boxes in a list": (changed(box=RIGHT.box.tolist()), "box: expected a NumPy array, found list"),
    "a score for all": (changed(score=0.5), "score: expected a NumPy array, found float"),
    "a class for all": (changed(class_id=1), "class_id: expected a NumPy array, found int"),
    "one id too few": (changed(track=np.array([7])), "box: ... (1, 4), ... found (2, 4)"),
    "one id too many": (changed(track=np.arange(3)), "box: ... (3, 4), ... found (2, 4)"),
    "one box too few": (changed(box=RIGHT.box[:1]), "box: expected shape (2, 4), ... found (1, 4)"),
    "one score too many": (changed(score=np.ones(3)), "score: expected shape (2,), ... found (3,)"),
    "one class too few": (changed(class_id=np.ones(1, int)), "class_id: ..., found (1,)"),
    "no classes": (changed(class_id=np.zeros(0, int)), "class_id: expected shape ... found (0,)"),
    "ids in a column": (changed(track=np.array([[7], [8]])), "track: ..., found (2, 1)"),
    "a scalar id": (changed(track=np.array(7)), "track: expected shape ... found ()"),
    "scores in a column": (changed(score=np.ones((2, 1))), "score: ..., found (2, 1)"),
    "boxes of three columns": (changed(box=np.ones((2, 3))), "box: ..., found (2, 3)"),
    "boxes of five columns": (changed(box=np.ones((2, 5))), "box: expected shape ... found (2, 5)"),
    "boxes transposed": (changed(box=RIGHT.box.T), "box: expected shape (2, 4), ... found (4, 2)"),
    "flat boxes": (changed(box=RIGHT.box.ravel()), "box: expected shape ... found (8,)"),
    # values
    "text ids": (changed(track=np.array(["7", "8"])), "track: expected real numbers, found <U1"),
    "Python objects as ids": (
        changed(track=ENORMOUS), "track: expected real numbers, found object"
    ),
    "booleans as ids": (changed(track=np.array([True, False])), "track: ..., found bool"),
    "a fractional id": (changed(track=np.array([7, 8.5])), "track: ..., found 8.5"),
    "an id that is NaN": (
        changed(track=np.array([7, np.nan])), "track: expected integers..., found nan"
    ),
    "negative ids": (changed(track=np.array([-1, 8])), "track: expected ids from 0, found -1"),
    "a duplicated id": (changed(track=np.array([8, 8])), "each id once, found 8 twice"),
    "an id beyond a double": (changed(track=np.array([7, 2**60])), f"track: ..., found {2**60}"),
    "an id beyond int64": (
        changed(track=np.array([7, 2**63], np.uint64)), f"track: expected int..., found {2**63}"
    ),
    "complex boxes": (changed(box=RIGHT.box + 0j), "box: expected real..., found complex128"),
    "Python objects as boxes": (changed(box=RIGHT.box.astype(object)), "box: ..., found object"),
    "a box that is NaN": (
        changed(box=boxes(0, 0, np.nan, 2)), "box: expected finite..., found [0.0, 0.0, nan, 2.0]"
    ),
    "an infinite box": (
        changed(box=boxes(0, 0, np.inf, 2)), "box: expected finite..., found [0.0, 0.0, inf, 2.0]"
    ),
    "right before left": (changed(box=boxes(3, 1, 1, 4)), "expected left, top, right"),
    "bottom before top": (
        changed(box=boxes(1, 4, 3, 1, dtype=int)), "box: ...top <= bottom, found [1, 4, 3, 1]"
    ),
    "a box out of range": (changed(box=boxes(0, 0, 1e12, 2)), "box: ..., found 1000000000000.0"),
    "a score that is NaN": (changed(score=np.array([0.5, np.nan])), "score: ...finite...found nan"),
    "an infinite score": (changed(score=np.array([0.5, -np.inf])), "score: ...finite...found -inf"),
    "text scores": (changed(score=np.array(["a", "b"])), "score: expected real numbers, found <U1"),
    "a class of another data set": (
        changed(class_id=np.array([1, 3])), "class_id: expected one of ..., found 3"
    ),
    "a negative class": (
        changed(class_id=np.array([-1, 1])), "class_id: expected one of ..., found -1"
    ),
    "a fractional class": (changed(class_id=np.array([1, 1.5])), "class_id: ..., found 1.5"),
    # masks
    "masks transposed": (changed(mask=MASK.transpose(0, 2, 1)), "mask: ..., found shape (2, 6, 4)"),
    "masks read as (width, height)": (changed(mask=MASK.reshape(2, WIDTH, HEIGHT)), "(2, 6, 4)"),
    "masks of half the size": (changed(mask=MASK[:, ::2, ::2]), "mask: ..., found shape (2, 2, 3)"),
    "an image of ids": (changed(mask=MASK[0].astype(np.uint8)), "mask: ..., found shape (4, 6)"),
    "one mask too few": (changed(mask=MASK[:1]), "mask: ... (2, 4, 6), found shape (1, 4, 6)"),
    "one mask too many": (changed(mask=MASK[[0, 1, 1]]), "mask: ..., found shape (3, 4, 6)"),
    "masks with a channel": (changed(mask=MASK[:, None]), "mask: ..., found shape (2, 1, 4, 6)"),
    "masks in a list": (changed(mask=list(MASK)), "mask: expected a NumPy array..., found list"),
    "logits": (changed(mask=LOGITS), "mask: expected bool or integers 0 and 1, found float64"),
    "half-precision logits": (changed(mask=LOGITS.astype(np.float16)), "mask: ..., found float16"),
    "NaN as masks": (changed(mask=np.full(MASK.shape, np.nan)), "mask: ..., found float64"),
    "masks of 0 and 255": (changed(mask=MASK * np.uint8(255)), "mask: ... 0 and 1, found 255"),
    "masks of -1": (changed(mask=-MASK.astype(np.int8)), "mask: ... pixels of 0 and 1, found -1"),
    "masks of ids": (changed(mask=MASK * np.array([[[7]], [[8]]])), "mask: ... 0 and 1, found 8"),
    "run lengths transposed": (
        changed(mask=Masks(RUNS.runs, WIDTH, HEIGHT)), "expected run lengths of 4 x 6, found 6 x 4"
    ),
    "run lengths of another size": (
        changed(mask=Masks(RUNS.runs, 8, 12)), "expected run lengths of 4 x 6, found 8 x 12"
    ),
    "run lengths that are too short": (
        changed(mask=Masks((RUNS.runs[0], b"3"), HEIGHT, WIDTH)), "mask: of object 1: run length"
    ),
    "invalid run lengths": (
        changed(mask=Masks((RUNS.runs[0], b"\x00"), HEIGHT, WIDTH)), "mask: of object 1: run length"
    ),
    "run lengths as text": (
        changed(mask=Masks(tuple(run.decode() for run in RUNS.runs), HEIGHT, WIDTH)),
        "mask: expected run lengths as bytes, found str",
    ),
    "too few run lengths": (
        changed(mask=RUNS.take(np.array([0]))), "mask: expected 2 run lengths, ..., found 1"
    ),
    "no masks after masks": (replace(MASKED, mask=None), "found no masks here and masks"),
    "masks after no masks": (
        MASKED, "expected masks in all frames or in none, found masks here and none"
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
    pattern = f"^{re.escape(place)}.*{message_pattern(message)}"
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
