"""DeepSORT's appearance rules, checked by hand and against another implementation."""

from __future__ import annotations

import logging
import tracemalloc
from functools import cache
from itertools import islice

import numpy as np
import pytest
from deep_sort_realtime.deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort_realtime.deepsort_tracker import DeepSort as Reference

from datasets.overlap import box_iou
from datasets.readers import mot17
from datasets.types import Detections
from tests.support.trackers.box_playback import FAR, HERE
from trackers.parts.deep_sort import DeepSortAssociation
from trackers.parts.gallery import Gallery
from trackers.parts.options import DeepSortOptions

REAL_FRAMES = 150  # of a sequence: many tracks are longer than the largest budget
X, Y = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]


def near_x(distance):
    """Return a unit vector at this cosine distance from X."""
    return [1 - distance, 0.0, (1 - (1 - distance) ** 2) ** 0.5]


def right(by):
    return [HERE[0] + by, HERE[1], HERE[2] + by, HERE[3]]


def association(*, report_coasted=False, **changes):
    return DeepSortAssociation(DeepSortOptions(**changes), report_coasted=report_coasted)


def steps(frames, **changes):
    """Return what is reported for frames of (box, embedding) or (box, embedding, class)."""
    targets, reported = association(**changes), []
    targets.start()
    for frame in frames:
        full = [(*row, 1) if len(row) == 2 else row for row in frame]
        embeddings = np.array([embedding for _, embedding, _ in full], float).reshape(-1, len(X))
        detections = detected([(box, class_id) for box, _, class_id in full])
        reported.append(targets.step(detections, embeddings))
    return reported


def detected(pairs):
    box = np.array([box for box, _ in pairs], float).reshape(-1, 4)
    return Detections(
        box, np.full(len(box), 0.9), np.array([class_id for _, class_id in pairs], int)
    )


def play(frames, **changes):
    """Return the track ids reported in each frame, in the order of the detections."""
    return [each.track[np.argsort(each.row)].tolist() for each in steps(frames, **changes)]


def test_targets_that_swap_places_keep_their_ids_by_appearance():
    together = [[(HERE, X), (right(3), Y)]] * 3
    assert play([*together, [(HERE, Y), (right(3), X)]])[-1] == [2, 1]
    assert play([*together, [(HERE, X), (right(3), Y)]])[-1] == [1, 2]


def test_the_length_of_an_embedding_does_not_count():
    lost = [[(HERE, np.multiply(X, k))] for k in (0.1, 0.2, 0.1)] + [[]]
    assert play([*lost, [(HERE, np.multiply(X, 0.3))]])[-1] == [1]
    assert play([*lost, [(HERE, np.multiply(near_x(0.3), 90))]])[-1] == []


def test_the_gate_rejects_the_same_appearance_too_far_away():
    assert play([[(HERE, X)]] * 3 + [[(right(15), X)]])[-1] == []
    assert play([[(HERE, X)]] * 3 + [[]] * 8 + [[(right(15), X)]])[-1] == [1]


def test_a_different_appearance_is_no_match():
    # missed for one frame, so that the IoU stage excludes it
    lost = [[(HERE, X)]] * 3 + [[]]
    assert play([*lost, [(HERE, near_x(0.199))]])[-1] == [1]
    assert play([*lost, [(HERE, near_x(0.201))]])[-1] == []
    assert play([*lost, [(HERE, near_x(0.201))]], max_cosine_distance=0.21)[-1] == [1]


def test_a_just_matched_target_is_matched_by_iou_if_not_by_appearance():
    assert play([[(HERE, X)]] * 3 + [[(HERE, Y)]])[-1] == [1]


def test_an_old_embedding_counts_within_the_budget():
    turned = [[(HERE, X)]] * 3 + [[(HERE, Y)]] * 4 + [[]] + [[(HERE, X)]]
    assert play(turned)[-1] == [1]
    assert play(turned, nn_budget=5)[-1] == [1]
    assert play(turned, nn_budget=4)[-1] == []
    assert play(turned, nn_budget=None)[-1] == [1]


