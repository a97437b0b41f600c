"""Inputs of the gate's benchmarks: synthetic sequences, tracked and scored, in a folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.formats.parquet import read_tracks, write_tracks
from datasets.io.files import write_json
from datasets.io.git import ROOT
from datasets.types import Tracks
from metrics.combine import combine_scores
from metrics.score import score_tracks

DATASET, PROTOCOL, FAMILIES = "synthetic", "mot15", ("hota", "clear", "identity")
SEQUENCES = ("crossing", "crowd", "long_occlusion", "entering_leaving")
_CLOSE = 1e-4  # tolerance of the share of removed boxes


@dataclass(frozen=True)
class Workdir:
    """A working directory in the layout of the workflow."""

    path: Path

    def sequence(self, name: str) -> Path:
        return self.path / "data" / DATASET / name / "sequence.json"

    def result(self, variant: str, name: str) -> Path:
        return self.path / "results" / variant / DATASET / name

    def prepare(self, variants: Many[str]) -> None:
        """Make the sequences, and tracks and scores of each variant."""
        for name in SEQUENCES:
            run(
                "datasets.prepare", "--reader", "synthetic", "--dataset", DATASET,
                "--sequence", name, "--options", '{"split": "test"}',
                "--output", self.sequence(name),
            )  # fmt: skip
            for variant in variants:
                tracks = self.result(variant, name) / "tracks.parquet"
                source = ("--sequence", self.sequence(name))
                run("trackers.run", "--method", variant, *source, "--output", tracks)
                self.score(variant, name, read_tracks(tracks))

    def score(self, variant: str, name: str, tracks: Tracks) -> None:
        """Write tracks and their score."""
        place = self.result(variant, name)
        write_tracks(place / "tracks.parquet", tracks)
        truth = read_tracks(self.sequence(name).with_name("truth.parquet"))
        score = score_tracks(truth, tracks, PROTOCOL, FAMILIES)
        write_json(place / PROTOCOL / "score.json", score | {"origin": ""})

    def tracks(self, variant: str) -> dict[str, Tracks]:
        return {
            name: read_tracks(self.result(variant, name) / "tracks.parquet") for name in SEQUENCES
        }

    def hota(self, tracks: Mapping[str, Tracks]) -> float:
        """Return the combined HOTA of all sequences."""
        scores = [
            score_tracks(
                read_tracks(self.sequence(name).with_name("truth.parquet")),
                each,
                PROTOCOL,
                ["hota"],
            )
            for name, each in tracks.items()
        ]
        return float(combine_scores(scores)["values"]["HOTA"])

    def worse(self, variant: str, loss: float, seed: int) -> dict[str, Tracks]:
        """Return the tracks without as many random boxes as lower HOTA by `loss`."""
        whole = self.tracks(variant)
        rng = np.random.default_rng(seed)
        order = {name: rng.random(len(each)) for name, each in whole.items()}
        wanted, low, high = self.hota(whole) - loss, 0.0, 0.5
        while high - low > _CLOSE:
            middle = (low + high) / 2
            fewer = {name: each.take(order[name] >= middle) for name, each in whole.items()}
            low, high = (low, middle) if self.hota(fewer) <= wanted else (middle, high)
        return {name: each.take(order[name] >= high) for name, each in whole.items()}


def run(module: str, *arguments: object) -> None:
    """Run a program of the repository; raise its error if it fails."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")


def plan_of(regression: Mapping[str, Any], variants: Many[str]) -> dict[str, Any]:
    """Return the plan that the workflow would pass to the gate.

    Args:
        regression: Section `regression` of the config.
    """
    return {
        "commit": "", "config": "", "date": "",
        **{key: regression[key] for key in ("tolerances", "slowdown_tolerance", "processes")},
        "runs": [{
            "dataset": DATASET, "protocol": PROTOCOL, "sequences": list(SEQUENCES),
            "scene": None, "clock": [SEQUENCES[0]],
            "variants": [{"name": name, "origin": "", "timed": True} for name in variants],
        }],
    }  # fmt: skip


def measure_step_times(
    workdir: Workdir, regression: Mapping[str, Any], variants: Many[str], slower: float = 0.0
) -> None:
    """Time each variant in several processes, one after the other, and write the times."""
    for process in range(regression["processes"]):
        for variant in variants:
            place = workdir.result(variant, SEQUENCES[0])
            output = place / f"relative_step_time_{process}.json"
            passes = regression["passes"]
            run(
                "bench.material.slowed_clock", "--slower", slower, "--root", ROOT,
                "--inputs", "detections", "--method", variant,
                "--sequence", workdir.sequence(SEQUENCES[0]), "--options", json.dumps({}),
                "--expect", place / "tracks.parquet", "--frames", regression["frames"],
                "--warm-up", regression["warm_up"], "--passes", passes["min"], passes["max"],
                "--seconds", regression["seconds"], "--output", output,
            )  # fmt: skip
