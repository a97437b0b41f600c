"""Scores of files, with our layouts and protocols, equal TrackEval 1.3.0 on the same files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.material.corrupt import corrupt
from datasets.formats import mots_text
from metrics.crosscheck import trackeval_run
from tests.support import trackeval_oracle
from tests.support.parity import assert_equal, scores_of_files

pytestmark = pytest.mark.slow

INFO = "[Sequence]\nimHeight={}\nimWidth={}\nseqLength={}\nframeRate=25\n"


def write_info(folder: Path, height: int, width: int, frame_count: int) -> None:
    (folder / "gt").mkdir(parents=True)
    (folder / "seqinfo.ini").write_text(INFO.format(height, width, frame_count))


def test_mots_challenge_equals_trackeval(shared, tmp_path):
    truth, results, lengths = tmp_path / "truth", tmp_path / "results", {}
    for name in ("0012", "0015"):
        source = shared / "kitti_mots" / "instances_txt" / f"{name}.txt"
        rows = mots_text.read_tracks(source)
        lengths[name] = rows.extent.frame_count
        write_info(truth / name, rows.extent.height, rows.extent.width, lengths[name])
        mots_text.write_tracks(truth / name / "gt" / "gt.txt", rows, first_frame=1)
        mots_text.write_tracks(results / f"{name}.txt", corrupt(rows, int(name)), first_frame=1)
    theirs = trackeval_oracle.score(trackeval_run.mots_challenge(truth, results, lengths))
    ours = scores_of_files("mots", truth, results)["pedestrian"]
    assert ours["COMBINED"]["values"]["IDSW"] > 0
    assert_equal(ours, theirs["pedestrian"])


def test_plain_equals_trackeval_without_preprocessing(tmp_path):
    truth, results, lengths = tmp_path / "truth", tmp_path / "results", {}
    results.mkdir()
    for seed in range(60):
        name, lengths[name] = f"s{seed:02d}", 4 + seed % 5
        write_info(truth / name, 100, 100, lengths[name])
        rows = dance(2 * seed, lengths[name], "{},{},{},{},{},{},{},1,1\n")
        (truth / name / "gt" / "gt.txt").write_text(rows)
        rows = dance(2 * seed + 1, lengths[name], "{},{},{},{},{},{},0.5,-1,-1,-1\n")
        (results / f"{name}.txt").write_text(rows)
    theirs = trackeval_oracle.score_mot(
        {name: truth / name / "gt" / "gt.txt" for name in lengths},
        {name: results / f"{name}.txt" for name in lengths},
        lengths,
        "DanceTrack",
        tmp_path / "workdir",
        preprocess=False,
    )
    ours = scores_of_files("plain", truth, results)["pedestrian"]
    assert ours["COMBINED"]["values"]["IDSW"] > 0
    assert_equal(ours, theirs)


def dance(seed: int, frame_count: int, line: str) -> str:
    """Return MOTChallenge rows on a coarse grid, some marked 0."""
    rng = np.random.default_rng(seed)
    lines = []
    for frame in range(1, frame_count + 1 if seed % 11 else 1):
        for track in np.flatnonzero(rng.random(6) < 0.6):
            left, top = track % 3 * 10 + rng.choice([0, 0, 5]), track // 3 * 10
            lines.append(line.format(frame, track, left, top, 15, 10, rng.choice([0, 1, 1, 1])))
    return "".join(lines)


def street(seed: int, world: int, frame_count: int, scored: bool) -> str:
    """Return a KITTI file: ground truth with occlusion levels and DontCare regions, or results.

    Files of the same `world` have objects at the same places. The boxes are on a coarse grid: ties,
    heights equal to the limit, boxes exactly half inside a region.
    """
    rng = np.random.default_rng(seed)
    homes = np.random.default_rng(world).integers(0, 4, (9, 2)) * 12.5
    lines = []
    for frame in range(frame_count if seed % 9 else 0):
        names = rng.permutation(8) if rng.random() < 0.2 else np.arange(8)
        for track in np.flatnonzero(rng.random(8) < 0.6):
            others = ["Car", "Pedestrian"] if scored else ["Van", "Person", "Cyclist"]
            kind = rng.choice([("Car", "Pedestrian")[track % 2]] * 2 + others)
            truncated, occluded = rng.choice([0, 0, 0, 1]), rng.choice([0, 0, 1, 2, 3])
            level = "-1 -1" if scored else f"{truncated} {occluded}"
            box = place(rng, homes[track])
            lines.append(f"{frame} {names[track]} {kind} {level} -10 {box}{' 0.5' * scored}")
        if not scored:
            lines += [dont_care(frame, place(rng, homes[8])) for _ in range(rng.integers(3))]
    if not scored:
        lines.append(dont_care(frame_count - 1, place(rng, homes[8])))
    return "".join(f"{line}\n" for line in lines)


def dont_care(frame: int, box: str) -> str:
    return f"{frame} -1 DontCare -1 -1 -10 {box}"


def place(rng: np.random.Generator, home: np.ndarray) -> str:
    left, top = home + rng.choice([0, 0, 0, 12.5], 2)
    right, bottom = left + rng.choice([25, 25, 37.5, 12.5]), top + rng.choice([37.5, 37.5, 25])
    box = " ".join(f"{number:.6f}" for number in (left, top, right, bottom))
    return f"{box} -1 -1 -1 -1000 -1000 -1000 -10"


def test_kitti_equals_trackeval(tmp_path):
    truth, results, lengths = tmp_path / "truth", tmp_path / "results", {}
    truth.mkdir()
    results.mkdir()
    for seed in range(80):
        name, frame_count = f"s{seed:03d}", 4 + seed % 5
        for folder, scored in ((truth, False), (results, True)):
            text = street(2 * seed + scored, seed, frame_count, scored)
            (folder / f"{name}.txt").write_text(text)
        lengths[name] = frame_count
    theirs = trackeval_oracle.score_kitti(truth, results, lengths, tmp_path / "workdir")
    ours = scores_of_files("kitti", truth, results)
    assert list(ours) == list(theirs) == ["car", "pedestrian"]
    for name, scores in theirs.items():
        assert ours[name]["COMBINED"]["values"]["IDSW"] > 0
        assert_equal(ours[name], scores)
