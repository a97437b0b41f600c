"""Time mask scoring against TrackEval, from files to numbers.

    python -m bench.mask_scoring --truth instances_txt --results /tmp/workdir
        --output bench/mask_scoring.json

Both read the same KITTI-MOTS files, apply the ignore regions, and compute HOTA, CLEAR and Identity
per sequence and combined. The results are the ground truth with seeded errors, written to
`--results` if absent.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.material import side_by_side
from bench.material.side_by_side import ToolResult
from datasets.io.files import read_json
from datasets.io.program import run_main

_FAMILIES = ("hota", "clear", "identity")
_LENGTHS = "lengths.json"  # beside the results
_CLASSES = ("car", "pedestrian")
_COMPARED = ("HOTA", "DetA", "AssA", "LocA", "sMOTA", "MOTA", "MOTP", "IDSW", "Frag", "IDF1")


def ours(args: argparse.Namespace) -> ToolResult:
    """Return our combined values."""
    from metrics.evaluate import evaluate
    from metrics.task import Task

    names = tuple(_names(args.truth))
    task = Task("kitti_mots", "kitti_mots", args.truth, args.results, _FAMILIES, names)
    classes = evaluate(task, jobs=1)["classes"]
    return _flat({name: classes[name]["combined"] for name in _CLASSES})


def theirs(args: argparse.Namespace) -> ToolResult:
    """Return TrackEval's combined values."""
    from metrics.crosscheck import trackeval_run

    lengths = read_json(args.results / _LENGTHS)
    setting = trackeval_run.kitti_mots(args.truth, args.results, lengths)
    found = trackeval_run.run(setting, _CLASSES, trackeval_run.OF_TRACKS)
    return _flat({name: trackeval_run.numbers(each) for name, each in found.combined.items()})


def _names(truth: Path) -> list[str]:
    return sorted(path.stem for path in truth.glob("*.txt"))


def _flat(classes: Mapping[str, side_by_side.Scores]) -> ToolResult:
    """Return the values of all classes, named by class and column."""
    return ToolResult(
        {f"{name} {key}": float(v) for name, each in classes.items() for key, v in each.items()}
    )


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side_by_side.add_arguments(parser)
    args = parser.parse_args()
    lengths = args.results / _LENGTHS
    if args.tool is None and not lengths.is_file():
        from bench.material.inputs import make_masks

        make_masks(args.truth, args.results, lengths)
    comparison = side_by_side.Comparison(
        "bench.mask_scoring",
        "HOTA, CLEAR and Identity of KITTI-MOTS masks, files to numbers, one core",
        {"ours": ours, "trackeval": theirs},
        tuple(f"{name} {key}" for name in _CLASSES for key in _COMPARED),
    )
    side_by_side.run(comparison, args)


if __name__ == "__main__":
    sys.exit(run_main(main))
