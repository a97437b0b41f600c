"""Time AP of single frames against pycocotools and hotcoco, from files to numbers.

    python -m bench.frame_ap --kind boxes --truth /tmp/frames/truth.json
        --results /tmp/frames/boxes.json --output bench/frame_ap_boxes.json

All read the same COCO files of 5,000 images with 35,000 objects of 80 classes and 100,000 results,
written if absent.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from time import process_time
from typing import Any

from bench.material import side_by_side
from bench.material.side_by_side import ToolResult
from datasets.io.program import run_main

_COLUMNS = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR1", "AR10", "AR100")
_KINDS = {"boxes": ("bbox", "coco_box_ap", "box "), "masks": ("segm", "coco_mask_ap", "mask ")}


def ours(args: argparse.Namespace) -> ToolResult:
    """Return our combined values, the mean over classes."""
    from datasets.layout import load_layout
    from metrics.evaluate import summarize_scores
    from metrics.score import score_tracks
    from metrics.task import Task, find_needs, read_pair

    for path in (args.truth, args.results):
        path.touch()  # the layout caches a file until it changes
    _, family, prefix = _KINDS[args.kind]
    needs = find_needs("coco", (family,), events=False)
    names = tuple(load_layout("coco", needs).list_sequences(args.truth))
    task = Task("coco", "coco", args.truth, args.results, (family,), names, needs=needs)
    pairs = {name: read_pair(task, name)[:2] for name in names}
    begin = process_time()
    scores = {name: score_tracks(*pair, "coco", (family,)) for name, pair in pairs.items()}
    values = summarize_scores(scores)["class_averaged"]
    alone = process_time() - begin
    return ToolResult({name: values[prefix + name] for name in _COLUMNS}, alone)


def pycocotools(args: argparse.Namespace) -> ToolResult:
    """Return the first nine statistics of pycocotools."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    return _run(COCO, COCOeval, args)


def hotcoco(args: argparse.Namespace) -> ToolResult:
    """Return the first nine statistics of hotcoco."""
    from hotcoco import COCO, COCOeval

    return _run(COCO, COCOeval, args)


def _run(coco: Any, evaluation: Any, args: argparse.Namespace) -> ToolResult:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco(str(args.truth))
        found = truth.loadRes(str(args.results))
        begin = process_time()
        evaluator = evaluation(truth, found, _KINDS[args.kind][0])
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
        alone = process_time() - begin
    stats = map(float, evaluator.stats[: len(_COLUMNS)])
    return ToolResult(dict(zip(_COLUMNS, stats, strict=True)), alone)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side_by_side.add_arguments(parser)
    parser.add_argument("--kind", choices=_KINDS, required=True)
    parser.add_argument("--images", type=int, default=5000)
    args = parser.parse_args()
    if args.tool is None and not (args.truth.is_file() and args.results.is_file()):
        from bench.material.frames import make_frames

        make_frames(args.truth, args.results, args.images, masks=args.kind == "masks")
    comparison = side_by_side.Comparison(
        "bench.frame_ap",
        f"AP and AR of {args.kind} of single frames, COCO files to numbers, one core",
        {"ours": ours, "pycocotools": pycocotools, "hotcoco": hotcoco},
        _COLUMNS,
        part="matching and accumulating alone",
        tolerance=1e-12,
    )
    side_by_side.run(comparison, args)


if __name__ == "__main__":
    sys.exit(run_main(main))
