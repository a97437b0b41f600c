"""Time box scoring against TrackEval, from files to numbers.

    python -m bench.box_scoring --truth MOT17/train --results lif_t --output bench/box_scoring.json

Both read the same MOTChallenge files, preprocess for MOT17 and compute HOTA, CLEAR and Identity per
sequence and combined.
"""

from __future__ import annotations

import argparse
import sys

from bench.material import side_by_side
from bench.material.side_by_side import ToolResult
from datasets.io.program import run_main

_FAMILIES = ("hota", "clear", "identity")


def ours(args: argparse.Namespace) -> ToolResult:
    """Return our combined values."""
    from metrics.evaluate import evaluate
    from metrics.task import Task

    names = tuple(_names(args))
    found = evaluate(Task("mot17", "mot16", args.truth, args.results, _FAMILIES, names), jobs=1)
    return ToolResult(found["classes"]["pedestrian"]["combined"])


def theirs(args: argparse.Namespace) -> ToolResult:
    """Return TrackEval's combined values."""
    from metrics.crosscheck import trackeval_run

    lengths = dict.fromkeys(_names(args))
    setting = trackeval_run.mot_challenge(args.truth, args.results, lengths, "MOT17")
    found = trackeval_run.run(setting, [setting.only_class], trackeval_run.OF_TRACKS)
    return ToolResult(trackeval_run.numbers(found.combined[setting.only_class]))


def _names(args: argparse.Namespace) -> list[str]:
    return sorted(path.stem for path in args.results.glob("*.txt"))


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side_by_side.add_arguments(parser)
    comparison = side_by_side.Comparison(
        "bench.box_scoring",
        "HOTA, CLEAR and Identity of boxes with MOT17 preprocessing, files to numbers, one core",
        {"ours": ours, "trackeval": theirs},
        ("HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDSW", "Frag", "MT", "IDF1", "IDTP"),
    )
    side_by_side.run(comparison, parser.parse_args())


if __name__ == "__main__":
    sys.exit(run_main(main))
