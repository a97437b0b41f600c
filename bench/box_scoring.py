"""Scoring boxes against TrackEval, from files to numbers.

    python -m bench.box_scoring --truth MOT17/train --results lif_t --output bench/box_scoring.json

Both read the same MOTChallenge files, preprocess for MOT17 and compute HOTA, CLEAR and Identity per
sequence and combined.
"""

from __future__ import annotations

import argparse

from bench import side_by_side
from metrics.evaluate import Task, evaluate
from metrics.reference import COMBINED
from metrics.references import trackeval as reference

_FAMILIES = ("hota", "clear", "identity")


def ours(given: argparse.Namespace) -> side_by_side.Scores:
    """Return our combined values."""
    names = tuple(sorted(path.stem for path in given.results.glob("*.txt")))
    found = evaluate(Task("mot17", "mot16", given.truth, given.results, _FAMILIES, names), jobs=1)
    combined: side_by_side.Scores = found["classes"]["pedestrian"]["combined"]
    return combined


def theirs(given: argparse.Namespace) -> side_by_side.Scores:
    """Return TrackEval's combined values."""
    import trackeval

    names = sorted(path.stem for path in given.results.glob("*.txt"))
    config = {
        "GT_FOLDER": str(given.truth),
        "TRACKERS_FOLDER": str(given.results.parent),
        "TRACKERS_TO_EVAL": [given.results.name],
        "TRACKER_SUB_FOLDER": "",
        "SEQ_INFO": dict.fromkeys(names),
        "SKIP_SPLIT_FOL": True,
        "PRINT_CONFIG": False,
    }
    kind, classes = trackeval.datasets.MotChallenge2DBox, {"pedestrian": "pedestrian"}
    found = reference.run(kind, config, given.results.name, classes, reference.OF_TRACKS)
    return found["pedestrian"][COMBINED]


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side_by_side.add_arguments(parser)
    contest = side_by_side.Contest(
        "bench.box_scoring",
        "HOTA, CLEAR and Identity of boxes with MOT17 preprocessing, files to numbers, one core",
        {"ours": ours, "trackeval": theirs},
        ("HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDSW", "Frag", "MT", "IDF1", "IDTP"),
    )
    side_by_side.run(contest, parser.parse_args())


if __name__ == "__main__":
    main()
