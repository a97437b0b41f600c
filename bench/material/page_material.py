"""A working directory with any number of variants and sequences, made from real results.

The sequences repeat those of MOT17. Each variant's output is the real one with some tracks removed,
some identity switches and all boxes a few pixels off. Only the first few variants differ; the rest
are copies under other names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import write_json
from datasets.layout import load_layout
from datasets.sequences.sequence_json import Prepared, open_sequence, write_prepared
from datasets.types import Sequence, Tracks
from metrics.combine import combine_scores
from metrics.events import events_of, write_events
from metrics.score import make_pairings, score_pairings
from metrics.speed import summarize_timings
from trackers.profiling.machine import describe_machine
from trackers.run_record import Job, begin_record, write_result

DATASET, PROTOCOL = "mot17", "mot17"
CLOCK = {"frames": 100, "warm_up": 10, "repeats": 3}
_FAMILIES = ("hota", "clear", "identity", "count", "slices")
_DIFFERENT = 3  # distinct variants
_TIMED = 2  # timed sequences
_MS = 5.0
_LOST, _TURNED = 0.05, 0.1  # share of tracks
_OFF = 2.0  # pixels
_ORIGIN = "bench"
_ROOT = Path(__file__).parents[2]


def write_material(workdir: Path, truth: Path, results: Path, sequence_count: int) -> list[str]:
    """Write data and the results of the distinct variants; return the names of the sequences."""
    layout = load_layout("mot16")
    known = layout.list_sequences(truth)
    names = [f"{known[n % len(known)]}-{n // len(known)}" for n in range(sequence_count)]
    scores: dict[str, list[dict[str, Any]]] = {}
    for number, name in enumerate(names):
        rows, found = layout.read_pair(truth, results, known[number % len(known)])
        path = workdir / "data" / DATASET / name / "sequence.json"
        write_prepared(path, Prepared(Sequence(DATASET, name, rows.extent, 30), rows))
        for kind in range(_DIFFERENT):
            output = worse(found, _DIFFERENT * number + kind)
            score = _score(_results(workdir, kind) / name, path, rows, output)
            scores.setdefault(f"v{kind:02d}", []).append(score)
    for kind, each in enumerate(scores.values()):
        write_json(_results(workdir, kind) / PROTOCOL / "combined.json", combine_scores(each))
        _time(_results(workdir, kind), names[:_TIMED], kind)
        _draw(workdir, kind, names)
    return names


def worse(tracks: Tracks, seed: int) -> Tracks:
    """Return an output with more errors, which last over frames like real ones."""
    rng = np.random.default_rng(seed)
    names, which = np.unique(tracks.track, return_inverse=True)
    kept = (rng.random(len(names)) >= _LOST)[which]
    turn = rng.integers(0, tracks.extent.frame_count, len(names))
    turned = (rng.random(len(names)) < _TURNED)[which] & (tracks.frame >= turn[which])
    off = np.tile(rng.normal(0, _OFF, (len(names), 2)), 2)[which]
    track = np.where(turned, tracks.track + names.max() + 1, tracks.track)
    return replace(tracks, box=tracks.box + off, track=track).take(kept)


def add_variants(workdir: Path, count: int) -> list[str]:
    """Add variants up to a number; return all names."""
    for number in range(_DIFFERENT, count):
        for here in (_results(workdir, number), _media(workdir, number)):
            if not here.exists():
                like = here.parts.index(f"v{number:02d}")
                source = Path(*here.parts[:like], f"v{number % _DIFFERENT:02d}")
                source = source.joinpath(*here.parts[like + 1 :])
                shutil.copytree(source, here, copy_function=os.link)
    return [f"v{number:02d}" for number in range(count)]


def make_plan(workdir: Path, variants: list[str], sequences: list[str]) -> dict[str, Any]:
    """Compare the variants and return the plan of their page."""
    output = workdir / "results" / "comparisons" / DATASET / f"{PROTOCOL}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    run(
        workdir, "metrics.comparison.compare", "--results", "results", "--dataset", DATASET,
        "--protocol", PROTOCOL, "--variants", *variants, "--sequences", *sequences,
        "--output", str(output),
    )  # fmt: skip
    entries = [
        {
            "name": name, "title": f"Variant {name}", "method": "imported", "source": "bench",
            "options": {}, "timed": True, "origin": _ORIGIN, "depends_on": [], "streaming": [],
        }
        for name in variants
    ]  # fmt: skip
    entry = {
        "dataset": DATASET, "title": "MOT17", "licence": "CC BY-NC-SA 3.0", "protocol": PROTOCOL,
        "sequences": sequences, "clock": sequences[:_TIMED], "variants": entries,
    }  # fmt: skip
    return {"clock": CLOCK, "commit": "bench", "parity": [], "runs": [entry]}


def run(workdir: Path, module: str, *arguments: str) -> None:
    """Run a program of the repository in a folder, as the workflow does."""
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, cwd=workdir, env=environment, check=True)


def _results(workdir: Path, number: int) -> Path:
    return workdir / "results" / f"v{number:02d}" / DATASET


def _media(workdir: Path, number: int) -> Path:
    return workdir / "reports" / "media" / DATASET / "tracks" / f"v{number:02d}"


def _score(folder: Path, sequence: Path, truth: Tracks, output: Tracks) -> dict[str, Any]:
    made_by = begin_record(Job("trackers.run", "imported", {}, open_sequence(sequence), ()))
    write_result(folder / "tracks.parquet", output, folder / "run.json", made_by)
    pairings = make_pairings(truth, output, PROTOCOL)
    (folder / PROTOCOL).mkdir()
    events = {(folder.name, name): each for name, each in events_of(pairings).items()}
    write_events(folder / PROTOCOL / "events.parquet", events)
    score = score_pairings(pairings, PROTOCOL, _FAMILIES) | {"origin": _ORIGIN}
    write_json(folder / PROTOCOL / "score.json", score)
    return score


def _time(folder: Path, sequences: list[str], seed: int) -> None:
    """Write invented step times, as many as a real run has."""
    rng = np.random.default_rng(seed)
    timings = []
    for name in sequences:
        steps = rng.lognormal(np.log(_MS * 1e6), 0.3, (CLOCK["repeats"], CLOCK["frames"]))
        timing = {
            "timed": "step", "frames": CLOCK["frames"], "step_ns": steps.astype(int).tolist(),
            "peak_memory": 10**8, "machine": describe_machine(),
        }  # fmt: skip
        write_json(folder / name / "timing.json", timing)
        timings.append(timing)
    write_json(folder / "speed.json", summarize_timings(timings))


def _draw(workdir: Path, number: int, names: list[str]) -> None:
    """Make heat maps and strips as the rules do."""
    data = Path("data") / DATASET
    results, media = _results(Path(), number), Path("reports", "media", DATASET)
    if not number:
        for name in names:
            labels = ("--truth", str(data / name / "truth.parquet"))
            place = ("--sequence", str(data / name / "sequence.json"))
            run(
                workdir, "reports.gallery.pictures", *place, *labels,
                "--output", str(media / "frames" / name),
            )  # fmt: skip
    run(
        workdir, "reports.heatmap",
        "--tracks", *[str(results / name / "tracks.parquet") for name in names],
        "--sequence", *[str(data / name / "sequence.json") for name in names],
        "--truth", *[str(data / name / "truth.parquet") for name in names],
        "--mode", "decay", "--half-life", "2", "--kernel", "foot",
        "--output", str(results / "heatmap.json"),
    )  # fmt: skip
    run(
        workdir, "reports.gallery.variant", "--variant", f"v{number:02d}", "--truth", str(data),
        "--results", str(results), "--pictures", str(media / "frames"), "--sequences", *names,
        "--protocols", PROTOCOL, "--output", str(media / "tracks" / f"v{number:02d}"),
    )  # fmt: skip
