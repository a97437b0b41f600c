from __future__ import annotations

import numpy as np

from datasets.types import Detections
from trackers.parts import life


def two_targets():
    seen = Detections(np.zeros((2, 4)), np.array([0.9, 0.8]), np.array([1, 2]))
    return life.begin(seen, 5)


def test_newborn_targets_continue_the_identities():
    targets = two_targets()
    assert targets.track.tolist() == [6, 7]
    assert targets.class_id.tolist() == [1, 2]


def test_a_streak_ends_in_the_frame_after_a_miss():
    targets = life.meet(life.wait(two_targets()), np.array([0.5, 0.6]))
    assert (targets.streak.tolist(), targets.missed.tolist()) == ([1, 1], [0, 0])
    once = life.wait(targets)
    assert (once.streak.tolist(), once.missed.tolist()) == ([1, 1], [1, 1])
    assert life.wait(once).streak.tolist() == [0, 0]


def test_only_who_is_seen_and_has_its_hits_is_told_of():
    targets = two_targets()
    assert life.told(targets, min_hits=1, steps=1).tolist() == [True, True]
    assert life.told(targets, min_hits=1, steps=2).tolist() == [False, False]
    met = life.meet(life.wait(targets), targets.score)
    assert life.told(met, min_hits=1, steps=2).tolist() == [True, True]
    assert life.told(life.wait(met), min_hits=1, steps=2).tolist() == [False, False]
