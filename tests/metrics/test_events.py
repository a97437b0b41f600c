"""Single events, and the agreement of their numbers with CLEAR's counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from datasets.formats import mots_text
from metrics.events import COUNTED_AS, check_counts, events_of, list_events
from metrics.families import clear
from metrics.score import make_pairings
from tests.support.metrics.hand import pairing

A, B = 0.0, 50.0  # far apart


def rows(table: pa.Table) -> list[tuple]:
    names = ("frame", "event", "truth_id", "tracker_id", "previous_tracker_id")
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


def test_a_switch_after_a_gap_is_a_match_and_a_switch_and_a_fragmentation():
    truth = [(0, 7, A), (1, 7, A), (2, 7, A), (1, 8, B)]
    prediction = [(0, 1, A), (1, 5, B), (2, 2, A)]
    assert rows(list_events(pairing(truth, prediction))) == [
        (0, "match", 7, 1, None),
        (1, "match", 8, 5, None),
        (1, "miss", 7, None, None),
        (2, "match", 7, 2, 1),
        (2, "switch", 7, 2, 1),
        (2, "fragmentation", 7, 2, 1),
    ]


def test_a_false_alarm_has_the_predicted_box_and_a_miss_the_ground_truth_box():
    table = list_events(pairing([(0, 7, A)], [(0, 1, B)]))
    assert rows(table) == [(0, "miss", 7, None, None), (0, "false_alarm", None, 1, None)]
    assert table["left"].to_pylist() == [A, B]
    assert table["similarity"].null_count == 2


@pytest.mark.parametrize(("truth", "prediction"), [([], []), ([(0, 1, A)], []), ([], [(0, 1, A)])])
def test_an_empty_side_gives_misses_or_false_alarms_only(truth, prediction):
    table = list_events(pairing(truth, prediction, frame_count=1))
    assert len(table) == len(truth) + len(prediction)


def test_event_numbers_equal_the_counts_of_clear_on_random_tracks():
    rng = np.random.default_rng(3)
    for _ in range(60):
        truth, prediction = (
            [
                (frame, track, float(rng.integers(0, 60)))
                for frame in range(12)
                for track in range(4)
                if rng.random() < 0.7
            ]
            for _ in range(2)
        )
        found = pairing(truth, prediction, frame_count=12)
        events = list_events(found)
        check_counts(events, clear.summarize(clear.evaluate(found)))
        assert set(np.unique(events["event"].to_numpy(False))) <= set(COUNTED_AS)


def test_event_numbers_that_differ_from_the_counts_are_an_error():
    found = pairing([(0, 7, A)], [(0, 1, A)])
    values = clear.summarize(clear.evaluate(found)) | {"IDSW": 1}
    with pytest.raises(RuntimeError, match="expected 1 switch events, the value of IDSW, found 0"):
        check_counts(list_events(found), values)


def test_a_perfect_result_of_a_real_sequence_has_no_errors(shared):
    truth = mots_text.read_tracks(shared / "kitti_mots" / "instances_txt" / "0012.txt")
    perfect = truth.take(truth.class_id != mots_text.IGNORE)
    events = events_of(make_pairings(truth, perfect, "kitti_mots"))
    for name, class_id in (("car", 1), ("pedestrian", 2)):
        kinds = events[name]["event"].to_pylist()
        assert kinds.count("match") == int((truth.class_id == class_id).sum())
        assert set(kinds) <= {"match", "fragmentation"}  # after a gap in the ground truth
