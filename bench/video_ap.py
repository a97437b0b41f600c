"""Time video AP against TrackEval, from files to numbers.

    python -m bench.video_ap --truth instances_txt --results /tmp/videos
        --output bench/video_ap.json

Both read the same YouTube-VIS JSON and compute AP and AR of whole tracks by class. The files are
the masks of KITTI-MOTS and a copy with seeded errors, written to `--results` if absent.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping

from bench.material import side_by_side
from bench.material.side_by_side import ToolResult
from datasets.io.program import run_main

_TRUTH, _RESULTS = "gt_youtube_vis_all/truth.json", "results_youtube_vis_all/it/results.json"
_CLASSES = ("car", "pedestrian")
_COLUMNS = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100")


def ours(args: argparse.Namespace) -> ToolResult:
    """Return our combined values by class and column."""
    from datasets.layout import load_layout
    from metrics.evaluate import evaluate
    from metrics.task import Task

    truth, results = args.results / _TRUTH, args.results / _RESULTS
    for path in (truth, results):
        path.touch()  # the layout caches a file until it changes
    names = tuple(load_layout("youtube_vis").list_sequences(truth))
    task = Task("youtube_vis", "youtube_vis", truth, results, ("vis_ap",), names)
    classes = evaluate(task, jobs=1)["classes"]
    return _flat({name: classes[name]["combined"] for name in _CLASSES})


def theirs(args: argparse.Namespace) -> ToolResult:
    """Return TrackEval's combined values by class and column."""
    from metrics.crosscheck import trackeval_run

    truth, results = (args.results / path for path in (_TRUTH, _RESULTS))
    setting = trackeval_run.youtube_vis(truth.parent, results.parent)
    found = trackeval_run.run(setting, _CLASSES, ("TrackMAP",))
    return _flat({name: trackeval_run.numbers(each) for name, each in found.combined.items()})


def _flat(classes: Mapping[str, Mapping[str, float | None]]) -> ToolResult:
    """Return the values of all classes, named by class and column; -1 for no value."""
    return ToolResult(
        {
            f"{name} {column}": -1.0 if value is None or math.isnan(value) else value
            for name, each in classes.items()
            for column, value in each.items()
        }
    )


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side_by_side.add_arguments(parser)
    args = parser.parse_args()
    if args.tool is None and not (args.results / _RESULTS).is_file():
        from bench.material.inputs import make_videos

        make_videos(args.truth, args.results / _TRUTH, args.results / _RESULTS)
    comparison = side_by_side.Comparison(
        "bench.video_ap",
        "AP and AR of tracks of KITTI-MOTS masks, YouTube-VIS JSON to numbers, one core",
        {"ours": ours, "trackeval": theirs},
        tuple(f"{name} {column}" for name in _CLASSES for column in _COLUMNS),
    )
    side_by_side.run(comparison, args)


if __name__ == "__main__":
    sys.exit(run_main(main))