def test_embeddings_of_the_tentative_phase_count():
    first = [[(HERE, X)]] + [[(HERE, Y)]] * 2 + [[]] + [[(HERE, X)]]
    assert play(first)[-1] == [1]


def test_the_cascade_prefers_a_just_matched_target_to_a_more_similar_one():
    # 1 equals the detection and was missed for one frame; 2, just matched, is at distance 0.1
    frames = [[(HERE, X), (right(3), near_x(0.1))]] * 3 + [[(right(3), near_x(0.1))]]
    assert play([*frames, [(right(1), X)]])[-1] == [2]
    assert play([*frames[:3], [(right(1), X)]])[-1] == [1]


def turned(degrees):
    """Return a unit vector at this angle from X."""
    angle = np.radians(degrees)
    return [np.cos(angle), np.sin(angle), 0.0]


def test_the_matching_minimises_the_total_distance():
    # 1 is nearest to the detection at 0 degrees, but that leaves a pair 30 degrees apart
    frames = [[(HERE, turned(0)), (right(3), turned(18))]] * 3 + [[]]
    assert play([*frames, [(right(1), turned(0)), (right(2), turned(-12))]])[-1] == [2, 1]


def test_another_class_is_no_match_at_equal_appearance():
    frames = [[(HERE, X, 1)]] * 3 + [[]] + [[(HERE, X, 2)]] * 3
    reported = steps(frames)[-1]
    assert (reported.track.tolist(), reported.class_id.tolist()) == ([2], [2])


def test_a_zero_embedding_is_matched_by_iou_only():
    zero = [0.0, 0.0, 0.0]
    assert play([[(HERE, X)]] * 3 + [[(HERE, zero)]])[-1] == [1]
    assert play([[(HERE, X)]] * 3 + [[]] + [[(HERE, zero)]])[-1] == []
    assert play([[(HERE, zero)]] * 4)[-1] == [1]


def test_the_row_is_the_detection_and_minus_one_for_a_coasted_target():
    both = [[(FAR, Y), (HERE, X)]] * 3
    reported = steps([*both, [(right(2), X), (FAR, Y)], [(FAR, Y)]], report_coasted=True)
    assert [dict(zip(each.track, each.row, strict=True)) for each in reported[2:]] == [
        {1: 0, 2: 1},
        {1: 1, 2: 0},
        {1: 0, 2: -1},
    ]


def test_without_embeddings_matching_uses_motion_and_stores_no_appearance():
    targets = association()
    detection, embeddings = detected([(HERE, 1)]), np.array([X])
    for _ in range(3):
        targets.step(detection, None)
    assert targets.step(detected([])).track.tolist() == []
    assert targets.step(detection).track.tolist() == [1]
    targets.step(detected([]))
    assert targets.step(detection, embeddings).track.tolist() == []


def test_start_removes_all_state():
    targets, detection, none = association(), detected([(HERE, 1)]), detected([])
    for embedding in (X, Y):
        targets.start()
        steps = [targets.step(detection, np.array([embedding])) for _ in range(3)]
        assert [each.track.tolist() for each in steps] == [[], [], [1]]
    targets.step(none, np.zeros((0, 3)))
    reported = targets.step(detection, np.array([X]))
    assert reported.track.tolist() == [], "X was stored before start"


