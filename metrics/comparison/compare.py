"""Which variant is better, and how surely: all scores of a data set by a protocol → compare.json.

    python -m metrics.comparison.compare --results results --dataset mot17 --protocol mot17
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
import sys
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import read_json, sha256, write_json
from datasets.io.program import run_main
from datasets.run_layout import SCORE, TRACKS
from metrics.comparison.bootstrap import Judge, Rules, families_of
from metrics.comparison.intervals import holm, least_chance

Scores = Many[Mapping[str, Any]]  # score.json of each sequence
SAME, BETTER, WORSE, AMBIGUOUS = "SAME", "BETTER", "WORSE", "AMBIGUOUS"


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
    scores: Mapping[str, Scores],
    scenes: Many[str],
    identical: Many[tuple[str, str]],
    rules: Rules,
    again: Mapping[str, Many[Scores]] | None = None,
) -> dict[str, Any]:
    """Return what compare.json holds.

    Args:
        scores: By variant.
        scenes: The scene of each sequence: sequences of one scene are drawn together.
        identical: Pairs of variants whose tracks are equal to the byte.
        again: Of variants that answer otherwise when they run again: further runs. A total is then
            the mean of the runs, and a bootstrap sample draws one for each sequence in it.
    """
    first = next(iter(scores.values()))[0]
    columns = [
        each for each in first["columns"] if each["better"] and each["unit"] in ("ratio", "count")
    ]
    numbers = np.unique(scenes, return_inverse=True)[1]
    wanted = [each["name"] for each in columns]
    judge = Judge(families_of(first, wanted), wanted, numbers, rules)
    more = again or {}
    runs = {
        name: [judge.read(run) for run in (each, *more.get(name, []))]
        for name, each in scores.items()
    }
    samples = {name: judge.bootstrap(each) for name, each in runs.items()}
    totals = {name: judge.mean(each) for name, each in runs.items()}
    pairs = {
        frozenset((one, other)): Pair(
            judge.widths(samples[one] - samples[other]),
            judge.chances(runs[one], runs[other]),
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
        "runs": {name: len(each) for name, each in runs.items()},
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


@dataclass(frozen=True)
class _Runs:
    """The runs of one variant: of those whose tracks are all equal to the byte, one.

    Args:
        digests: SHA-256 of the tracks of each sequence, of each run.
    """

    scores: list[Scores]
    digests: list[list[str]]


def _read_runs(args: argparse.Namespace, variant: str) -> _Runs:
    names = [variant, *(name for name in args.again if name.split("@")[0] == variant)]
    places = [
        [args.results / name / args.dataset / each for each in args.sequences] for name in names
    ]
    digests = [[sha256(place / TRACKS) for place in each] for each in places]
    if all(each == digests[0] for each in digests):
        places, digests = places[:1], digests[:1]
    scores: list[Scores] = [
        [read_json(place / args.protocol / SCORE) for place in each] for each in places
    ]
    return _Runs(scores, digests)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True, help="folder of the variants")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--protocol", required=True)
    parser.add_argument("--variants", nargs="+", required=True)
    parser.add_argument("--sequences", nargs="+", action="extend", required=True)
    parser.add_argument("--scene", help="pattern that finds the scene in a sequence's name")
    parser.add_argument("--again", nargs="*", default=[], help="further runs, as sort@run2")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    found = {name: _read_runs(args, name) for name in args.variants}
    content = compare(
        {name: runs.scores[0] for name, runs in found.items()},
        [scene_of(each, args.scene) for each in args.sequences],
        [
            (one, other)
            for one, other in combinations(found, 2)
            if found[one].digests == found[other].digests
        ],
        Rules(),
        {name: runs.scores[1:] for name, runs in found.items()},
    )
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
