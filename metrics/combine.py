"""Combine the scores of a data set's sequences: every score.json → combined.json.

    python -m metrics.combine --scores a/score.json b/score.json --output combined.json

Counts are added and ratios are computed from the sums, so a total is not the mean over sequences.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

from datasets.io.files import read_json, write_json
from datasets.io.program import run_main
from metrics.family import partial_from_json
from metrics.score import describe, load_families


def combine_scores(scores: Many[dict[str, Any]]) -> dict[str, Any]:
    """Return the total of the score files of one data set, in the format of a score file.

    Raises:
        ValueError: The scores differ in protocol, classes or families.
    """
    kinds = {(score["protocol"], *score["classes"], *_families(score)) for score in scores}
    if len(kinds) > 1:
        raise ValueError(
            "expected scores of one protocol with the same classes and families, found "
            f"{sorted(kinds)}"
        )
    families = load_families(_families(scores[0]))
    totals = {
        kind: {
            name: family.combine(
                [partial_from_json(family, s["classes"][kind]["partials"][name]) for s in scores]
            )
            for name, family in families.items()
        }
        for kind in scores[0]["classes"]
    }
    return describe(scores[0]["protocol"], families, totals)


def _families(score: dict[str, Any]) -> list[str]:
    return list(next(iter(score["classes"].values()))["partials"])


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    write_json(args.output, combine_scores([read_json(path) for path in args.scores]))


if __name__ == "__main__":
    sys.exit(run_main(main))
