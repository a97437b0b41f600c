"""The rules of DeepSORT's appearance, by hand; and what another implementation of it answers."""

from __future__ import annotations

import logging
import tracemalloc
from functools import cache
from itertools import islice

import numpy as np
import pytest
from deep_sort_realtime.deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort_realtime.deepsort_tracker import DeepSort as Oracle

from datasets.overlap import box_iou
from datasets.readers import mot17
from datasets.types import Detections
from tests.support.trackers.stage import FAR, HERE
from trackers.parts.deep_sort import DeepSort
from trackers.parts.gallery import Gallery
from trackers.parts.options import DeepSortOptions

REAL_FRAMES = 300  # of a sequence: many targets outlive the largest budget
X, Y = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]


def near_x(distance):
    """A vector so far from X."""
    return [1 - distance, 0.0, (1 - (1 - distance) ** 2) ** 0.5]


def right(by):
    return [HERE[0] + by, HERE[1], HERE[2] + by, HERE[3]]


def association(*, report_coasted=False, **changes):
    return DeepSort(DeepSortOptions(**changes), report_coasted=report_coasted)


def steps(frames, **changes):
    """Return what is reported of frames of (box, look) or (box, look, class)."""
    targets, told = association(**changes), []
    targets.start()
    for frame in frames:
        full = [(*row, 1) if len(row) == 2 else row for row in frame]
        looks = np.array([look for _, look, _ in full], float).reshape(-1, len(X))
        told.append(targets.step(detected([(box, kind) for box, _, kind in full]), looks))
    return told


def detected(pairs):
    box = np.array([box for box, _ in pairs], float).reshape(-1, 4)
    return Detections(box, np.full(len(box), 0.9), np.array([kind for _, kind in pairs], int))


def play(frames, **changes):
    """Return who is reported in each frame, in the order of the detections."""
    return [told.track[np.argsort(told.row)].tolist() for told in steps(frames, **changes)]


def test_targets_that_change_places_are_told_by_their_look():
    together = [[(HERE, X), (right(3), Y)]] * 3
    assert play([*together, [(HERE, Y), (right(3), X)]])[-1] == [2, 1]
    assert play([*together, [(HERE, X), (right(3), Y)]])[-1] == [1, 2]


def test_the_length_of_a_vector_does_not_count():
    lost = [[(HERE, np.multiply(X, k))] for k in (0.1, 0.2, 0.1)] + [[]]
    assert play([*lost, [(HERE, np.multiply(X, 0.3))]])[-1] == [1]
    assert play([*lost, [(HERE, np.multiply(near_x(0.3), 90))]])[-1] == []


def test_the_gate_refuses_the_same_look_too_far_away():
    assert play([[(HERE, X)]] * 3 + [[(right(15), X)]])[-1] == []
    assert play([[(HERE, X)]] * 3 + [[]] * 8 + [[(right(15), X)]])[-1] == [1]


def test_what_looks_otherwise_is_no_match():
    # a frame after it was missed, so that the IoU stage leaves it out
    lost = [[(HERE, X)]] * 3 + [[]]
    assert play([*lost, [(HERE, near_x(0.199))]])[-1] == [1]
    assert play([*lost, [(HERE, near_x(0.201))]])[-1] == []
    assert play([*lost, [(HERE, near_x(0.201))]], max_cosine_distance=0.21)[-1] == [1]


def test_who_was_just_seen_is_found_by_iou_if_not_by_look():
    assert play([[(HERE, X)]] * 3 + [[(HERE, Y)]])[-1] == [1]


def test_a_look_of_long_ago_counts_within_the_budget():
    turned = [[(HERE, X)]] * 3 + [[(HERE, Y)]] * 4 + [[]] + [[(HERE, X)]]
    assert play(turned)[-1] == [1]
    assert play(turned, nn_budget=5)[-1] == [1]
    assert play(turned, nn_budget=4)[-1] == []
    assert play(turned, nn_budget=None)[-1] == [1]


