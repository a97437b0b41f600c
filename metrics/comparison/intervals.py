"""Confidence intervals and significance tests for values computed from a few sequences.

Sequences of one camera scene are resampled together. Interval: the standard error of a bootstrap
over scenes times Student's t with one degree of freedom less than there are scenes, because a
percentile bootstrap covers far too little with so few (simulation in docs/uncertainty.md). Test:
Fisher's sign-flip permutation test. The two variants are exchanged on every subset of the scenes
and the value is recomputed from the partials of the scenes, which is exact for any distribution.
Holm's step-down procedure controls the family-wise error rate.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993; Fisher, The Design of
Experiments, 1935; Holm, Scandinavian Journal of Statistics, 1979.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np
from scipy.special import stdtrit

MAX_EXACT = 10  # scenes up to which all sign flips are enumerated
MIN_SCENES = 2  # scenes that an interval needs
_ROUNDING = 1e-12


def draw_scenes(scenes: np.ndarray, repeats: int, seed: int) -> np.ndarray:
    """Return the multiplicity of each sequence in each bootstrap sample, (R, S) int.

    Scenes are drawn as a whole.

    Args:
        scenes: (S,) camera scene number of each sequence, 0, 1, ... without gaps.
    """
    count = int(scenes.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, count, (repeats, count))
    counts = np.zeros((repeats, count), np.int64)
    np.add.at(counts, (np.arange(repeats)[:, None], drawn), 1)
    return counts[:, scenes]


def draw_runs(counts: np.ndarray, runs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return samples in which a run is drawn uniformly for each drawn sequence.

    Args:
        counts: (R, S) multiplicity of each sequence in each sample.

    Returns:
        (U, S, runs) multiplicity of each run of each sequence in the unique samples, and (R,) the
        index of each sample among them.
    """
    rng = np.random.default_rng([seed, runs])
    chosen = rng.multinomial(counts, np.full(runs, 1 / runs))
    unique, which = np.unique(chosen.reshape(len(counts), -1), axis=0, return_inverse=True)
    return unique.reshape(-1, *chosen.shape[1:]), which.ravel()


def sign_flips(scenes: np.ndarray, max_count: int, seed: int) -> np.ndarray:
    """Return on which sequences the two variants are exchanged, (F, S) bool, by whole scenes.

    All sign flips for up to MAX_EXACT scenes, otherwise `max_count` random ones. In the first, no
    sequence is exchanged.
    """
    count = int(scenes.max()) + 1
    if count <= MAX_EXACT:
        flips = (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)
    else:
        drawn = np.random.default_rng(seed).integers(0, 2, (max_count - 1, count), dtype=bool)
        flips = np.concatenate([np.zeros((1, count), bool), drawn])
    return flips[:, scenes]


def half_width(samples: np.ndarray, scene_count: int, level: float) -> float | None:
    """Return half the width of the confidence interval, None for fewer than MIN_SCENES scenes.

    Args:
        samples: (R,) value in each bootstrap sample; NaN where it is undefined.
        level: Confidence level, such as 0.95.
    """
    defined = samples[~np.isnan(samples)]
    if scene_count < MIN_SCENES or len(defined) < MIN_SCENES:
        return None
    quantile = float(stdtrit(scene_count - 1, (1 + level) / 2))
    return quantile * float(defined.std(ddof=1))


def p_value(differences: np.ndarray) -> float:
    """Return the share of sign flips with a difference at least as large as the observed one.

    Args:
        differences: (F,) signed difference for each sign flip; the first is the observed one.
    """
    observed = abs(differences[0]) * (1 - _ROUNDING) - _ROUNDING
    return float((np.abs(differences) >= observed).mean())


def holm(p_values: Many[float]) -> list[float]:
    """Return the p-values adjusted for multiple comparisons by Holm's procedure."""
    order = np.argsort(p_values, kind="stable")
    raised = np.asarray(p_values, float)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return [float(each) for each in adjusted]


def min_p_value(scene_count: int) -> float:
    """Return the minimum p-value for this number of scenes: two of all sign flips are extreme."""
    return min(1.0, 2.0 ** (1 - scene_count))
