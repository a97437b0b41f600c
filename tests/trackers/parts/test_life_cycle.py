from __future__ import annotations

import numpy as np

from datasets.types import Detections
from trackers.parts import life_cycle


def two_targets():
    detections = Detections(np.zeros((2, 4)), np.array([0.9, 0.8]), np.array([1, 2]))
    return life_cycle.initiate(detections, 5)


def test_new_targets_continue_the_track_ids():
    targets = two_targets()
    assert targets.track.tolist() == [6, 7]
    assert targets.class_id.tolist() == [1, 2]


def test_a_streak_ends_in_the_frame_after_a_miss():
    targets = life_cycle.mark_matched(life_cycle.predict(two_targets()), np.array([0.5, 0.6]))
    assert (targets.streak.tolist(), targets.missed.tolist()) == ([1, 1], [0, 0])
    once = life_cycle.predict(targets)
    assert (once.streak.tolist(), once.missed.tolist()) == ([1, 1], [1, 1])
    assert life_cycle.predict(once).streak.tolist() == [0, 0]


def test_only_matched_targets_with_enough_matches_are_reported():
    targets = two_targets()
    assert life_cycle.is_reported(targets, min_hits=1, steps=1).tolist() == [True, True]
    assert life_cycle.is_reported(targets, min_hits=1, steps=2).tolist() == [False, False]
    matched = life_cycle.mark_matched(life_cycle.predict(targets), targets.score)
    assert life_cycle.is_reported(matched, min_hits=1, steps=2).tolist() == [True, True]
    missed = life_cycle.predict(matched)
    assert life_cycle.is_reported(missed, min_hits=1, steps=2).tolist() == [False, False]
