"""How the cost of scoring grows with boxes, frames and identities, by stage.

    python -m bench.growth --output bench/growth.json

Random walks of boxes in MOTChallenge files; each quantity has three sizes while the others stay.
The result is the ground truth moved by a few pixels, with misses and identity switches. Seconds are
medians on one core.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from datasets.formats import mot_text
from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.layout import load_layout
from datasets.types import Extent, Tracks
from metrics.crosscheck import trackeval_run
from metrics.score import make_pairings, score_pairings
from trackers.profiling.machine import describe_machine

_FAMILIES = ("hota", "clear", "identity")
_SIDE, _STEP, _NOISE, _DROPPED, _SWAPPED = 60.0, 4.0, 4.0, 0.1, 0.02
_HEIGHT, _WIDTH = 1080, 1920
_INFO = "[Sequence]\nimHeight={}\nimWidth={}\nseqLength={}\nframeRate=30\n"


@dataclass(frozen=True)
class Size:
    """Size of a sequence: boxes per frame, frames, identities."""

    boxes: int
    frames: int
    identities: int


_BASE = Size(boxes=20, frames=500, identities=100)
_GROWTH = {"boxes": (20, 40, 80), "frames": (500, 1000, 2000), "identities": (100, 400, 1600)}


def walks(size: Size, seed: int) -> Tracks:
    """Return ground truth of a size: one lane per box, in which identities follow each other."""
    rng = np.random.default_rng(seed)
    frame = np.repeat(np.arange(size.frames), size.boxes)
    lane = np.tile(np.arange(size.boxes), size.frames)
    lives = max(1, size.identities // size.boxes)
    track = lane + size.boxes * (frame * lives // size.frames) + 1
    moves = rng.normal(0, _STEP, (size.frames, size.boxes, 2)).cumsum(axis=0)
    start = rng.random((size.boxes, 2)) * [_WIDTH, _HEIGHT]
    near = ((start + moves) % [_WIDTH, _HEIGHT]).reshape(-1, 2)
    extent = Extent(_HEIGHT, _WIDTH, size.frames, {1: "pedestrian"})
    ones = np.ones(len(frame))
    box = np.concatenate([near, near + _SIDE], axis=1)
    return Tracks(extent, frame, track, ones, ones, box)


def with_errors(truth: Tracks, seed: int) -> Tracks:
    """Return a result with localisation errors, misses and identity switches."""
    rng = np.random.default_rng(seed)
    rows = truth.take(rng.random(len(truth)) > _DROPPED)
    box = rows.box + np.tile(rng.normal(0, _NOISE, (len(rows), 2)), 2)
    neighbours = np.flatnonzero(np.diff(rows.frame) == 0)
    neighbours = neighbours[rng.random(len(neighbours)) < _SWAPPED]
    neighbours = neighbours[np.diff(neighbours, prepend=-2) > 1]
    track = rows.track.copy()
    track[neighbours] = rows.track[neighbours + 1]
    track[neighbours + 1] = rows.track[neighbours]
    return replace(rows, box=box, track=track)


def measure(size: Size, workdir: Path, repeats: int) -> dict[str, Any]:
    """Return the seconds of each of our stages and of TrackEval, for one size."""
    truth, results = workdir / "truth", workdir / "results"
    folder = truth / "s"
    (folder / "gt").mkdir(parents=True)
    rows = walks(size, 0)
    mot_text.write_tracks(folder / "gt" / "gt.txt", rows)
    (folder / "seqinfo.ini").write_text(_INFO.format(_HEIGHT, _WIDTH, size.frames))
    mot_text.write_tracks(results / "s.txt", with_errors(rows, 1))
    pair = load_layout("mot15").read_pair(truth, results, "s")
    pairings = make_pairings(*pair, "mot15")
    stages: dict[str, Callable[[], Any]] = {
        "read": lambda: load_layout("mot15").read_pair(truth, results, "s"),
        "pair": lambda: make_pairings(*pair, "mot15"),
        "score": lambda: score_pairings(pairings, "mot15", _FAMILIES),
        "trackeval": lambda: _trackeval(truth, results),
    }
    seconds = {name: _median(stage, repeats) for name, stage in stages.items()}
    ours = sum(seconds[name] for name in ("read", "pair", "score"))
    return asdict(size) | {
        "seconds": seconds | {"ours": ours},
        "ratio": seconds["trackeval"] / ours,
    }


def _median(stage: Callable[[], Any], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        begin = perf_counter()
        stage()
        seconds.append(perf_counter() - begin)
    return median(seconds)


def _trackeval(truth: Path, results: Path) -> None:
    setting = trackeval_run.mot_challenge(truth, results, {"s": None}, "MOT15")
    trackeval_run.run(setting, [setting.only_class], trackeval_run.OF_TRACKS)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in _GROWTH}
    print(f"{'':24}{'read':>8}{'pair':>8}{'score':>8}{'ours':>8}{'trackeval':>11}{'ratio':>7}")
    for name, amounts in _GROWTH.items():
        for amount in amounts:
            with tempfile.TemporaryDirectory() as workdir:
                each = measure(replace(_BASE, **{name: amount}), Path(workdir), args.repeats)
            found[name].append(each)
            cells = [each["seconds"][stage] for stage in ("read", "pair", "score", "ours")]
            row = "".join(f"{cell:8.4f}" for cell in cells)
            other = each["seconds"]["trackeval"]
            print(f"{amount:6} {name:17}{row}{other:11.3f}{each['ratio']:7.1f}")
    content = {"what": parser.description, "date": str(date.today()), "base": asdict(_BASE)}
    write_json(args.output, content | {"growth": found, "machine": describe_machine()})


if __name__ == "__main__":
    sys.exit(run_main(main))
