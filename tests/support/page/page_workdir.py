"""A working directory as after a workflow run, with scored made-up tracks, and its page."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np

from datasets.formats.parquet import write_tracks
from datasets.io.files import read_json, sha256, write_json
from datasets.masks import coco_rle
from datasets.sequences.sequence_json import Prepared, write_prepared
from datasets.types import Sequence, Tracks
from metrics.combine import combine_scores
from metrics.events import events_of, write_events
from metrics.score import make_pairings, score_pairings
from metrics.speed import summarize_timings
from reports.render import render
from reports.results import read_run
from tests.support.page.random_tracks import make_output, make_truth, without_masks

CLOCK = {"frames": 20, "warm_up": 5, "repeats": 7}  # 140 steps: enough to report p95
_ORIGIN = "made up"
_FRAMES = 20


@dataclass(frozen=True)
class Wanted:
    """Description of a made-up run.

    Args:
        variants: Titles by name; the last variant is timed as a whole process.
        boxes: Whether the outputs have boxes only, without masks.
        empty: Pairs of variant and sequence with an empty output.
    """

    dataset: str
    protocol: str
    families: tuple[str, ...]
    variants: Mapping[str, str]
    sequences: tuple[str, ...] = ("one", "two", "three")
    classes: tuple[str, ...] = ("person", "car")
    title: str = "Made up"
    boxes: bool = False
    empty: tuple[tuple[str, str], ...] = ()


MASKS = Wanted(
    "made",
    "youtube_vis",
    ("hota", "clear", "identity", "count", "vis_ap", "jf_te", "slices"),
    {"a": "Alpha", "b": "Beta", "c": "Gamma"},
    empty=(("b", "two"),),
)
BOXES = Wanted(
    "boxes",
    "plain",
    ("hota", "clear", "identity", "count", "vace", "coco_box_ap", "slices"),
    {"a": "Alpha", "d": "Delta"},
    classes=("person",),
    title="Boxes alone",
    boxes=True,
)


def write_run(workdir: Path, wanted: Wanted) -> dict[str, Any]:
    """Write data and results of a run below `workdir`; return its entry of the plan."""
    classes = dict(enumerate(wanted.classes, 1))
    truths = {
        name: make_truth(seed, classes, _FRAMES) for seed, name in enumerate(wanted.sequences)
    }
    outputs = {
        (variant, name): make_output(truth, 100 * number + seed)
        for number, variant in enumerate(wanted.variants)
        for seed, (name, truth) in enumerate(truths.items())
    }
    for names in wanted.empty:
        outputs[names] = outputs[names].take(np.zeros(0, int))
    return write_results(workdir, wanted, truths, outputs)


def write_results(
    workdir: Path,
    wanted: Wanted,
    truths: Mapping[str, Tracks],
    outputs: Mapping[tuple[str, str], Tracks],
) -> dict[str, Any]:
    """Write results for ground truth by sequence, and outputs by variant and sequence."""
    for name, truth in truths.items():
        _prepare(workdir, wanted, name, truth)
    for number, variant in enumerate(wanted.variants):
        for name, truth in truths.items():
            _score(workdir, wanted, (variant, name), truth, outputs[variant, name])
        _combine(workdir, wanted, variant)
        kind = "process" if number == len(wanted.variants) - 1 else "step"
        _time(workdir / "results" / variant / wanted.dataset, wanted.sequences[:1], kind, number)
    _compare(workdir, wanted)
    _draw(workdir, wanted)
    return plan_entry(wanted)


def plan_entry(wanted: Wanted) -> dict[str, Any]:
    """Return the entry of a run in the plan."""
    return {
        "dataset": wanted.dataset,
        "title": wanted.title,
        "licence": "free",
        "protocol": wanted.protocol,
        "sequences": list(wanted.sequences),
        "clock": list(wanted.sequences[:1]),
        "variants": [variant_entry(name, title) for name, title in wanted.variants.items()],
    }


def variant_entry(name: str, title: str, **changed: Any) -> dict[str, Any]:
    """Return the entry of a variant in the plan."""
    return {
        "name": name, "title": title, "method": "m", "source": "a test", "options": {"age": 3},
        "timed": True, "origin": _ORIGIN, "depends_on": [], "streaming": [], **changed,
    }  # fmt: skip


def render_workdir(workdir: Path, runs: Many[Mapping[str, Any]], **changed: Any) -> Path:
    """Write the page of the runs of a plan into their working directory; return its path."""
    plan = {"clock": CLOCK, "commit": "abc", "parity": [], "runs": list(runs), **changed}
    read = [read_run(run, workdir, 0) for run in runs]
    path = workdir / "reports" / "summary.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = any(run.missing_results for run in read)
    path.write_text(render(plan, read, [], unfinished=unfinished, workdir=workdir))
    return path


def _prepare(workdir: Path, wanted: Wanted, sequence: str, truth: Tracks) -> None:
    truth = without_masks(truth) if wanted.boxes else truth
    path = workdir / "data" / wanted.dataset / sequence / "sequence.json"
    images = None if wanted.boxes else "images"
    about = Sequence(wanted.dataset, sequence, truth.extent, 25, images)
    write_prepared(path, Prepared(about, truth))
    if images:
        _write_images(path.parent / images, truth)


def _write_images(folder: Path, truth: Tracks) -> None:
    """Write a dark grey image for each frame, with lighter masks."""
    folder.mkdir()
    for frame in range(truth.extent.frame_count):
        image = np.full((truth.extent.height, truth.extent.width), 40, np.uint8)
        rows = truth.take(truth.frame == frame)
        for mask, track in zip(coco_rle.decode(rows.rle), rows.track.tolist(), strict=True):
            image[mask > 0] = 90 + 30 * track
        cv2.imwrite(str(folder / f"{frame:03d}.png"), image)


def _score(
    workdir: Path, wanted: Wanted, names: tuple[str, str], truth: Tracks, output: Tracks
) -> None:
    variant, sequence = names
    if wanted.boxes:
        truth, output = without_masks(truth), without_masks(output)
    folder = workdir / "results" / variant / wanted.dataset / sequence
    write_tracks(folder / "tracks.parquet", output)
    write_json(folder / "run.json", _record(workdir, wanted, names))
    pairings = make_pairings(truth, output, wanted.protocol)
    events = {(sequence, name): each for name, each in events_of(pairings).items()}
    (folder / wanted.protocol).mkdir()
    write_events(folder / wanted.protocol / "events.parquet", events)
    score = score_pairings(pairings, wanted.protocol, wanted.families)
    write_json(folder / wanted.protocol / "score.json", score | {"origin": _ORIGIN})


def _record(workdir: Path, wanted: Wanted, names: tuple[str, str]) -> dict[str, Any]:
    """Return the content of run.json for a variant's output on a sequence."""
    variant, sequence = names
    path = workdir / "data" / wanted.dataset / sequence / "sequence.json"
    tracks = workdir / "results" / variant / wanted.dataset / sequence / "tracks.parquet"
    return {
        "schema_version": 1, "program": "trackers.run", "method": "m", "options": {"age": 3},
        "command": [], "sequence": str(path), "inputs": {path.name: sha256(path)},
        "files": {f"weights/{variant}.pt": sha256(path)},
        "engines": {"engines/all/networks.json": 64 * "e"}, "code": f"code of {variant}",
        "commit": "abc", "lock": "pinned", "machine": {"processor": "made up"},
        "threads": {"cores": "2"}, "started": "", "seconds": 1, "tracks": sha256(tracks),
    }  # fmt: skip


