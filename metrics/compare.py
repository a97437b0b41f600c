"""Which variant is better, and how surely: all scores of a data set by a protocol → compare.json.

    python -m metrics.compare --results results --dataset mot17 --protocol mot17
        --variants sort bytetrack --sequences MOT17-02-FRCNN MOT17-04-FRCNN --output compare.json

Two variants are compared on the same sequences. A verdict is SAME where their tracks are equal to
the byte, or where the interval of the difference lies within what counts as no difference; BETTER
or WORSE where the interval leaves 0 out and the exact test, adjusted for all that are compared with
the same baseline, is at most 1 - level; else AMBIGUOUS, as always where there are too few scenes
for any result of that test to be. docs/uncertainty.md has the rules and what they were tried on.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np

from datasets.files import read_json, sha256, write_json
from metrics.family import Family, partial_from_json
from metrics.resampling import (
    chance,
    draw_scenes,
    exchanges,
    half_width,
    holm,
    least_chance,
)
from metrics.score import load_families

Partials = Many[Mapping[str, list[Any]]]  # of each sequence, by family, one a class
SAME, BETTER, WORSE, AMBIGUOUS = "SAME", "BETTER", "WORSE", "AMBIGUOUS"


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


@dataclass(frozen=True)
class Pair:
    """Two variants, by column.

    Args:
        half_width: Half the width of the interval of their difference, None where there is none.
        chance: Of so large a difference, were they alike.
    """

    half_width: list[float | None]
    chance: list[float]


def compare(
    scores: Mapping[str, Many[Mapping[str, Any]]],
    scenes: Many[str],
    identical: Many[tuple[str, str]],
    rules: Rules,
) -> dict[str, Any]:
    """Return what compare.json holds.

    Args:
        scores: By variant, score.json of each sequence.
        scenes: The scene of each sequence: sequences of one scene are drawn together.
        identical: Pairs of variants whose tracks are equal to the byte.
    """
    first = next(iter(scores.values()))[0]
    columns = [
        each for each in first["columns"] if each["better"] and each["unit"] in ("ratio", "count")
    ]
    numbers = np.unique(scenes, return_inverse=True)[1]
    wanted = [each["name"] for each in columns]
    judge = _Judge(_families(first, wanted), wanted, numbers, rules)
    partials = {name: judge.read(each) for name, each in scores.items()}
    samples = {name: judge.bootstrap(each) for name, each in partials.items()}
    totals = {name: judge.total(each) for name, each in partials.items()}
    pairs = {
        frozenset((one, other)): Pair(
            judge.widths(samples[one] - samples[other]),
            judge.chances(partials[one], partials[other]),
        )
        for one, other in combinations(scores, 2)
    }
    same = {frozenset(each) for each in identical}
    verdicts: dict[str, Any] = {name: {other: {} for other in scores} for name in scores}
    for baseline, (place, column) in product(scores, enumerate(columns)):
        others = [name for name in scores if name != baseline]
        chances = [pairs[frozenset((baseline, name))].chance[place] for name in others]
        for name, adjusted in zip(others, holm(chances), strict=True):
            both = frozenset((baseline, name))
            difference = float(totals[name][place] - totals[baseline][place])
            width = pairs[both].half_width[place]
            verdicts[baseline][name][column["name"]] = {
                "half_width": width,
                "chance": adjusted,
                "verdict": SAME
                if both in same
                else verdict(difference, width, adjusted, column, rules),
            }
    count = int(numbers.max()) + 1
    return {
        "protocol": first["protocol"],
        "sequences": len(scenes),
        "scenes": count,
        "rules": vars(rules),
        "least_chance": least_chance(count),
        "half_width": {name: judge.named(judge.widths(each)) for name, each in samples.items()},
        "verdicts": verdicts,
    }


def verdict(
    difference: float,
    half_width: float | None,
    chance: float,
    column: Mapping[str, Any],
    rules: Rules,
) -> str:
    """Return SAME, BETTER, WORSE or AMBIGUOUS for a difference from a baseline.

    Args:
        half_width: Of its interval, None where there is none.
        chance: Adjusted for all that are compared with the same baseline.
        column: Its unit, and which way is better.
    """
    if half_width is None or np.isnan(difference):
        return AMBIGUOUS
    if column["unit"] == "ratio" and abs(difference) + half_width <= rules.same_within:
        return SAME
    if abs(difference) <= half_width or chance > 1 - rules.level:
        return AMBIGUOUS
    return BETTER if (difference > 0) == (column["better"] == "up") else WORSE


class _Judge:
    """Totals of resampled sequences, each computed once."""

    def __init__(
        self, families: Mapping[str, Family], columns: list[str], scenes: np.ndarray, rules: Rules
    ) -> None:
        self._families, self._columns, self._scenes, self._rules = families, columns, scenes, rules
        self._drawn, self._which = np.unique(
            draw_scenes(scenes, rules.repeats, rules.seed), axis=0, return_inverse=True
        )
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

    def bootstrap(self, partials: Partials) -> np.ndarray:
        """Return the columns of each sample, (R, C)."""
        found = [
            self.total([each for each, n in zip(partials, often, strict=True) for _ in range(n)])
            for often in self._drawn
        ]
        return np.array(found)[self._which.ravel()]

    def widths(self, samples: np.ndarray) -> list[float | None]:
        """Return half the width of the interval of each column."""
        count = int(self._scenes.max()) + 1
        return [half_width(column, count, self._rules.level) for column in samples.T]

    def chances(self, one: Partials, other: Partials) -> list[float]:
        """Return the chance of so large a difference of each column, were the two alike."""
        differences = np.array([self._difference(one, other, flip) for flip in self._flips])
        return [chance(np.nan_to_num(column)) for column in differences.T]

    def named(self, values: Many[Any]) -> dict[str, Any]:
        """Return values by column."""
        return dict(zip(self._columns, values, strict=True))

    def _difference(self, one: Partials, other: Partials, flip: np.ndarray) -> np.ndarray:
        sides = [(b, a) if f else (a, b) for a, b, f in zip(one, other, flip, strict=True)]
        return self.total([a for a, _ in sides]) - self.total([b for _, b in sides])


def _families(score: Mapping[str, Any], columns: list[str]) -> dict[str, Family]:
    """Return the families that columns are of."""
    known = load_families(list(next(iter(score["classes"].values()))["partials"]))
    return {
        name: family
        for name, family in known.items()
        if any(column.name in columns for column in family.columns)
    }


def scene_of(sequence: str, pattern: str | None) -> str:
    """Return what a pattern finds in a sequence's name, which is the scene; else the name.

    Raises:
        ValueError: The pattern finds nothing.
    """
    if pattern is None:
        return sequence
    found = re.search(pattern, sequence)
    if found is None:
        raise ValueError(f"scene: {pattern!r} finds nothing in the name {sequence!r}")
    return found[0]


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, help="folder of the variants")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--protocol", required=True)
    parser.add_argument("--variants", nargs="+", required=True)
    parser.add_argument("--sequences", nargs="+", required=True)
    parser.add_argument("--scene", help="pattern that finds the scene in a sequence's name")
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    places = {
        name: [given.results / name / given.dataset / each for each in given.sequences]
        for name in given.variants
    }
    tracks = {
        name: [sha256(place / "tracks.parquet") for place in each] for name, each in places.items()
    }
    content = compare(
        {
            name: [read_json(place / given.protocol / "score.json") for place in each]
            for name, each in places.items()
        },
        [scene_of(each, given.scene) for each in given.sequences],
        [pair for pair in combinations(places, 2) if tracks[pair[0]] == tracks[pair[1]]],
        Rules(),
    )
    write_json(given.output, content)


if __name__ == "__main__":
    main()
