"""How sure a number is that comes from a few sequences, and a difference between two such numbers.

Interval: Student's t of the scenes less one times the standard error of a bootstrap over scenes, as
a percentile bootstrap covers far too little with so few (docs/uncertainty.md has the simulation).
Test: the two sides of each scene are exchanged in every way there is (Fisher's sign flips, with the
number computed anew from what the scenes add up), which is exact whatever the distribution. Holm's
step-down keeps the chance of any false alarm in a family of tests.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993; Fisher, The Design of
Experiments, 1935; Holm, Scandinavian Journal of Statistics, 1979.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np
from scipy.special import stdtrit

MOST_EXACT = 10  # scenes whose sign flips are all tried
FEWEST = 2  # scenes that an interval can be told from
_ROUNDING = 1e-12


def draw_scenes(scenes: np.ndarray, repeats: int, seed: int) -> np.ndarray:
    """Return how often each sequence is in each bootstrap sample, (R, S) int, by whole scenes.

    Args:
        scenes: (S,) number of the scene of each sequence, from 0 without a gap.
    """
    count = int(scenes.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, count, (repeats, count))
    often = np.zeros((repeats, count), np.int64)
    np.add.at(often, (np.arange(repeats)[:, None], drawn), 1)
    return often[:, scenes]


def draw_runs(often: np.ndarray, runs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return samples in which each sequence that is drawn is one of its runs, each drawn alike.

    Args:
        often: (R, S) how often each sequence is in each sample.

    Returns:
        (U, S, runs) how often each run of each sequence is in a sample, no two of them the same,
        and (R,) which of these each sample is.
    """
    rng = np.random.default_rng([seed, runs])
    chosen = rng.multinomial(often, np.full(runs, 1 / runs))
    different, which = np.unique(chosen.reshape(len(often), -1), axis=0, return_inverse=True)
    return different.reshape(-1, *chosen.shape[1:]), which.ravel()


def exchanges(scenes: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return which sequences change sides, (F, S) bool, by whole scenes.

    All ways up to MOST_EXACT scenes; else `most` of them drawn, and none changed first.
    """
    count = int(scenes.max()) + 1
    if count <= MOST_EXACT:
        flips = (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)
    else:
        drawn = np.random.default_rng(seed).integers(0, 2, (most - 1, count), dtype=bool)
        flips = np.concatenate([np.zeros((1, count), bool), drawn])
    return flips[:, scenes]


def half_width(samples: np.ndarray, scene_count: int, level: float) -> float | None:
    """Return half the width of the interval, None for fewer than FEWEST scenes.

    Args:
        samples: (R,) the number in each bootstrap sample; NaN where it has none.
        level: Such as 0.95.
    """
    there = samples[~np.isnan(samples)]
    if scene_count < FEWEST or len(there) < FEWEST:
        return None
    quantile = float(stdtrit(scene_count - 1, (1 + level) / 2))
    return quantile * float(there.std(ddof=1))


def chance(differences: np.ndarray) -> float:
    """Return the share of exchanges whose difference is as large as the first, which is observed.

    Args:
        differences: (F,) of either sign.
    """
    observed = abs(differences[0]) * (1 - _ROUNDING) - _ROUNDING
    return float((np.abs(differences) >= observed).mean())


def holm(chances: Many[float]) -> list[float]:
    """Return the chances adjusted for being looked at together."""
    order = np.argsort(chances, kind="stable")
    raised = np.asarray(chances, float)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return [float(each) for each in adjusted]


def least_chance(scene_count: int) -> float:
    """Return the smallest chance that so many scenes can give: both signs of the extreme case."""
    return min(1.0, 2.0 ** (1 - scene_count))
