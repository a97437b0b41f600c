"""Corrupted files are read, or refused by name; see the package `tests.support.broken`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broken.cases import all_cases
from tests.support.paths import ROOT

# cases by reader, and the number of inputs that can be tried for each case
READERS = {
    "mot_text": (
        500,
        *("mot16 truth", "mot16 results", "mot15 truth", "mot15 results", "plain truth"),
        *("plain results", "convert mot", "convert mot_truth", "convert mot15"),
    ),
    "mots_text": (
        500,
        *("mots truth", "mots results", "kitti_mots truth", "kitti_mots results"),
        *("convert mots", "convert mots_challenge"),
    ),
    "kitti_text": (650, "kitti truth", "kitti results", "convert kitti", "convert kitti_truth"),
    "kitti_dump": (900, "convert kitti_dump"),
    "sam2_jsonl": (900, "convert sam2_jsonl"),
    "vis_json": (
        500,
        *("youtube_vis truth", "youtube_vis results"),
        *("convert youtube_vis_truth", "convert youtube_vis_results"),
    ),
    "coco_json": (500, "coco truth", "coco results", "convert coco_truth", "convert coco_results"),
    "davis_png": (
        200,
        *("davis truth", "davis results", "davis2016 truth", "davis2016 results"),
        "convert davis",
    ),
    "parquet": (400, "parquet truth", "parquet results", "convert parquet"),
    "small files": (900, "seqinfo", "classes.yaml", "sequence.json"),
}
MIN_TOTAL, MIN_OF_READER = 20_000, 500
SHARE = float(os.environ.get("BROKEN_INPUTS_SHARE", "0.4"))  # of them that is tried
MEGABYTES = 600  # memory of a process, of which some 150 are the libraries


def run(module: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", f"tests.support.broken.{module}", *map(str, arguments)]
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def assert_read_or_refused(workdir: Path, count: int, cases: tuple[str, ...]) -> None:
    done = run("run", workdir, count, *cases)
    assert not done.returncode, f"crashed at {(workdir / 'current').read_text()}: {done.stderr}"
    report = json.loads((workdir / "report.json").read_text())
    wrong = [each for case in report["cases"].values() for each in case["wrong"]]
    assert not wrong, "\n".join(map(str, wrong[:10]))
    assert report["peak"] >> 20 < MEGABYTES
    for name, case in report["cases"].items():
        assert case["tried"] == count, name
        assert 0 < case["read"] < count, name


def test_every_reader_is_tried_with_enough_inputs():
    tried = {name: count * len(cases) for name, (count, *cases) in READERS.items()}
    assert sum(tried.values()) >= MIN_TOTAL
    assert min(tried.values()) >= MIN_OF_READER
    listed = [case for _, *cases in READERS.values() for case in cases]
    assert sorted(listed) == sorted(all_cases())


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_broken_files_are_read_or_refused_by_name(tmp_path, reader):
    count, *cases = READERS[reader]
    assert_read_or_refused(tmp_path, round(SHARE * count), tuple(cases))


@pytest.mark.slow
def test_long_lines_and_images_take_little_time_and_memory(tmp_path):
    size = int(os.environ.get("LONG_LINE_BYTES", "2000000"))
    done = run("long_lines", tmp_path, size)
    assert not done.returncode, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > 150
    megabytes = size / 1e6
    bad = [
        each
        for each in found
        if each["wrong"]
        or each["seconds"] > 5 + megabytes
        or each["peak_mb"] > MEGABYTES + 25 * megabytes
    ]
    assert not bad


@pytest.mark.slow
def test_a_corrupted_file_is_the_same_in_every_run():
    from tests.support.broken.run import corrupted

    for name, case in all_cases().items():
        assert corrupted(case, name, 99) == corrupted(case, name, 99), name