def test_looks_of_the_tentative_phase_count():
    first = [[(HERE, X)]] + [[(HERE, Y)]] * 2 + [[]] + [[(HERE, X)]]
    assert play(first)[-1] == [1]


def test_the_cascade_puts_who_was_just_seen_before_who_looks_alike():
    # 1 looks like the detection and was missed for a frame; 2, seen there, is 0.1 off
    frames = [[(HERE, X), (right(3), near_x(0.1))]] * 3 + [[(right(3), near_x(0.1))]]
    assert play([*frames, [(right(1), X)]])[-1] == [2]
    assert play([*frames[:3], [(right(1), X)]])[-1] == [1]


def turned(degrees):
    """A vector so far from X, by its angle."""
    angle = np.radians(degrees)
    return [np.cos(angle), np.sin(angle), 0.0]


def test_the_pairs_that_are_nearest_in_all_are_matched():
    # 1 is nearest to the detection at 0 degrees, but that leaves 30 degrees for the others
    frames = [[(HERE, turned(0)), (right(3), turned(18))]] * 3 + [[]]
    assert play([*frames, [(right(1), turned(0)), (right(2), turned(-12))]])[-1] == [2, 1]


def test_another_class_is_no_match_however_alike():
    frames = [[(HERE, X, 1)]] * 3 + [[]] + [[(HERE, X, 2)]] * 3
    told = steps(frames)[-1]
    assert (told.track.tolist(), told.class_id.tolist()) == ([2], [2])


def test_a_vector_of_zeros_is_found_by_iou_alone():
    nothing = [0.0, 0.0, 0.0]
    assert play([[(HERE, X)]] * 3 + [[(HERE, nothing)]])[-1] == [1]
    assert play([[(HERE, X)]] * 3 + [[]] + [[(HERE, nothing)]])[-1] == []
    assert play([[(HERE, nothing)]] * 4)[-1] == [1]


def test_the_row_is_that_of_the_detection_and_none_for_a_coasted_target():
    both = [[(FAR, Y), (HERE, X)]] * 3
    told = steps([*both, [(right(2), X), (FAR, Y)], [(FAR, Y)]], report_coasted=True)
    assert [dict(zip(each.track, each.row, strict=True)) for each in told[2:]] == [
        {1: 0, 2: 1},
        {1: 1, 2: 0},
        {1: 0, 2: -1},
    ]


def test_without_vectors_it_goes_by_motion_and_no_look_is_kept():
    targets = association()
    seen, looks = detected([(HERE, 1)]), np.array([X])
    for given in (None, None, None):
        targets.step(seen, given)
    assert targets.step(detected([])).track.tolist() == []
    assert targets.step(seen).track.tolist() == [1]
    targets.step(detected([]))
    assert targets.step(seen, looks).track.tolist() == []


def test_nothing_is_left_after_start():
    targets, seen, nobody = association(), detected([(HERE, 1)]), detected([])
    for look in (X, Y):
        targets.start()
        told = [targets.step(seen, np.array([look])).track.tolist() for _ in range(3)]
        assert told == [[], [], [1]]
    targets.step(nobody, np.zeros((0, 3)))
    assert targets.step(seen, np.array([X])).track.tolist() == [], "1 looked so before the start"


