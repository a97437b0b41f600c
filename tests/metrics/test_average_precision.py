from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metrics.average_precision import Partial, combine, make_partial, make_partials
from metrics.families import vis_ap
from metrics.family import load_family, partial_from_json, partial_to_json
from metrics.matching.greedy_matching import THRESHOLDS, MatchingInput, Overlaps, match_greedily
from metrics.score import load_families
from tests.support.coco_oracle import score_overlaps
from tests.support.metrics.ap import assert_same

SIZE_LIMITS = vis_ap.SIZE_LIMITS
AREAS = [0, 100, 128**2, 2e4, 256**2, 1e5]
IOUS = [0, 0.3, *THRESHOLDS, *np.nextafter(THRESHOLDS, 0), 1]  # at a threshold and just below


def random_input(rng, units):
    """Return an input in which all rows of a unit overlap, many by the same IoU."""
    truths, detections = rng.integers(0, 7, units), rng.integers(0, 14, units)
    if rng.random() < 0.05:
        detections[0] = 130
    truth_unit = np.repeat(np.arange(units), truths)
    unit = np.repeat(np.arange(units), detections)
    detection, truth = np.nonzero(unit[:, None] == truth_unit)
    ious = rng.choice(IOUS, int(rng.integers(1, 9)))
    return MatchingInput(
        unit,
        rng.choice(np.arange(9) / 8, len(unit)),
        rng.choice(AREAS, len(unit)),
        rng.choice(AREAS, len(truth_unit)),
        rng.random(len(truth_unit)) < rng.choice([0, 0.3]),
        Overlaps(detection, truth, rng.choice(ious, len(truth))),
    ), truth_unit


def annotations(class_id, made, truth_unit):
    """Return ground truth, detections and overlaps in the format of the oracle."""
    truth = [
        {"image_id": int(unit), "category_id": class_id, "name": (class_id, n), "iscrowd": int(c),
         "area": float(a)}
        for n, (unit, c, a) in enumerate(zip(truth_unit, made.crowd, made.truth_area, strict=True))
    ]  # fmt: skip
    found = [
        {"image_id": int(unit), "category_id": class_id, "name": (class_id, n), "score": float(s),
         "area": float(a)}
        for n, (unit, s, a) in enumerate(zip(made.unit, made.score, made.area, strict=True))
    ]  # fmt: skip
    pairs = made.overlaps
    iou = {
        (int(made.unit[d]), (class_id, g), (class_id, d)): float(value)
        for d, g, value in zip(pairs.detection, pairs.truth, pairs.iou, strict=True)
    }
    return truth, found, iou


@pytest.mark.parametrize("case", range(300))
def test_random_overlaps_equal_pycocotools(case):
    rng = np.random.default_rng(case)
    units = int(rng.integers(1, 6))
    partials, truth, found, iou = [], [], [], {}
    for class_id in range(1, 1 + int(rng.integers(1, 4))):
        made, truth_unit = random_input(rng, units)
        partials.append(make_partial(made, SIZE_LIMITS, class_id))
        one, other, pairs = annotations(class_id, made, truth_unit)
        truth, found, iou = truth + one, found + other, iou | pairs
    classes = {1: "a", 2: "b", 3: "c", 7: "absent"}
    theirs = score_overlaps(truth, found, iou, list(range(units)), classes)
    assert_same(vis_ap, combine(partials), *theirs)


def small(scores, pairs, truths=2, crowd=()):
    """Return the matches of one unit of small objects; pairs are {(detection, truth): IoU}."""
    detection, truth = np.array(list(pairs), int).reshape(-1, 2).T
    return match_greedily(
        MatchingInput(
            np.zeros(len(scores)),
            np.array(scores, float),
            np.ones(len(scores)),
            np.ones(truths),
            np.isin(np.arange(truths), crowd),
            Overlaps(detection, truth, np.array(list(pairs.values()), float)),
        ),
        SIZE_LIMITS,
    )


