"""Scoring masks against TrackEval, from files to numbers.

    python -m bench.mask_scoring --truth instances_txt --results /tmp/room
        --output bench/mask_scoring.json

Both read the same KITTI-MOTS files, leave out what lies in regions to ignore, and compute HOTA,
CLEAR and Identity per sequence and combined. The results are the truth with seeded errors, written
to `--results` if they are not there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import side_by_side
from datasets.files import read_json, write_json

_FAMILIES = ("hota", "clear", "identity")
_LENGTHS = "lengths.json"  # beside the results
_CLASSES = ("car", "pedestrian")
_COMPARED = ("HOTA", "DetA", "AssA", "LocA", "sMOTA", "MOTA", "MOTP", "IDSW", "Frag", "IDF1")


def ours(given: argparse.Namespace) -> side_by_side.Scores:
    """Return our combined values."""
    from metrics.evaluate import Task, evaluate

    names = tuple(_names(given.truth))
    task = Task("kitti_mots", "kitti_mots", given.truth, given.results, _FAMILIES, names)
    classes = evaluate(task, jobs=1)["classes"]
    return _flat({name: classes[name]["combined"] for name in _CLASSES})


def theirs(given: argparse.Namespace) -> side_by_side.Scores:
    """Return TrackEval's combined values."""
    import trackeval

    from metrics.references import trackeval as reference

    config = {
        "GT_FOLDER": str(given.truth),
        "TRACKERS_FOLDER": str(given.results.parent),
        "TRACKERS_TO_EVAL": [given.results.name],
        "TRACKER_SUB_FOLDER": "",
        "GT_LOC_FORMAT": "{gt_folder}/{seq}.txt",
        "SEQ_INFO": read_json(given.results / _LENGTHS),
        "PRINT_CONFIG": False,
    }
    kind, classes = trackeval.datasets.KittiMOTS, {name: name for name in _CLASSES}
    found = reference.run(kind, config, given.results.name, classes, reference.OF_TRACKS)
    return _flat({name: each["COMBINED"] for name, each in found.items()})


def make_results(truth: Path, results: Path) -> None:
    """Write a result with seeded errors for each sequence, and how long each is."""
    from bench.corrupt import corrupt
    from datasets import mots_text
    from datasets.layout import load_layout

    if (results / _LENGTHS).is_file():
        return
    lengths = {}
    for name in _names(truth):
        rows, _ = load_layout("kitti_mots").read_pair(truth, truth, name)
        mots_text.write_tracks(results / f"{name}.txt", corrupt(rows, int(name)))
        lengths[name] = rows.extent.frame_count
    write_json(results / _LENGTHS, lengths)


def _names(truth: Path) -> list[str]:
    return sorted(path.stem for path in truth.glob("*.txt"))


def _flat(classes: dict[str, side_by_side.Scores]) -> side_by_side.Scores:
    return {f"{name} {key}": float(v) for name, each in classes.items() for key, v in each.items()}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side_by_side.add_arguments(parser)
    given = parser.parse_args()
    if given.tool is None:
        make_results(given.truth, given.results)
    contest = side_by_side.Contest(
        "bench.mask_scoring",
        "HOTA, CLEAR and Identity of KITTI-MOTS masks, files to numbers, one core",
        {"ours": ours, "trackeval": theirs},
        tuple(f"{name} {key}" for name in _CLASSES for key in _COMPARED),
    )
    side_by_side.run(contest, given)


if __name__ == "__main__":
    main()
