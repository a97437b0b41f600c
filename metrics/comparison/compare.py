"""Compare variants pairwise: all scores of a data set by one protocol → compare.json.

    python -m metrics.comparison.compare --results results --dataset mot17 --protocol mot17
        --variants sort bytetrack --sequences MOT17-02-FRCNN MOT17-04-FRCNN --output compare.json

Two variants are compared on the same sequences. The verdict is SAME if their track files are
byte-identical, or if the confidence interval of the difference lies within the tolerance. It is
BETTER or WORSE if the interval excludes 0 and the p-value of the exact test, adjusted for all
variants compared with the same baseline, is at most 1 - level. Otherwise it is AMBIGUOUS, which is
always so if there are too few scenes to reach that p-value. The rules and their validation are in
docs/uncertainty.md.
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
from metrics.comparison.bootstrap import Bootstrap, Rules, families_of
from metrics.comparison.intervals import holm, min_p_value

Scores = Many[Mapping[str, Any]]  # score.json of each sequence
SAME, BETTER, WORSE, AMBIGUOUS = "SAME", "BETTER", "WORSE", "AMBIGUOUS"


@dataclass(frozen=True)
class Pair:
    """Comparison of two variants, by column.

    Args:
        half_width: Half the width of the confidence interval of their difference, None without an
            interval.
        p_value: P-value of their difference.
    """

    half_width: list[float | None]
    p_value: list[float]


def compare(
    scores: Mapping[str, Scores],
    scenes: Many[str],
    identical: Many[tuple[str, str]],
    rules: Rules,
    again: Mapping[str, Many[Scores]] | None = None,
) -> dict[str, Any]:
    """Return the content of compare.json.

    Args:
        scores: Score files by variant.
        scenes: Camera scene of each sequence; sequences of one scene are resampled together.
        identical: Pairs of variants whose track files are byte-identical.
        again: Further runs of variants whose output differs from run to run. A total is then the
            mean over runs, and a bootstrap sample draws one run for each sequence in it.
    """
    first = next(iter(scores.values()))[0]
    columns = [
        each for each in first["columns"] if each["better"] and each["unit"] in ("ratio", "count")
    ]
    numbers = np.unique(scenes, return_inverse=True)[1]
    wanted = [each["name"] for each in columns]
    bootstrap = Bootstrap(families_of(first, wanted), wanted, numbers, rules)
    more = again or {}
    runs = {
        name: [bootstrap.read(run) for run in (each, *more.get(name, []))]
        for name, each in scores.items()
    }
    samples = {name: bootstrap.resample(each) for name, each in runs.items()}
    totals = {name: bootstrap.mean(each) for name, each in runs.items()}
    pairs = {
        frozenset((one, other)): Pair(
            bootstrap.half_widths(samples[one] - samples[other]),
            bootstrap.p_values(runs[one], runs[other]),
        )
        for one, other in combinations(scores, 2)
    }
    same = {frozenset(each) for each in identical}
    verdicts: dict[str, Any] = {name: {other: {} for other in scores} for name in scores}
    for baseline, (place, column) in product(scores, enumerate(columns)):
        compared = [name for name in scores if name != baseline]
        p_values = [pairs[frozenset((baseline, name))].p_value[place] for name in compared]
        for name, adjusted in zip(compared, holm(p_values), strict=True):
            both = frozenset((baseline, name))
            difference = float(totals[name][place] - totals[baseline][place])
            width = pairs[both].half_width[place]
            verdicts[baseline][name][column["name"]] = {
                "half_width": width,
                "p_value": adjusted,
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
        "min_p_value": min_p_value(count),
        "half_width": {
            name: bootstrap.by_column(bootstrap.half_widths(each)) for name, each in samples.items()
        },
        "verdicts": verdicts,
    }


def verdict(
    difference: float,
    half_width: float | None,
    p_value: float,
    column: Mapping[str, Any],
    rules: Rules,
) -> str:
    """Return SAME, BETTER, WORSE or AMBIGUOUS for a difference from a baseline.

    Args:
        half_width: Half the width of its confidence interval, None without an interval.
        p_value: P-value, adjusted for all variants compared with the same baseline.
        column: Unit of the column and its direction of improvement.
    """
    if half_width is None or np.isnan(difference):
        return AMBIGUOUS
    if column["unit"] == "ratio" and abs(difference) + half_width <= rules.same_within:
        return SAME
    if abs(difference) <= half_width or p_value > 1 - rules.level:
        return AMBIGUOUS
    return BETTER if (difference > 0) == (column["better"] == "up") else WORSE


def camera_scene(sequence: str, pattern: str | None) -> str:
    """Return the camera scene: the part of a sequence's name that matches the pattern.

    Without a pattern, every sequence is a scene of its own.

    Raises:
        ValueError: The pattern does not match.
    """
    if pattern is None:
        return sequence
    found = re.search(pattern, sequence)
    if found is None:
        raise ValueError(
            f"scene: expected a name that matches {pattern!r}, found sequence {sequence!r}"
        )
    return found[0]


@dataclass(frozen=True)
class _Runs:
    """Runs of one variant; a single one if all track files are byte-identical.

    Args:
        digests: SHA-256 of the track file of each sequence, for each run.
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
    parser.add_argument("--results", type=Path, required=True, help="folder with all variants")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--protocol", required=True)
    parser.add_argument("--variants", nargs="+", required=True)
    parser.add_argument("--sequences", nargs="+", action="extend", required=True)
    parser.add_argument("--scene", help="regular expression of the camera scene in a sequence name")
    parser.add_argument("--again", nargs="*", default=[], help="further runs, such as sort@run2")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    found = {name: _read_runs(args, name) for name in args.variants}
    content = compare(
        {name: runs.scores[0] for name, runs in found.items()},
        [camera_scene(each, args.scene) for each in args.sequences],
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
