"""Which differences from the references are explained, and what is not compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.formats import davis_png
from datasets.masks import coco_rle
from datasets.types import Extent, Tracks
from metrics.crosscheck.reference import COMBINED
from metrics.crosscheck.report import table
from tests.parity.test_parity_vis import corrupted_result, ellipses
from tests.support.metrics.cross_checked import CROWD, DECAY, EMPTY, cross_checked, reasons


def videos(*seeds: int) -> dict[str, tuple[Tracks, Tracks]]:
    found = {f"v{seed}": ellipses(seed) for seed in seeds}
    return {name: (each, corrupted_result(each, int(name[1:]))) for name, each in found.items()}


def test_without_crowds_every_value_of_video_ap_is_equal():
    pairs = {
        name: (replace(truth, score=np.ones(len(truth))), found)
        for name, (truth, found) in videos(*range(1, 10)).items()
    }
    checked = cross_checked(pairs, "youtube_vis", ("vis_ap",))
    compared = checked.comparisons
    assert all(each.equal for each in compared)
    assert sum(each.ours is not None for each in compared) > 100
    assert {each.column for each in compared} >= {"AP", "AP50", "AP75", "AP_small", "AR100"}


@pytest.mark.slow
def test_a_track_with_several_classes_is_cross_checked():
    pairs = videos(1, 2, 3, 4)
    kinds = np.array([3, 8, 40])
    pairs = {
        name: (
            replace(truth, score=(truth.frame > 0).astype(float)),
            replace(found, class_id=kinds[np.arange(len(found)) % 3], score=found.frame / 9),
        )
        for name, (truth, found) in pairs.items()
    }
    checked = cross_checked(pairs, "youtube_vis", ("vis_ap", "hota", "identity"))
    compared = checked.comparisons
    theirs = [each for each in compared if each.reference == "trackeval"]
    assert all(each.passed for each in theirs)
    assert reasons(theirs) <= {CROWD}
    assert sum(each.equal and bool(each.ours) for each in theirs) > 100


def discs(frame_count: int, seed: int, names: int = 3) -> Tracks:
    """Return disjoint masks of discs that appear and disappear."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:12, :30]
    frame, track = np.nonzero(rng.random((frame_count, names)) < 0.7)
    center = 5 + 10 * track + rng.integers(-1, 2, len(frame))
    dense = (rows - 6) ** 2 + (columns - center[:, None, None]) ** 2 <= 6 + frame[:, None, None] % 7
    masks = coco_rle.encode(dense)
    ones = np.ones(len(frame))
    extent = davis_png.davis_extent(12, 30, frame_count)
    return Tracks(extent, frame, track + 1, ones, ones, masks.boxes, masks)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("frame_count", "expected"), [(255, set()), (256, {DECAY}), (300, {DECAY})]
)
def test_decay_differs_beyond_255_frames(frame_count, expected):
    pairs = {"s": (discs(frame_count, 1), discs(frame_count, 2))}
    checked = cross_checked(pairs, "davis", ("jf_te",))
    compared = checked.comparisons
    assert all(each.passed for each in compared)
    assert reasons(compared) == expected
    differing = {each.column for each in compared if not each.equal}
    assert differing == ({"J-Decay", "F-Decay"} if expected else set())


def test_a_sequence_without_ground_truth_does_not_change_the_total():
    truth, found = discs(5, 1), discs(5, 2)
    pairs = {"s": (truth, found), "none": (truth.take(np.zeros(0, int)), found)}
    checked = cross_checked(pairs, "davis", ("jf_te", "hota"))
    compared = checked.comparisons
    assert all(each.equal for each in compared)
    assert {each.ours for each in compared if "J" in each.column and each.sequence == "none"} == {
        None
    }
    (total,) = (each for each in compared if (each.sequence, each.column) == (COMBINED, "J&F"))
    assert 0 < total.theirs < 1


def test_an_empty_mask_counts_here_and_is_lost_in_a_png():
    truth, found = discs(5, 1), discs(5, 2)
    masks = coco_rle.encode(coco_rle.decode(found.rle) & (np.arange(len(found)) > 0)[:, None, None])
    found = replace(found, rle=masks, box=masks.boxes)
    checked = cross_checked({"s": (truth, found)}, "davis_semi", ("jf_te", "hota", "count"))
    compared = checked.comparisons
    assert all(each.passed for each in compared)
    assert reasons(compared) == {EMPTY}
    assert not [each for each in compared if each.column.startswith(("J", "F-")) and not each.equal]


def boxes(classes: dict[int, str], ignored: tuple[int, ...] = ()) -> Tracks:
    extent = Extent(50, 50, 3, classes, ignored)
    frame, ones = np.arange(3), np.ones(3)
    return Tracks(extent, frame, ones, ones * min(classes), ones, np.array([[1, 1, 9, 9]] * 3))


@pytest.mark.parametrize(
    ("tracks", "compares"),
    [
        (boxes({5: "bag"}), True),
        (boxes({5: "bag", 6: "hat"}), False),
        (boxes({5: "bag", 6: "hat"}, (6,)), False),
    ],
)
def test_plain_data_is_compared_if_trackeval_supports_it(tracks, compares):
    checked = cross_checked({"s": (tracks, tracks)}, "plain", ("hota", "clear"))
    compared = checked.comparisons
    assert all(each.passed for each in compared)
    assert any(each.reference == "trackeval" for each in compared) == compares
    lines = list(table(checked, ("hota", "clear")))
    assert ("not compared, trackeval: has no columns of hota, clear" in lines) != compares
    assert "not compared, pycocotools: has no columns of hota, clear" in lines


def test_more_objects_than_a_png_can_hold_are_reported_as_not_compared():
    truth = discs(400, 1, names=1)
    truth = replace(truth, track=np.arange(len(truth)))
    assert len(truth) > 254
    checked = cross_checked({"s": (truth, truth)}, "davis", ("hota",))
    compared = checked.comparisons
    assert compared == []
    assert "not compared, trackeval: has no columns of hota" in table(checked, ("hota",))


def test_a_family_that_no_reference_has_is_listed_and_does_not_fail():
    tracks, families = discs(5, 1), ("jf_davis_ss",)
    checked = cross_checked({"s": (tracks, tracks)}, "youtube_vis", families)
    _, *lines, summary = table(checked, families)
    assert lines == [
        f"not compared, {name}: has no columns of jf_davis_ss"
        for name in ("davis_definitions", "motmetrics", "pycocotools", "trackeval")
    ]
    assert summary == "0 values: 0 equal, 0 explained, 0 unexplained"
