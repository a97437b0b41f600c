"""Inputs of the benchmarks, made from real data: ground truth and results with errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from bench.material.corrupt import corrupt
from datasets.formats import mots_text, vis_json
from datasets.io.files import write_json
from datasets.layout import load_layout
from datasets.types import Tracks

_SCORES = 100  # different scores: few enough for ties


def make_masks(truth: Path, results: Path, lengths: Path) -> None:
    """Write a result with seeded errors for each sequence of KITTI-MOTS, and their lengths."""
    found = {}
    for name, rows in _read(truth).items():
        mots_text.write_tracks(results / f"{name}.txt", corrupt(rows, int(name)))
        found[name] = rows.extent.frame_count
    write_json(lengths, found)


def make_videos(kitti_mots: Path, truth: Path, results: Path) -> None:
    """Write the masks of KITTI-MOTS and a result with seeded errors as YouTube-VIS JSON."""
    rows = {
        name: each.take(~np.isin(each.class_id, each.extent.ignored))
        for name, each in _read(kitti_mots).items()
    }
    vis_json.write_truth(truth, rows)
    found = {name: _scored(corrupt(each, int(name)), int(name)) for name, each in rows.items()}
    vis_json.write_results(results, found)


def lay_out_davis(truth: Path, results: Path, workdir: Path, name: str) -> None:
    """Lay out ground truth and results of one video below `workdir` as in DAVIS.

    The ground truth is resized to the size of the results (nearest pixel) where they differ.
    """
    (workdir / "truth" / name).mkdir(parents=True, exist_ok=True)
    for path in sorted(truth.glob("*.png")):
        with Image.open(path) as image, Image.open(results / path.name) as other:
            resized = image.resize(other.size, Image.Resampling.NEAREST)
            resized.save(workdir / "truth" / name / path.name)
    (workdir / "results").mkdir(exist_ok=True)
    (workdir / "results" / name).symlink_to(results.resolve())


def _read(truth: Path) -> dict[str, Tracks]:
    layout = load_layout("kitti_mots")
    return {name: layout.read_pair(truth, truth, name)[0] for name in layout.list_sequences(truth)}


def _scored(tracks: Tracks, seed: int) -> Tracks:
    """Return the tracks with one random score per track."""
    names, which = np.unique(tracks.track, return_inverse=True)
    score = np.random.default_rng(seed).integers(1, _SCORES + 1, len(names)) / _SCORES
    return replace(tracks, score=score[which])
