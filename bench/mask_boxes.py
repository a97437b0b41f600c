"""Compare rules for the box around a mask with true boxes: which components of the mask count.

    python -m bench.mask_boxes --davis ../shared/data/davis2017/dogs-jump
        --davis2016 ../shared/data/davis2016 --kitti-mots ../shared/data/kitti_mots
        --output bench/mask_boxes.json

A rule is a minimum share, see `object_boxes`: 0 counts all components, 1 the largest only. On the
masks of trackers (OSVOS and RVOS on DAVIS, the variant `sam2_prompted` on synthetic sequences that
were used neither in training nor for options), a box is compared with the box around the true mask
of its object. The ground truth of KITTI-MOTS shows what a rule costs where masks are exact: many
consist of several parts, because something in front divides the object. For synthetic sequences,
the scores of the boxes are given too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench.held_out import sequences
from datasets.formats.davis_png import read_tracks as read_davis
from datasets.formats.parquet import read_tracks
from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.layouts import davis2016
from datasets.masks import coco_rle
from datasets.masks.mask_set import Masks
from datasets.overlap import box_iou
from datasets.readers import davis, kitti_mots
from datasets.run_layout import TRUTH
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Tracks
from metrics.combine import combine_scores
from metrics.score import score_tracks
from trackers.contract import load_method, load_tracker
from trackers.parts.assignment import match
from trackers.parts.dense_masks import object_boxes
from trackers.run import track

SHARES = (0.0, 0.02, 0.05, 0.1, 0.25, 1.0)
_SCORED = ("HOTA", "DetA", "AssA", "MOTA", "IDF1")
_VARIANT = "sam2_prompted"
_POOR = 0.5  # IoU below which a box is poor

_MIN_MASK_IOU = 0.1  # of a mask with the true mask of its object

Pair = tuple[str, Tracks, Tracks]  # name, ground truth and masks


def davis2017_pairs(folder: Path) -> Iterator[Pair]:
    """Yield the results beside a sequence of DAVIS 2017, with its labels at their size."""
    for results in sorted((folder / "results").iterdir()):
        found = read_davis(results)
        size = found.extent.height, found.extent.width
        options: dict[str, Any] = {"annotations": "masks", "images": "video.mp4", "size": size}
        prepared = davis.read("davis", folder, folder.name, folder, **options)
        assert prepared.truth is not None
        yield results.name, prepared.truth, found


def davis2016_pairs(root: Path) -> Iterator[Pair]:
    """Yield the results on DAVIS 2016."""
    truth, results = root / "Annotations" / "480p", root / "results" / "osvos"
    for sequence in davis2016.list_sequences(truth):
        yield "osvos", *davis2016.read_pair(truth, results, sequence)


def kitti_mots_pairs(root: Path) -> Iterator[Pair]:
    """Yield the ground truth of KITTI-MOTS, twice."""
    for path in sorted((root / "instances_txt").glob("[!.]*.txt")):
        truth = kitti_mots.read("kitti_mots", root, path.stem, path.parent).truth
        assert truth is not None
        yield "ground truth", truth, truth


def synthetic_pairs(workdir: Path, first: int, count: int) -> Iterator[Pair]:
    """Yield the masks of a variant on held-out synthetic sequences."""
    entry = yaml.safe_load(Path("config/trackers.yaml").read_text())["variants"][_VARIANT]
    method, options = entry["method"], entry["options"]
    tracker, kind = load_tracker(method, options), load_method(method).with_options(options)
    for path in sequences(workdir, first, count):
        yield (
            _VARIANT,
            read_tracks(path.with_name(TRUTH)),
            track(tracker, kind, open_sequence(path)),
        )


def overlaps(truth: Tracks, found: Tracks) -> np.ndarray:
    """Return the IoU of the box by each rule with the true box, for P matched masks, (P, S)."""
    assert truth.rle is not None
    assert found.rle is not None
    ious = [
        _overlaps_in_frame(
            truth.rle.take(truth.frame == frame), found.rle.take(found.frame == frame)
        )
        for frame in np.intersect1d(truth.frame, found.frame)
    ]
    return np.concatenate([np.zeros((0, len(SHARES))), *ious])


def _overlaps_in_frame(truth: Masks, found: Masks) -> np.ndarray:
    true_row, row = match(coco_rle.iou(truth, found), _MIN_MASK_IOU)
    masks = coco_rle.decode(found.take(row))
    rules = np.stack([object_boxes(masks, share)[1] for share in SHARES], 1)
    return box_iou(rules, truth.boxes[true_row][:, None])


def scores(pairs: list[Pair]) -> dict[str, dict[str, float]]:
    """Return the combined scores of the boxes by each rule, in %."""
    combined = {}
    for share in SHARES:
        each = [
            score_tracks(truth, _with_boxes(found, share), "mot15", ("hota", "clear", "identity"))
            for _, truth, found in pairs
        ]
        values = combine_scores(each)["values"]
        combined[str(share)] = {name: round(100 * values[name], 2) for name in _SCORED}
    return combined


def _with_boxes(tracks: Tracks, share: float) -> Tracks:
    """Return tracks whose boxes follow a rule."""
    assert tracks.rle is not None
    box = tracks.box.copy()
    for frame in np.unique(tracks.frame):
        rows = np.flatnonzero(tracks.frame == frame)
        box[rows] = object_boxes(coco_rle.decode(tracks.rle.take(rows)), share)[1]
    return replace(tracks, box=box)


def summarize(ious: np.ndarray) -> dict[str, Any]:
    """Return the figures of every rule."""
    rules = {}
    for share, iou in zip(SHARES, ious.T, strict=True):
        changed = iou != ious[:, 0]
        rules[str(share)] = {
            "mean_iou": _rounded(iou),
            "poor": int((iou < _POOR).sum()),
            "changed": int(changed.sum()),
            "better": int((iou > ious[:, 0]).sum()),
            "mean_iou_of_changed": [_rounded(ious[changed, 0]), _rounded(iou[changed])],
        }
    return {"masks": len(ious), "rules": rules}


def _rounded(iou: np.ndarray) -> float | None:
    return round(float(iou.mean()), 5) if len(iou) else None


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--davis", type=Path, help="a sequence with masks/ and results/")
    parser.add_argument("--davis2016", type=Path)
    parser.add_argument("--kitti-mots", type=Path)
    parser.add_argument("--first", type=int, default=40, help="number of the first sequences")
    parser.add_argument("--count", type=int, default=1, help="sequences of each scenario")
    parser.add_argument("--workdir", type=Path, default=Path(".cache/bench/held_out"))
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    synthetic = list(synthetic_pairs(args.workdir, args.first, args.count))
    sources: dict[str, Iterable[Pair]] = {
        "davis2017": davis2017_pairs(args.davis) if args.davis else (),
        "davis2016": davis2016_pairs(args.davis2016) if args.davis2016 else (),
        "kitti_mots": kitti_mots_pairs(args.kitti_mots) if args.kitti_mots else (),
        "synthetic": synthetic,
    }
    ious: dict[str, list[np.ndarray]] = {}
    for source, pairs in sources.items():
        for name, truth, found in pairs:
            ious.setdefault(f"{source}, {name}", []).append(overlaps(truth, found))
    summary = {name: summarize(np.concatenate(each)) for name, each in ious.items()}
    for name, figures in summary.items():
        print(f"{name}: {figures['masks']} masks")
        for share, rule in figures["rules"].items():
            print(f"  share {share:4}: {rule}")
    scored = scores(synthetic) if synthetic else {}
    for share, values in scored.items():
        print(f"scores, share {share:4}: {values}")
    about = {"date": date.today().isoformat()}
    write_json(args.output, about | {"found": summary, "synthetic_scores": scored})


if __name__ == "__main__":
    sys.exit(run_main(main))