def _combine(workdir: Path, wanted: Wanted, variant: str) -> None:
    folder = workdir / "results" / variant / wanted.dataset
    scores = [
        read_json(folder / sequence / wanted.protocol / "score.json")
        for sequence in wanted.sequences
    ]
    write_json(folder / wanted.protocol / "combined.json", combine_scores(scores))


def _compare(workdir: Path, wanted: Wanted) -> None:
    output = workdir / "results" / "comparisons" / wanted.dataset / f"{wanted.protocol}.json"
    output.parent.mkdir(parents=True)
    call(
        "metrics.comparison.compare", "--results", workdir / "results", "--dataset", wanted.dataset,
        "--protocol", wanted.protocol, "--variants", *wanted.variants,
        "--sequences", *wanted.sequences, "--output", output,
    )  # fmt: skip


def _draw(workdir: Path, wanted: Wanted) -> None:
    """Make heat maps and pictures as the rules `heatmap`, `pictures` and `gallery` do."""
    data, media = workdir / "data" / wanted.dataset, workdir / "reports" / "media" / wanted.dataset
    files = [data / name / "sequence.json" for name in wanted.sequences]
    truth = [path.with_name("truth.parquet") for path in files]
    for path, labels in zip(files, truth, strict=True):
        output = media / "frames" / path.parent.name
        arguments = ("--sequence", path, "--truth", labels, "--output", output)
        call("reports.gallery.pictures", *arguments)
    for variant in wanted.variants:
        results = workdir / "results" / variant / wanted.dataset
        tracks = [results / name / "tracks.parquet" for name in wanted.sequences]
        call(
            "reports.heatmap", "--tracks", *tracks, "--sequence", *files, "--truth", *truth,
            "--mode", "decay", "--half-life", "2", "--kernel", "foot",
            "--output", results / "heatmap.json",
        )  # fmt: skip
        call(
            "reports.gallery.variant", "--variant", variant, "--truth", data,
            "--results", results, "--pictures", media / "frames", "--sequences", *wanted.sequences,
            "--protocols", wanted.protocol, "--output", media / "tracks" / variant,
        )  # fmt: skip


def call(module: str, *arguments: object) -> None:
    """Run a command line program in this process."""
    with mock.patch.object(sys, "argv", [module, *map(str, arguments)]):
        status = importlib.import_module(module).main()
    assert not status, f"{module} ended with {status}"


def _time(folder: Path, sequences: Many[str], kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    timings = []
    for sequence in sequences:
        steps = rng.lognormal(14, 0.3, (CLOCK["repeats"], 1 if kind == "process" else _FRAMES))
        timing = {
            "timed": kind, "frames": _FRAMES, "step_ns": steps.astype(int).tolist(),
            "peak_memory": int(1e8 + 1e7 * seed), "machine": {"processor": "made up"},
        }  # fmt: skip
        write_json(folder / sequence / "timing.json", timing)
        timings.append(timing)
    write_json(folder / "speed.json", summarize_timings(timings))
