"""Totals of bootstrap samples of sequences, and permutation tests of two variants."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np

from metrics.comparison.intervals import draw_runs, draw_scenes, half_width, p_value, sign_flips
from metrics.family import Family, partial_from_json
from metrics.score import load_families

Partials = Many[Mapping[str, list[Any]]]  # per sequence and family, one Partial per class


@dataclass(frozen=True)
class Rules:
    """Parameters of the comparison of two variants.

    Args:
        level: Confidence level; 1 - level bounds the probability of a false verdict.
        same_within: Maximum difference of a ratio that counts as no difference.
        repeats: Number of bootstrap samples, and of sign flips if they are not enumerated.
        seed: Seed of the random number generators.
    """

    level: float = 0.95
    same_within: float = 0.005
    repeats: int = 1000
    seed: int = 0


class Bootstrap:
    """Totals of resampled sequences; each unique sample is computed once.

    Args:
        columns: Names of the compared columns.
        scenes: (S,) camera scene number of each sequence, 0, 1, ... without gaps.
    """

    def __init__(
        self, families: Mapping[str, Family], columns: list[str], scenes: np.ndarray, rules: Rules
    ) -> None:
        self._families, self._columns, self._scenes, self._rules = families, columns, scenes, rules
        self._counts = draw_scenes(scenes, rules.repeats, rules.seed)
        self._flips = sign_flips(scenes, rules.repeats, rules.seed)

    def read(self, scores: Many[Mapping[str, Any]]) -> Partials:
        """Return the partials of each sequence, given the content of its score file."""
        return [
            {
                name: [
                    partial_from_json(family, each["partials"][name])
                    for each in score["classes"].values()
                ]
                for name, family in self._families.items()
            }
            for score in scores
        ]

    def total(self, partials: Partials) -> np.ndarray:
        """Return the columns of the sequences combined, (C,), NaN where they are undefined."""
        values: dict[str, float] = {}
        for name, family in self._families.items():
            parts = [part for sequence in partials for part in sequence[name]]
            values |= family.summarize(parts[0] if len(parts) == 1 else family.combine(parts))
        return np.array([values[name] for name in self._columns], float)

    def mean(self, runs: Many[Partials]) -> np.ndarray:
        """Return the mean over runs of the combined columns, (C,)."""
        totals: np.ndarray = np.mean([self.total(each) for each in runs], axis=0)
        return totals

    def resample(self, runs: Many[Partials]) -> np.ndarray:
        """Return the columns of each bootstrap sample, (R, C)."""
        drawn, which = draw_runs(self._counts, len(runs), self._rules.seed)
        found = [
            self.total(
                [
                    runs[run][sequence]
                    for sequence, run in zip(*each.nonzero(), strict=True)
                    for _ in range(each[sequence, run])
                ]
            )
            for each in drawn
        ]
        return np.array(found)[which]

    def half_widths(self, samples: np.ndarray) -> list[float | None]:
        """Return half the width of the confidence interval of each column."""
        count = int(self._scenes.max()) + 1
        return [half_width(column, count, self._rules.level) for column in samples.T]

    def p_values(self, one: Many[Partials], other: Many[Partials]) -> list[float]:
        """Return the p-value of the difference of each column between two variants.

        All runs on a scene are exchanged together.
        """
        differences = np.array([self._difference(one, other, flip) for flip in self._flips])
        return [p_value(np.nan_to_num(column)) for column in differences.T]

    def by_column(self, values: Many[Any]) -> dict[str, Any]:
        """Return the values keyed by column name."""
        return dict(zip(self._columns, values, strict=True))

    def _difference(
        self, one: Many[Partials], other: Many[Partials], flip: np.ndarray
    ) -> np.ndarray:
        count = math.lcm(len(one), len(other))
        sides = [
            [(b, a) if f else (a, b) for a, b, f in zip(first, second, flip, strict=True)]
            for first, second in islice(zip(cycle(one), cycle(other), strict=False), count)
        ]
        left = self.mean([[a for a, _ in each] for each in sides])
        return left - self.mean([[b for _, b in each] for each in sides])


def families_of(score: Mapping[str, Any], columns: list[str]) -> dict[str, Family]:
    """Return the families that have any of the columns."""
    known = load_families(list(next(iter(score["classes"].values()))["partials"]))
    return {
        name: family
        for name, family in known.items()
        if any(column.name in columns for column in family.columns)
    }
