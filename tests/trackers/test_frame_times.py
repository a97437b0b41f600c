"""Where the frame rate varies, motion models predict over the time between frames."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from datasets.own import read_own
from datasets.sequences.sequence_json import open_sequence, write_prepared
from datasets.types import Detections, Extent, Frame, Sequence
from tests.support.media.drawn import draw
from tests.support.media.manifest_videos import VARIED, VARIED_MS, written
from trackers.contract import Method, load_tracker
from trackers.feed import read_feed
from trackers.parts import kalman
from trackers.parts.box_motion import AreaAspect, AspectHeight

# an object moves 6 pixels per frame; the camera drops five frames in the middle
TIMES = [0, 1, 2, 3, 4, 5, 6, 12, 13, 14]
STEP, WIDTH = 6, 20
TRACKERS = ("sort", "bytetrack", "oc_sort", "deepsort")


def last_ids(method: str, *, timed: bool) -> list[int]:
    """Return the track ids in the last frame."""
    tracker = load_tracker(method, {})
    tracker.start(Sequence("d", "s", Extent(200, 400, len(TIMES), {1: "person"}), 30))
    for index, time in enumerate(TIMES):
        left = 10 + STEP * time
        found = Detections(np.array([[left, 50.0, left + WIDTH, 110]]), np.ones(1), np.ones(1, int))
        elapsed = float(time - TIMES[index - 1]) if timed and index else 1.0
        output = tracker.step(Frame(index, None, found, elapsed=elapsed))
    return output.track.tolist()


@pytest.mark.parametrize("method", TRACKERS)
def test_an_object_is_found_where_it_is_after_a_gap_in_time(method):
    first = last_ids(method, timed=True)
    assert len(first) == 1
    assert last_ids(method, timed=False) != first


def test_a_whole_number_of_frames_is_as_many_predictions():
    rng = np.random.default_rng(0)
    start = kalman.Motion(*rng.uniform(1, 2, (5, 3, 4)))
    noises = np.array([0.5, 1, 2, 3]), np.array([0.1, 0.2, 0.3, 0])
    stepped = start
    for _ in range(3):
        stepped = kalman.predict(stepped, *noises)
    for one, other in zip(
        astuple(kalman.predict(start, *noises, 3.0)), astuple(stepped), strict=True
    ):
        assert one == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize("model", [AspectHeight, AreaAspect])
def test_half_a_frame_moves_half_as_far_and_is_more_certain(model):
    motion = model.update(
        model.predict(model.initiate(np.array([[0.0, 0, 10, 20]]))), np.array([[2.0, 0, 12, 20]])
    )
    half, whole = model.predict(motion, 0.5), model.predict(motion)
    moved = half.position - motion.position
    assert moved == pytest.approx((whole.position - motion.position) / 2)
    assert (half.position_variance < whole.position_variance).all()


def test_frames_carry_the_time_since_the_frame_before(tmp_path):
    video = written(times_ms=VARIED_MS, images=[draw(0)] * len(VARIED))(tmp_path / "v.mp4")
    write_prepared(tmp_path / "sequence.json", read_own(video, "v"))
    feed = read_feed(open_sequence(tmp_path / "sequence.json"), Method("m", "s", ("image",)))
    assert [round(frame.elapsed, 2) for frame in feed] == [1, 1, 1, 4.06, 1, 8.09, 1, 5.06]