def outcomes(matches, threshold=0.5):
    """Return the outcome of each detection, sorted by rank: TP, FP or ignored."""
    place = int(np.argmin(abs(THRESHOLDS - threshold)))
    matched, ignored = matches.matched[:, 0, place], matches.ignored[:, 0, place]
    return ["ignored" if i else "TP" if m else "FP" for m, i in zip(matched, ignored, strict=True)]


def test_the_detection_of_higher_score_is_matched_though_the_other_has_a_larger_iou():
    matches = small([0.9, 0.8], {(0, 0): 0.6, (1, 0): 0.9}, truths=1)
    assert outcomes(matches) == ["TP", "FP"]
    assert outcomes(matches, 0.65) == ["FP", "TP"]  # the detection of higher score does not fit


def test_a_detection_whose_best_ground_truth_is_taken_is_matched_with_another():
    matches = small([0.9, 0.8], {(0, 0): 0.9, (1, 0): 0.9, (1, 1): 0.6})
    assert outcomes(matches) == ["TP", "TP"]
    assert outcomes(matches, 0.9) == ["TP", "FP"]


def test_ties_of_scores_go_to_the_first_detection_and_ties_of_iou_to_the_last_ground_truth():
    pairs = {(0, 0): 0.7, (0, 1): 0.7, (1, 1): 0.7}
    assert outcomes(small([0.5, 0.5], pairs)) == ["TP", "FP"]
    pairs = {(0, 0): 0.7, (0, 1): 0.7, (1, 0): 0.7}
    assert outcomes(small([0.5, 0.5], pairs)) == ["TP", "TP"]


def test_a_crowd_is_matched_many_times_and_its_detections_are_ignored():
    pairs = {(0, 0): 0.9, (1, 0): 0.9, (2, 0): 0.4}
    matches = small([0.9, 0.8, 0.7], pairs, truths=1, crowd=[0])
    assert outcomes(matches) == ["ignored", "ignored", "FP"]
    assert matches.counted.sum(axis=0).tolist() == [0, 0, 0, 0]


def test_a_counted_ground_truth_is_preferred_to_a_crowd_of_larger_iou():
    matches = small([0.9, 0.8], {(0, 0): 0.95, (0, 1): 0.6, (1, 0): 0.9, (1, 1): 0.9}, crowd=[0])
    assert outcomes(matches) == ["TP", "ignored"]


def test_a_detection_outside_the_size_range_is_ignored_unless_it_is_matched():
    # everything has an area of one pixel: neither medium nor large
    matches = small([0.9, 0.8], {(0, 0): 0.9}, truths=1)
    assert matches.counted.sum(axis=0).tolist() == [1, 1, 0, 0]
    assert matches.ignored[:, 2:].all()
    assert not matches.ignored[:, :2].any()


def test_precision_is_interpolated_by_its_maximum_at_higher_recall():
    # TP, FP, TP of three ground truths: precision 1 up to recall 1/3, then 2/3 up to recall 2/3
    detections = MatchingInput(
        np.zeros(3), np.array([0.9, 0.8, 0.7]), np.ones(3), np.ones(3), np.zeros(3, bool),
        Overlaps(np.array([0, 2]), np.array([0, 1]), np.array([1.0, 1.0])),
    )  # fmt: skip
    values = vis_ap.summarize(make_partial(detections, SIZE_LIMITS, 1))
    assert values["AP"] == pytest.approx((34 * 1 + 33 * 2 / 3) / 101)
    assert (values["AR1"], values["AR10"]) == pytest.approx((1 / 3, 2 / 3))


