"""Scoring video AP against TrackEval, from files to numbers.

    python -m bench.video_ap --truth instances_txt --results /tmp/videos
        --output bench/video_ap.json

Both read the same YouTube-VIS JSON and compute AP and AR of whole tracks by class. The files are
the masks of KITTI-MOTS and a copy with seeded errors, written to `--results` if they are not there.
"""

from __future__ import annotations

import argparse
import contextlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench import side_by_side
from bench.corrupt import corrupt
from datasets import vis_json
from datasets.layout import load_layout
from datasets.types import Tracks
from metrics.evaluate import Task, evaluate

_SPLIT = "youtube_vis_all"
_TRUTH, _RESULTS = f"gt_{_SPLIT}/truth.json", f"results_{_SPLIT}/it/results.json"
_CLASSES = ("car", "pedestrian")
_SIDES = (128, 256)  # of squares between which a track is medium
_MOST = 100  # tracks of a video and class, as the official evaluator has it
_SCORES = 100  # so many different ones that some are equal


def ours(given: argparse.Namespace) -> side_by_side.Scores:
    """Return our combined values by class and column."""
    truth, results = given.results / _TRUTH, given.results / _RESULTS
    for path in (truth, results):
        path.touch()  # the layout keeps what it has read until the file changes
    names = tuple(load_layout("youtube_vis").list_sequences(truth))
    task = Task("youtube_vis", "youtube_vis", truth, results, ("vis_ap",), names)
    classes = evaluate(task, jobs=1)["classes"]
    return {
        f"{name} {column}": -1 if value is None else value
        for name in _CLASSES
        for column, value in classes[name]["combined"].items()
    }


def theirs(given: argparse.Namespace) -> side_by_side.Scores:
    """Return TrackEval's combined values by class and column; -1 where there is no such truth."""
    import trackeval

    config = {
        "GT_FOLDER": f"{given.results}/gt_",
        "TRACKERS_FOLDER": f"{given.results}/results_",
        "TRACKERS_TO_EVAL": ["it"],
        "SPLIT_TO_EVAL": "all",
        "TRACKER_SUB_FOLDER": "",
        "PRINT_CONFIG": False,
    }
    small, large = (side**2 for side in _SIDES)
    areas = [[0, small], [small, large], [large, 1e10]]
    options = {"AREA_RANGES": areas, "USE_TIME_RANGES": False, "MAX_DETECTIONS": _MOST}
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.YouTubeVIS(config)
        dataset.global_tid_counter = 1  # a track called 0 would match any number of times
        metric = trackeval.metrics.TrackMAP(options)
        found: dict[str, dict[str, Any]] = {name: {} for name in _CLASSES}
        for video in dataset.seq_list:
            raw = dataset.get_raw_seq_data("it", video)
            for name, into in found.items():
                into[video] = metric.eval_sequence(dataset.get_preprocessed_seq_data(raw, name))
        return {
            f"{name} {column}": float(value)
            for name, each in found.items()
            for column, value in _columns(metric.combine_sequences(each)).items()
        }


def make_files(truth: Path, room: Path) -> None:
    """Write truth and results of all sequences."""
    if (room / _RESULTS).is_file():
        return
    names = load_layout("kitti_mots").list_sequences(truth)
    rows = {name: load_layout("kitti_mots").read_pair(truth, truth, name)[0] for name in names}
    rows = {n: r.take(~np.isin(r.class_id, r.extent.ignored)) for n, r in rows.items()}
    vis_json.write_truth(room / _TRUTH, rows)
    results = {name: _scored(corrupt(each, int(name)), int(name)) for name, each in rows.items()}
    vis_json.write_results(room / _RESULTS, results)


def _scored(tracks: Tracks, seed: int) -> Tracks:
    """Return tracks of which all rows of one have the same score."""
    names, which = np.unique(tracks.track, return_inverse=True)
    score = np.random.default_rng(seed).integers(1, _SCORES + 1, len(names)) / _SCORES
    return replace(tracks, score=score[which])


def _columns(total: dict[str, Any]) -> side_by_side.Scores:
    """Return TrackEval's numbers by our names."""
    ap = total["AP_all"]
    sizes = {f"AP_{size}": total[f"AP_area_{size[0]}"] for size in ("small", "medium", "large")}
    means = {"AP": ap, "AR100": total["AR_all"]} | sizes
    return {"AP50": ap[0], "AP75": ap[5]} | {name: each.mean() for name, each in means.items()}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side_by_side.add_arguments(parser)
    given = parser.parse_args()
    make_files(given.truth, given.results)
    columns = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100")
    contest = side_by_side.Contest(
        "bench.video_ap",
        "AP and AR of tracks of KITTI-MOTS masks, YouTube-VIS JSON to numbers, one core",
        {"ours": ours, "trackeval": theirs},
        tuple(f"{name} {column}" for name in _CLASSES for column in columns),
    )
    side_by_side.run(contest, given)


if __name__ == "__main__":
    main()
