"""Seeded ground truth and results for every protocol, small enough for every reference tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.material.corrupt import corrupt
from datasets.formats import coco_json, davis_png, mots_text, vis_json
from datasets.layout import load_layout
from datasets.types import Tracks
from metrics.family import load_protocol
from metrics.task import Task
from tests.parity.test_davis import random_video, write_video
from tests.parity.test_parity_files import dance, street, write_info
from tests.parity.test_parity_vis import corrupted_result, ellipses
from tests.support.metrics.coco_sequences import random_sequence

OF_TRACKS = ("hota", "clear", "identity", "vace", "count")
PROTOCOLS = {  # with the families that apply
    **dict.fromkeys(("mot15", "mot16", "mot17", "mot20", "plain", "kitti"), OF_TRACKS),
    **dict.fromkeys(("kitti_mots", "mots"), (*OF_TRACKS, "coco_mask_ap", "coco_box_ap")),
    "youtube_vis": (*OF_TRACKS, "vis_ap", "coco_mask_ap", "coco_box_ap"),
    "coco": (*OF_TRACKS, "coco_box_ap"),
    "davis": (*OF_TRACKS, "jf_te"),
    "davis_semi": (*OF_TRACKS, "jf_te"),
    "davis2016": (*OF_TRACKS, "jf_te"),
}
OUR_OWN: tuple[str, ...] = ()  # protocols that no other tool has
_GROUND, _RESULT = "{},{},{},{},{},{},{},1,1\n", "{},{},{},{},{},{},0.5,-1,-1,-1\n"


def task_of(protocol: str, workdir: Path) -> Task:
    """Return the task of scoring the small data of a protocol, written to an empty folder."""
    layout = load_protocol(protocol).layout
    _WRITERS[layout](workdir / "truth", workdir / "results")
    names = tuple(load_layout(layout).list_sequences(workdir / "truth"))
    return Task(
        protocol, layout, workdir / "truth", workdir / "results", PROTOCOLS[protocol], names
    )


def _lengths(count: int) -> Iterator[tuple[int, str, int]]:
    """Yield the seed, name and number of frames of each sequence."""
    yield from ((seed, f"s{seed:02d}", 4 + seed % 5) for seed in range(count))


def _mot(truth: Path, results: Path) -> None:
    results.mkdir()
    for seed, name, length in _lengths(12):
        write_info(truth / name, 100, 100, length)
        (truth / name / "gt" / "gt.txt").write_text(dance(2 * seed, length, _GROUND))
        (results / f"{name}.txt").write_text(dance(2 * seed + 1, length, _RESULT))


def _kitti(truth: Path, results: Path) -> None:
    for seed, name, length in _lengths(10):
        for folder, scored in ((truth, False), (results, True)):
            folder.mkdir(exist_ok=True)
            text = street(2 * seed + scored, seed, length, scored)
            (folder / f"{name}.txt").write_text(text)


def _mots(truth: Path, results: Path) -> None:
    for name, rows, found in masks(truth.parent / "labels"):
        write_info(truth / name, rows.extent.height, rows.extent.width, rows.extent.frame_count)
        mots_text.write_tracks(truth / name / "gt" / "gt.txt", rows, first_frame=1)
        mots_text.write_tracks(results / f"{name}.txt", found, first_frame=1)


def _kitti_mots(truth: Path, results: Path) -> None:
    for name, rows, found in masks(truth.parent / "labels"):
        mots_text.write_tracks(truth / f"{name}.txt", rows)
        mots_text.write_tracks(results / f"{name}.txt", found)


def masks(workdir: Path) -> Iterator[tuple[str, Tracks, Tracks]]:
    """Yield a name, ground truth with two classes and ignore regions, and a result with errors."""
    for seed in (1, 2, 3, 4, 6):
        name = f"s{seed}"
        write_video(workdir / name, random_video(seed, void=True)[0])
        rows = davis_png.read_tracks(workdir / name)
        size = rows.extent.height, rows.extent.width, rows.extent.frame_count
        class_id = np.where(rows.track < 0, mots_text.IGNORE, 1 + rows.track % 2)
        rows = replace(rows, extent=mots_text.mots_extent(*size), class_id=class_id)
        yield name, rows, corrupt(rows, seed)


def _vis(truth: Path, results: Path) -> None:
    ground = {f"v{seed}": ellipses(seed) for seed in range(12)}
    found = {name: corrupted_result(each, seed) for seed, (name, each) in enumerate(ground.items())}
    found["v7"] = found["v7"].take(np.zeros(0, int))
    vis_json.write_truth(truth / "instances.json", ground)
    vis_json.write_results(results / "results.json", found)


def _coco(truth: Path, results: Path) -> None:
    pairs = {f"s{seed}": random_sequence(seed, masks=False) for seed in range(8)}
    coco_json.write_truth(truth / "instances.json", {n: one for n, (one, _) in pairs.items()})
    coco_json.write_results(results / "results.json", {n: each for n, (_, each) in pairs.items()})


def _davis(truth: Path, results: Path) -> None:
    for seed in range(16):
        labels = random_video(seed, void=seed % 2 == 1)
        for folder, each in zip((truth, results), labels, strict=True):
            write_video(folder / f"s{seed:02d}", each)


_WRITERS = {
    **dict.fromkeys(("mot15", "mot16", "plain"), _mot),
    "kitti": _kitti,
    "kitti_mots": _kitti_mots,
    "mots": _mots,
    "youtube_vis": _vis,
    "coco": _coco,
    "davis": _davis,
    "davis2016": _davis,
}
