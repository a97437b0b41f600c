"""The coverage of the intervals and the error rate of the tests."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.comparison.intervals import (
    draw_runs,
    draw_scenes,
    half_width,
    holm,
    min_p_value,
    p_value,
    sign_flips,
)

REPEATS = 1000
SIMULATIONS = 2000  # gives a rate of 5 % a standard error of 0.5 %


def test_a_sample_draws_as_many_scenes_as_there_are_and_keeps_scenes_whole():
    counts = draw_scenes(np.array([0, 0, 1, 2]), 50, seed=1)
    assert (counts[:, 0] == counts[:, 1]).all()
    assert (counts[:, 1:].sum(axis=1) == 3).all()


def test_all_sign_flips_of_few_scenes_are_enumerated_once():
    flips = sign_flips(np.array([0, 1, 1]), 1000, seed=1)
    assert sorted(map(tuple, flips.tolist())) == [
        (False, False, False),
        (False, True, True),
        (True, False, False),
        (True, True, True),
    ]
    assert not flips[0].any()


def test_sign_flips_of_many_scenes_are_random_and_the_first_exchanges_none():
    flips = sign_flips(np.arange(30), 200, seed=1)
    assert flips.shape == (200, 30)
    assert not flips[0].any()
    assert 0.45 < flips[1:].mean() < 0.55


def test_an_interval_of_two_scenes_uses_students_t_with_one_degree_of_freedom():
    samples = np.array([0.0, 2.0, 0.0, 2.0])
    assert half_width(samples, 2, 0.95) == pytest.approx(12.7062 * samples.std(ddof=1), rel=1e-5)


def test_one_scene_gives_no_interval():
    assert half_width(np.array([0.4, 0.5]), 1, 0.95) is None


def test_an_undefined_sample_is_excluded():
    assert half_width(np.array([1.0, np.nan, 3.0]), 3, 0.95) == half_width(
        np.array([1.0, 3.0]), 3, 0.95
    )


def test_the_p_value_is_the_share_of_sign_flips_that_are_as_extreme():
    assert p_value(np.array([3.0, 1.0, -3.0, -1.0])) == 0.5
    assert p_value(np.array([0.0, 1.0, -1.0, 0.0])) == 1.0


def test_four_scenes_give_no_p_value_below_one_eighth():
    sides = np.array([1.0, 2.0, 3.0, 4.0])
    flips = sign_flips(np.arange(4), 1000, seed=0)
    assert p_value(np.where(flips, -sides, sides).sum(axis=1)) == min_p_value(4) == 0.125


def test_holm_multiplies_the_minimum_by_the_count_and_is_monotonic():
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def simulated(rng, shape):
    """Return true positives and rows of sequences with heavy-tailed lengths and varying recall."""
    rows = np.exp(rng.normal(6, 0.8, shape)).round() + 20
    return rng.beta(6, 3, shape) * rows, rows


def ratio(counts, true_positives, rows):
    return counts @ true_positives / (counts @ rows)


@pytest.mark.slow
@pytest.mark.parametrize("count", [7, 12, 25])
def test_a_95_per_cent_interval_covers_the_true_value_in_at_least_90_per_cent(count):
    rng = np.random.default_rng(count)
    true_value = 6 / 9  # length and recall of a sequence are independent
    covered = 0
    for number in range(SIMULATIONS):
        true_positives, rows = simulated(rng, count)
        samples = ratio(draw_scenes(np.arange(count), REPEATS, number), true_positives, rows)
        width = half_width(samples, count, 0.95)
        covered += abs(true_positives.sum() / rows.sum() - true_value) <= width
    assert covered / SIMULATIONS >= 0.90


@pytest.mark.slow
@pytest.mark.parametrize("count", [7, 12, 25])
def test_equal_variants_are_found_different_in_at_most_6_per_cent(count):
    rng = np.random.default_rng(100 + count)
    wrong = 0
    for number in range(SIMULATIONS):
        true_positives, rows = simulated(rng, count)
        recall = true_positives / rows
        noise = rng.normal(0, 0.08, (2, count)) * np.sqrt(recall * (1 - recall))
        one, other = np.clip(recall + noise, 0, 1) * rows
        flips = sign_flips(np.arange(count), REPEATS, number)
        swapped = np.where(flips, other - one, one - other).sum(axis=1) / rows.sum()
        counts = draw_scenes(np.arange(count), REPEATS, number)
        width = half_width(ratio(counts, one - other, rows), count, 0.95)
        wrong += p_value(swapped) <= 0.05 and abs(swapped[0]) > width
    assert wrong / SIMULATIONS <= 0.06
    if count > 7:  # a test without any power would also satisfy the bound above
        assert wrong / SIMULATIONS >= 0.005


def test_all_runs_of_a_sequence_are_drawn_equally_often():
    counts = draw_scenes(np.arange(6), 2000, seed=3)
    drawn, which = draw_runs(counts, 3, seed=3)
    assert np.array_equal(drawn[which].sum(2), counts)
    share = drawn[which].sum((0, 1)) / counts.sum()
    assert share == pytest.approx([1 / 3] * 3, abs=0.015)  # 12,000 draws: 3.5 standard deviations
    single, which = draw_runs(counts, 1, seed=3)
    assert np.array_equal(single[which][..., 0], counts)