@pytest.mark.slow
def test_embeddings_of_deleted_targets_take_no_memory():
    targets = association(nn_budget=None)
    tracemalloc.start()
    for place in range(200):
        targets.step(detected([(right(50 * place), 1)]), np.ones((1, 100_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 800_000


@pytest.mark.parametrize("embeddings", [np.ones((2, 3)), np.ones(1), np.array([[np.nan, 1]])])
def test_embeddings_other_than_one_finite_vector_per_detection_are_rejected(embeddings):
    with pytest.raises(ValueError, match="embeddings"):
        association().step(detected([(HERE, 1)]), embeddings)


def test_a_gallery_keeps_the_latest_embeddings_and_removes_deleted_targets():
    gallery = Gallery(2)
    for vector in ([1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]):
        gallery.add(1, np.array(vector))
    gallery.add(2, np.array([1.0, 0.0]))
    queries = np.array([[1.0, 0.0], [0.6, 0.8]])
    np.testing.assert_allclose(gallery.max_cosine(1, queries), [0, 0.8])
    gallery.keep_only([1])
    assert gallery.max_cosine(2, queries).tolist() == [-np.inf, -np.inf]
    with pytest.raises(ValueError, match="embedding budget: expected at least 1 or None, found 0"):
        Gallery(0)


class WithoutRepetition(NearestNeighborDistanceMetric):
    """The reference's gallery, with each embedding added once.

    The reference adds a track's latest embedding again in every frame, so that a budget of 100
    holds about 50 different ones; the authors' program does not.
    """

    def partial_fit(self, features, targets, active_targets):
        new = [
            row
            for row, (feature, track) in enumerate(zip(features, targets, strict=True))
            if not np.array_equal(self.samples.get(track, [None])[-1], feature)
        ]
        super().partial_fit(features[new], targets[new], active_targets)


def draw_embeddings(detections, truth, prototypes, rng):
    """Return an embedding per detection: its person's prototype plus noise, or noise alone."""
    embeddings = rng.normal(size=(len(detections.score), prototypes.shape[1]))
    if len(truth.track) and len(embeddings):
        iou = box_iou(detections.box[:, None], truth.box)
        matched = iou.max(axis=1) > 0.5
        track = truth.track[iou.argmax(axis=1)[matched]]
        embeddings[matched] = prototypes[track] + 0.6 * embeddings[matched]
    return embeddings.astype(np.float32)


def real_frames(root, number, seed=0):
    """Yield the public detections of each frame of a MOT17 sequence, and their embeddings."""
    prepared = mot17.read("mot17", root, f"MOT17-{number}-FRCNN", root)
    truth = prepared.truth.take(prepared.truth.class_id == 1)
    rng = np.random.default_rng(seed)
    prototypes = rng.normal(size=(truth.track.max() + 1, 16))
    for frame in range(prepared.sequence.extent.frame_count):
        detections = prepared.detections.detections(frame)
        detections = detections.take(detections.score >= 0.3)
        in_frame = truth.take(truth.frame == frame)
        yield detections, draw_embeddings(detections, in_frame, prototypes, rng)


@cache
def first_frames(root, number):
    return list(islice(real_frames(root, number), REAL_FRAMES))


def our_tracks(frames, budget):
    """Return (frame, row) of each reported detection, by track id."""
    targets, tracks = association(nn_budget=budget), {}
    for number, (detections, embeddings) in enumerate(frames):
        reported = targets.step(detections, embeddings)
        for track, row in zip(reported.track.tolist(), reported.row.tolist(), strict=True):
            tracks.setdefault(track, []).append((number, row))
    return tracks


def reference_tracks(frames, budget, metric):
    targets, tracks = Reference(max_age=30, nn_budget=budget, embedder=None), {}
    targets.tracker.metric = metric("cosine", 0.2, budget)
    for number, (detections, embeddings) in enumerate(frames):
        near, far = detections.box[:, :2], detections.box[:, 2:]
        ltwh = np.hstack([near, far - near])
        rows = list(zip(ltwh, detections.score, range(len(ltwh)), strict=True))
        for track in targets.update_tracks(rows, embeds=embeddings):
            if track.is_confirmed() and track.time_since_update == 0:
                tracks.setdefault(int(track.track_id), []).append((number, track.det_class))
    return tracks


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "budget"),
    [*((number, 100) for number in ("02", "05", "09", "13")),
     ("02", None), ("02", 5), ("13", 1)],
)  # fmt: skip
def test_tracks_equal_those_of_deep_sort_realtime(shared, number, budget):
    """Its boxes are float32, and it initiates the tracks of one frame in another order."""
    logging.getLogger("deep_sort_realtime").setLevel(logging.ERROR)
    frames = first_frames(shared / "mot17", number)
    metric = NearestNeighborDistanceMetric if budget is None else WithoutRepetition
    ours, theirs = our_tracks(frames, budget), reference_tracks(frames, budget, metric)
    assert sorted(ours.values()) == sorted(theirs.values())
    first = [[tracks[track][0][0] for track in sorted(tracks)] for tracks in (ours, theirs)]
    assert first[0] == first[1], "initiated in the same frames"
