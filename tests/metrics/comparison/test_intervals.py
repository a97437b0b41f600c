"""Intervals that hold what they promise, and tests that do not cry wolf."""

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
SIMULATIONS = 2000  # a rate of 5 % is then known to half a per cent


def test_a_sample_holds_as_many_scenes_as_there_are_and_scenes_stay_whole():
    often = draw_scenes(np.array([0, 0, 1, 2]), 50, seed=1)
    assert (often[:, 0] == often[:, 1]).all()
    assert (often[:, 1:].sum(axis=1) == 3).all()


def test_few_scenes_are_exchanged_in_every_way_once():
    flips = sign_flips(np.array([0, 1, 1]), 1000, seed=1)
    assert sorted(map(tuple, flips.tolist())) == [
        (False, False, False),
        (False, True, True),
        (True, False, False),
        (True, True, True),
    ]
    assert not flips[0].any()


def test_many_scenes_are_exchanged_as_often_as_asked_and_not_at_all_first():
    flips = sign_flips(np.arange(30), 200, seed=1)
    assert flips.shape == (200, 30)
    assert not flips[0].any()
    assert 0.45 < flips[1:].mean() < 0.55


def test_an_interval_of_two_scenes_is_as_wide_as_student_says():
    samples = np.array([0.0, 2.0, 0.0, 2.0])
    assert half_width(samples, 2, 0.95) == pytest.approx(12.7062 * samples.std(ddof=1), rel=1e-5)


def test_one_scene_tells_no_interval():
    assert half_width(np.array([0.4, 0.5]), 1, 0.95) is None


def test_a_sample_without_a_number_is_left_out():
    assert half_width(np.array([1.0, np.nan, 3.0]), 3, 0.95) == half_width(
        np.array([1.0, 3.0]), 3, 0.95
    )


def test_the_chance_is_the_share_of_exchanges_that_are_as_extreme():
    assert p_value(np.array([3.0, 1.0, -3.0, -1.0])) == 0.5
    assert p_value(np.array([0.0, 1.0, -1.0, 0.0])) == 1.0


def test_four_scenes_can_give_no_chance_below_an_eighth():
    sides = np.array([1.0, 2.0, 3.0, 4.0])
    flips = sign_flips(np.arange(4), 1000, seed=0)
    assert p_value(np.where(flips, -sides, sides).sum(axis=1)) == min_p_value(4) == 0.125


def test_holm_multiplies_the_smallest_by_all_and_never_falls():
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def simulated(rng, shape):
    """Hits and rows of sequences: lengths with a heavy tail, and how right each is."""
    rows = np.exp(rng.normal(6, 0.8, shape)).round() + 20
    return rng.beta(6, 3, shape) * rows, rows


def ratio(often, hits, rows):
    return often @ hits / (often @ rows)


@pytest.mark.slow
@pytest.mark.parametrize("count", [7, 12, 25])
def test_an_interval_of_95_per_cent_holds_the_truth_in_90_at_least(count):
    rng = np.random.default_rng(count)
    truth = 6 / 9  # lengths and how right a sequence is are independent
    covered = 0
    for number in range(SIMULATIONS):
        hits, rows = simulated(rng, count)
        samples = ratio(draw_scenes(np.arange(count), REPEATS, number), hits, rows)
        width = half_width(samples, count, 0.95)
        covered += abs(hits.sum() / rows.sum() - truth) <= width
    assert covered / SIMULATIONS >= 0.90


@pytest.mark.slow
@pytest.mark.parametrize("count", [7, 12, 25])
def test_two_that_are_alike_differ_in_no_more_than_6_per_cent(count):
    rng = np.random.default_rng(100 + count)
    wrong = 0
    for number in range(SIMULATIONS):
        hits, rows = simulated(rng, count)
        ease = hits / rows
        noise = rng.normal(0, 0.08, (2, count)) * np.sqrt(ease * (1 - ease))
        one, other = np.clip(ease + noise, 0, 1) * rows
        flips = sign_flips(np.arange(count), REPEATS, number)
        swapped = np.where(flips, other - one, one - other).sum(axis=1) / rows.sum()
        often = draw_scenes(np.arange(count), REPEATS, number)
        width = half_width(ratio(often, one - other, rows), count, 0.95)
        wrong += p_value(swapped) <= 0.05 and abs(swapped[0]) > width
    assert wrong / SIMULATIONS <= 0.06
    if count > 7:  # a test that never says anything would pass too
        assert wrong / SIMULATIONS >= 0.005


def test_each_run_of_a_sequence_is_drawn_as_often_as_the_others():
    often = draw_scenes(np.arange(6), 2000, seed=3)
    drawn, which = draw_runs(often, 3, seed=3)
    assert np.array_equal(drawn[which].sum(2), often)
    share = drawn[which].sum((0, 1)) / often.sum()
    assert share == pytest.approx([1 / 3] * 3, abs=0.015)  # 12,000 draws: 3.5 deviations
    alone, which = draw_runs(often, 1, seed=3)
    assert np.array_equal(alone[which][..., 0], often)
