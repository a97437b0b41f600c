"""Hand-written snapshots: one variant on sequences of 100 frames with one object each."""

from __future__ import annotations

from datasets.formats.parquet import write_tracks
from datasets.io.files import write_json
from datasets.types import Extent, Tracks
from metrics.score import score_pairings
from tests.support.metrics.hand import pairing

FRAMES = 100
MACHINE = {"processor": "p", "cores": "2", "memory": "8 GiB", "system": "s", "numpy": "2"}
COLUMN = {"name": "MOTA", "unit": "ratio", "better": "up"}


def score(right):
    """Return the score of one object, matched in the first `right` frames, missed in the rest.

    There is a false positive in each of the other frames.
    """
    truth = [(frame, 1, 0.0) for frame in range(FRAMES)]
    prediction = [(frame, 1, 0.0 if frame < right else 50.0) for frame in range(FRAMES)]
    return score_pairings({"person": pairing(truth, prediction, FRAMES)}, "mot15", ["clear"])


def accuracy(*rights, **changed):
    """Return a variant with `rights` correct frames per sequence: MOTA is 2 right / 100 - 1."""
    return {
        f"s{number}": {
            "frames": FRAMES,
            "truth": "t",
            "tracks": f"{number} {right}",
            "classes": score(right)["classes"],
            **changed,
        }
        for number, right in enumerate(rights)
    }


def times(*step_times, frames=45, **machine):
    """Return the speed of a variant with one relative step time per process."""
    return {"frames": frames, "machine": MACHINE | machine, "relative_step_times": list(step_times)}


def snapshot(variants, speed=None):
    count = max((len(each) for each in variants.values()), default=0)
    run = {"columns": [COLUMN], "scenes": [f"s{n}" for n in range(count)], "variants": variants}
    return {
        "schema": 2, "commit": "abc", "date": "today", "config": "d",
        "accuracy": {"d/mot15": run}, "speed": {"d": speed or {}},
    }  # fmt: skip


def plan(*timed, variants=None, processes=2):
    entries = [
        {"name": name, "origin": "o", "timed": name in timed}
        for name in dict.fromkeys([*(variants or []), *timed])
    ]
    return {
        "commit": "def", "date": "now", "config": "e", "inputs": {}, "tolerances": {"MOTA": 0.05},
        "slowdown_tolerance": 0.05, "processes": processes,
        "runs": [{
            "dataset": "d", "protocol": "mot15", "sequences": ["s0", "s1"], "scene": None,
            "clock": ["s0"], "variants": entries,
        }],
    }  # fmt: skip


def write_run(workdir, *variants, processes=2, others_s=0.0):
    """Write the results of a run on two sequences."""
    extent = Extent(10, 10, FRAMES, {1: "person"})
    empty = Tracks(extent, [], [], [], [], [[0, 0, 0, 0]][:0])
    for sequence in ("s0", "s1"):
        write_tracks(workdir / "data" / "d" / sequence / "truth.parquet", empty)
        for variant in variants:
            place = workdir / "results" / variant / "d" / sequence
            write_tracks(place / "tracks.parquet", empty)
            write_json(place / "mot15" / "score.json", score(80) | {"origin": "o"})
            for process in range(processes):
                load = {"wall_s": 10.0, "others_s": others_s}
                timing = {
                    "frames": 2, "step_ns": [[30, 90], [50, 50]], "machine": MACHINE, "warm": True,
                    "calibration_ns": [[10, 40], [20, 30]], "load": load,
                }  # fmt: skip
                write_json(place / f"relative_step_time_{process}.json", timing)