def test_what_targets_that_are_gone_looked_like_takes_no_memory():
    targets = association(nn_budget=None)
    tracemalloc.start()
    for place in range(200):
        targets.step(detected([(right(50 * place), 1)]), np.ones((1, 100_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 800_000


@pytest.mark.parametrize("embeddings", [np.ones((2, 3)), np.ones(1), np.array([[np.nan, 1]])])
def test_embeddings_that_are_not_one_finite_vector_a_detection_are_refused(embeddings):
    with pytest.raises(ValueError, match="embeddings"):
        association().step(detected([(HERE, 1)]), embeddings)


def test_a_gallery_keeps_the_newest_and_forgets_the_gone():
    gallery = Gallery(2)
    for vector in ([1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]):
        gallery.add(1, np.array(vector))
    gallery.add(2, np.array([1.0, 0.0]))
    asked = np.array([[1.0, 0.0], [0.6, 0.8]])
    np.testing.assert_allclose(gallery.cosine(1, asked), [0, 0.8])
    gallery.forget_others([1])
    assert gallery.cosine(2, asked).tolist() == [-np.inf, -np.inf]
    with pytest.raises(ValueError, match="budget of vectors: 0 found"):
        Gallery(0)


class EachOnce(NearestNeighborDistanceMetric):
    """The oracle's gallery, given each vector once.

    It gives a track's last vector again in every frame, so that a budget of 100 holds some 50; the
    authors' program does not.
    """

    def partial_fit(self, features, targets, active_targets):
        new = [
            row
            for row, (vector, track) in enumerate(zip(features, targets, strict=True))
            if not np.array_equal(self.samples.get(track, [None])[-1], vector)
        ]
        super().partial_fit(features[new], targets[new], active_targets)


def look_alikes(detections, people, faces, rng):
    """Return a vector for each detection: a noisy one of the person it is, or noise."""
    looks = rng.normal(size=(len(detections.score), faces.shape[1]))
    if len(people.track) and len(looks):
        iou = box_iou(detections.box[:, None], people.box)
        known = iou.max(axis=1) > 0.5
        looks[known] = faces[people.track[iou.argmax(axis=1)[known]]] + 0.6 * looks[known]
    return looks.astype(np.float32)


def real_frames(root, number, seed=0):
    """Yield public detections of a sequence of MOT17, and a vector each."""
    prepared = mot17.read("mot17", root, f"MOT17-{number}-FRCNN", root)
    truth = prepared.truth.take(prepared.truth.class_id == 1)
    rng = np.random.default_rng(seed)
    faces = rng.normal(size=(truth.track.max() + 1, 16))
    for frame in range(prepared.sequence.extent.frame_count):
        found = prepared.detections.detections(frame)
        found = found.take(found.score >= 0.3)
        yield found, look_alikes(found, truth.take(truth.frame == frame), faces, rng)


@cache
def first_frames(root, number):
    return list(islice(real_frames(root, number), REAL_FRAMES))


def our_tracks(frames, budget):
    """Return (frame, row) of each detection that is reported, by identity."""
    targets, told = association(nn_budget=budget), {}
    for number, (found, looks) in enumerate(frames):
        answer = targets.step(found, looks)
        for track, row in zip(answer.track.tolist(), answer.row.tolist(), strict=True):
            told.setdefault(track, []).append((number, row))
    return told


def oracle_tracks(frames, budget, metric):
    targets, told = Oracle(max_age=30, nn_budget=budget, embedder=None), {}
    targets.tracker.metric = metric("cosine", 0.2, budget)
    for number, (found, looks) in enumerate(frames):
        place = np.hstack([found.box[:, :2], found.box[:, 2:] - found.box[:, :2]])
        given = list(zip(place, found.score, range(len(place)), strict=True))
        for track in targets.update_tracks(given, embeds=looks):
            if track.is_confirmed() and track.time_since_update == 0:
                told.setdefault(int(track.track_id), []).append((number, track.det_class))
    return told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "budget"),
    [*((number, 100) for number in ("02", "05", "09", "13")),
     ("02", None), ("09", None), ("02", 5), ("13", 1)],
)  # fmt: skip
def test_tracks_equal_those_of_deep_sort_realtime(shared, number, budget):
    """Its boxes are float32 and its tracks of one frame are born in another order."""
    logging.getLogger("deep_sort_realtime").setLevel(logging.ERROR)
    frames = first_frames(shared / "mot17", number)
    metric = NearestNeighborDistanceMetric if budget is None else EachOnce
    ours, theirs = our_tracks(frames, budget), oracle_tracks(frames, budget, metric)
    assert sorted(ours.values()) == sorted(theirs.values())
    first = [[told[track][0][0] for track in sorted(told)] for told in (ours, theirs)]
    assert first[0] == first[1], "born in the same frames"
