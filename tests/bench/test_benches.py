"""The programs of bench/: imports of the timed tools, and whole runs on little data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import held_out, yolo_sam2_modes
from bench.harness import harness_cost, planning
from datasets.formats import mots_text
from datasets.formats.parquet import read_tracks
from tests.parity.test_davis import random_video, write_video
from tests.support.metrics.small_tasks import masks, task_of
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

SIDE_BY_SIDE = ["box_scoring", "mask_scoring", "video_ap", "jf", "frame_ap"]


def python(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", SIDE_BY_SIDE)
def test_the_reference_tool_loads_none_of_our_heavy_modules(module):
    loaded = python(
        "-c", f"import sys, bench.{module}, metrics.crosscheck.trackeval_run; print(*sys.modules)"
    )
    ours = {name for name in loaded.split() if name.startswith(("datasets.", "metrics."))}
    names = ("errors", "files", "mended", "missing_library", "program")
    light = {"datasets.io", *(f"datasets.io.{name}" for name in names)}
    assert ours == {*light, "metrics.crosscheck", "metrics.crosscheck.trackeval_run"}
    assert not {"pyarrow", "cv2", "pycocotools", "PIL", "tqdm"} & set(loaded.split())


def boxes(workdir: Path) -> list[Path | str]:
    task = task_of("mot17", workdir)
    return ["--truth", task.truth, "--results", task.results]


def kitti_mots(workdir: Path) -> list[Path | str]:
    for number, (_, rows, _) in enumerate(masks(workdir / "labels")):
        mots_text.write_tracks(workdir / "truth" / f"{number:04d}.txt", rows)
    return ["--truth", workdir / "truth", "--results", workdir / "results"]


def davis(workdir: Path) -> list[Path | str]:
    for name, labels in zip(("truth", "results"), random_video(3, void=True), strict=True):
        write_video(workdir / name, labels)
    return [
        "--truth",
        workdir / "truth",
        "--results",
        workdir / "results",
        "--workdir",
        workdir / "workdir",
    ]


def frames(workdir: Path) -> list[Path | str]:
    paths = ["--truth", workdir / "truth.json", "--results", workdir / "results.json"]
    return [*paths, "--kind", "masks", "--images", "6"]


def fresh(workdir: Path) -> list[Path | str]:
    return [*boxes(workdir), "--workdir", workdir / "links"]


@pytest.mark.parametrize(
    ("module", "make", "part"),
    [
        ("box_scoring", boxes, None),
        ("mask_scoring", kitti_mots, None),
        ("video_ap", kitti_mots, None),
        ("jf", davis, "J&F alone"),
        ("frame_ap", frames, "matching and accumulating alone"),
        ("fresh_process", fresh, None),
    ],
)
def test_the_tools_agree_and_are_timed(module, make, part, tmp_path):
    arguments = [
        *map(str, make(tmp_path)),
        "--repeats",
        "1",
        "--output",
        str(tmp_path / "out.json"),
    ]
    assert "times as long" in python("-m", f"bench.{module}", *arguments)
    found = json.loads((tmp_path / "out.json").read_text())
    ours, *theirs = (seconds for (seconds,) in found["seconds"].values())
    assert [*found["ratio"].values()] == pytest.approx([each / ours for each in theirs])
    assert found.get("part", {}).get("what") == part
    assert any(0 < value < 1 for value in found["values"].values())


def test_a_joint_session_is_compared_with_one_session_per_object():
    found = yolo_sam2_modes.measure(objects=2, frames=3, model={})
    assert found["followed"] == 2
    assert found["least_iou"] >= 0.99
    total = found["total_seconds"]
    assert found["ratio"] == pytest.approx(total["article"] / total["joint"])


def test_the_overhead_of_the_harness_is_reported_by_stage(tmp_path):
    found = list(harness_cost.cases(tmp_path, frames=6, repeats=1))
    assert [(each["frames_from"], each["tracker"]) for each in found] == [
        (kind, tracker) for kind in ("video", "images") for tracker in ("waiting", "working")
    ]
    for each in found:
        spent = each["ms_a_frame"]
        assert spent["step"] >= 33
        stages = sum(ms for name, ms in spent.items() if name != "whole")
        assert stages == pytest.approx(spent["whole"], rel=0.02)
        assert each["share_of_harness"] == pytest.approx(1 - spent["step"] / spent["whole"])


def test_options_are_compared_on_sequences_not_used_in_training(tmp_path, monkeypatch):
    monkeypatch.setattr(held_out, "SCENARIOS", ["crossing"])
    paths = held_out.sequences(tmp_path, 30, 1)
    assert paths == held_out.sequences(tmp_path, 30, 1) == [tmp_path / "crossing-30/sequence.json"]
    truth = read_tracks(tmp_path / "crossing-30" / "truth.parquet")
    mots_text.write_tracks(tmp_path / "own.txt", truth)
    options = {"results": str(tmp_path / "own.txt"), "format": "mots"}
    found = held_out.score("imported", options, paths)
    assert found["HOTA"] == {"crossing-30": 100.0}
    assert found["together"]["AP50"] == found["together"]["J&F"] == 100.0


@pytest.mark.slow
def test_planning_is_timed_with_no_output_present():
    found = planning.measure(variants=2, sequences=3, repeats=1)
    each = {"track": 6, "score": 6, "prepare": 3, "pictures": 3}  # of a sequence
    of_a_variant = ("clock", "speed", "combine", "gallery", "heatmap")
    assert found["jobs"] == sum(each.values()) + 2 * len(of_a_variant) + 2  # and compare, report
    assert found["processor_seconds"] > 0