def random_partials(seed, count, classes=(1, 2)):
    rng = np.random.default_rng(seed)
    return [
        make_partial(random_input(rng, 2)[0], SIZE_LIMITS, int(rng.choice(classes)))
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_combining_totals_gives_the_total(seed):
    parts = random_partials(seed, 5)
    whole = vis_ap.summarize(combine(parts))
    split = vis_ap.summarize(combine([combine(parts[:2]), combine(parts[2:])]))
    assert split == pytest.approx(whole, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("seed", range(20))
def test_classes_summarised_at_once_have_the_values_of_each_alone(seed):
    parts = [combine(random_partials(seed + n, 3, [n])) for n in range(1, 5)]
    for part, (values, curves) in zip(parts, vis_ap.summarize_classes(parts), strict=True):
        assert values == pytest.approx(vis_ap.summarize(part), rel=0, abs=0, nan_ok=True)
        expected = vis_ap.curves(part)
        assert curves.keys() == expected.keys()
        assert all(np.array_equal(curves[name], expected[name]) for name in expected)


@pytest.mark.parametrize("seed", range(20))
def test_classes_matched_at_once_have_the_matches_of_each_alone(seed):
    rng = np.random.default_rng(seed)
    inputs = {number: random_input(rng, int(rng.integers(0, 4)))[0] for number in (2, 3, 7)}
    partials = make_partials(inputs, SIZE_LIMITS, ranked=True)
    for partial, (number, each) in zip(partials, inputs.items(), strict=True):
        alone = make_partial(each, SIZE_LIMITS, number, ranked=True)
        assert partial_to_json(partial) == partial_to_json(alone)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_sequences_matters_only_for_equal_scores(seed):
    parts = random_partials(seed, 5)
    rng = np.random.default_rng(seed)
    parts = [replace(each, score=rng.permutation(len(each.score)) + rng.random()) for each in parts]
    forward, backward = (vis_ap.summarize(combine(order)) for order in (parts, parts[::-1]))
    assert forward == pytest.approx(backward, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_rows_matters_only_for_ties(seed):
    rng = np.random.default_rng(seed)
    made, _ = random_input(rng, 3)
    made = replace(made, score=rng.permutation(len(made.score)).astype(float))
    distinct = rng.permutation(len(made.overlaps.iou)) / max(len(made.overlaps.iou), 1)
    made = replace(made, overlaps=replace(made.overlaps, iou=distinct))
    new, new_truth = rng.permutation(len(made.score)), rng.permutation(len(made.crowd))
    old = made.overlaps
    shuffled = MatchingInput(
        made.unit[new],
        made.score[new],
        made.area[new],
        made.truth_area[new_truth],
        made.crowd[new_truth],
        Overlaps(np.argsort(new)[old.detection], np.argsort(new_truth)[old.truth], old.iou),
    )
    one, other = (vis_ap.summarize(make_partial(each, SIZE_LIMITS, 1)) for each in (made, shuffled))
    assert one == pytest.approx(other, rel=0, abs=0, nan_ok=True)


def test_the_total_over_classes_is_the_mean_over_classes_with_ground_truth():
    one, other = (
        make_partial(random_input(np.random.default_rng(n), 3)[0], SIZE_LIMITS, n) for n in (1, 2)
    )
    empty = Partial(*(np.zeros(0),) * 4, np.array([3]), np.array([0]), np.zeros((1, 4), int))
    alone = [vis_ap.summarize(each)["AP"] for each in (one, other)]
    assert vis_ap.summarize(combine([one, empty, other]))["AP"] == pytest.approx(np.mean(alone))


@pytest.mark.parametrize("name", ["vis_ap", "coco_box_ap", "coco_mask_ap"])
def test_empty_and_other_partials_survive_json(name):
    family = load_family(name)
    empty = MatchingInput(
        *(np.zeros(0),) * 4, np.zeros(0, bool), Overlaps(*(np.zeros(0, int),) * 3)
    )
    parts = [*random_partials(3, 2), make_partial(empty, SIZE_LIMITS, 5)]
    for partials in ([parts[0]], [parts[2]], parts):
        back = [partial_from_json(family, partial_to_json(each)) for each in partials]
        expected = family.summarize(combine(partials))
        assert family.summarize(combine(back)) == pytest.approx(expected, rel=0, nan_ok=True)
    (back,) = [partial_from_json(family, partial_to_json(parts[2]))]
    assert np.isnan(list(family.summarize(back).values())).all()
    assert family.curves(back) == {}


def test_the_ap_families_can_be_combined_with_hota():
    families = load_families(["hota", "vis_ap", "coco_box_ap", "coco_mask_ap"])
    names = [column.name for family in families.values() for column in family.columns]
    assert len(set(names)) == len(names) == 15 + 3 * 9
