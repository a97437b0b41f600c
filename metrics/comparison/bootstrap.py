"""Totals of sequences drawn again, and of sequences on which two variants change sides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np

from metrics.comparison.intervals import chance, draw_runs, draw_scenes, exchanges, half_width
from metrics.family import Family, partial_from_json
from metrics.score import load_families

Partials = Many[Mapping[str, list[Any]]]  # of each sequence, by family, one a class


@dataclass(frozen=True)
class Rules:
    """When two variants differ.

    Args:
        level: Of the intervals; 1 less it bounds the chance of a false verdict.
        same_within: Of a ratio; so small a difference is none.
        repeats: Bootstrap samples, and exchanges where there are too many to try all.
        seed: Of what is drawn.
    """

    level: float = 0.95
    same_within: float = 0.005
    repeats: int = 1000
    seed: int = 0


class Judge:
    """Totals of resampled sequences, each computed once.

    Args:
        columns: That are judged.
        scenes: (S,) number of the scene of each sequence, from 0 without a gap.
    """

    def __init__(
        self, families: Mapping[str, Family], columns: list[str], scenes: np.ndarray, rules: Rules
    ) -> None:
        self._families, self._columns, self._scenes, self._rules = families, columns, scenes, rules
        self._often = draw_scenes(scenes, rules.repeats, rules.seed)
        self._flips = exchanges(scenes, rules.repeats, rules.seed)

    def read(self, scores: Many[Mapping[str, Any]]) -> Partials:
        """Return the partials of each sequence."""
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
        """Return the columns of sequences together, (C,), NaN where there is no number."""
        values: dict[str, float] = {}
        for name, family in self._families.items():
            parts = [part for sequence in partials for part in sequence[name]]
            values |= family.summarize(parts[0] if len(parts) == 1 else family.combine(parts))
        return np.array([values[name] for name in self._columns], float)

    def mean(self, runs: Many[Partials]) -> np.ndarray:
        """Return the columns of each run's sequences together, and of them the mean, (C,)."""
        totals: np.ndarray = np.mean([self.total(each) for each in runs], axis=0)
        return totals

    def bootstrap(self, runs: Many[Partials]) -> np.ndarray:
        """Return the columns of each sample, (R, C)."""
        drawn, which = draw_runs(self._often, len(runs), self._rules.seed)
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

    def widths(self, samples: np.ndarray) -> list[float | None]:
        """Return half the width of the interval of each column."""
        count = int(self._scenes.max()) + 1
        return [half_width(column, count, self._rules.level) for column in samples.T]

    def chances(self, one: Many[Partials], other: Many[Partials]) -> list[float]:
        """Return the chance of so large a difference of each column, were the two alike.

        On a scene the runs of one change sides with those of the other, all together.
        """
        differences = np.array([self._difference(one, other, flip) for flip in self._flips])
        return [chance(np.nan_to_num(column)) for column in differences.T]

    def named(self, values: Many[Any]) -> dict[str, Any]:
        """Return values by column."""
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
    """Return the families that columns are of."""
    known = load_families(list(next(iter(score["classes"].values()))["partials"]))
    return {
        name: family
        for name, family in known.items()
        if any(column.name in columns for column in family.columns)
    }
