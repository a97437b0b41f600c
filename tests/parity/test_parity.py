"""Every field equals TrackEval 1.3.0 on the same files: counts exactly, the rest to 1e-9."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from bench.material.corrupt import corrupt
from datasets.formats import mot_text, mots_text
from datasets.readers import mot17, tud
from datasets.sequences.mot_folder import CLASSES
from datasets.sequences.sequence_json import Prepared, open_sequence, write_prepared
from datasets.types import Extent, Tracks
from metrics.combine import combine_scores
from metrics.crosscheck import trackeval_run
from metrics.score import score_tracks
from tests.support import trackeval_oracle
from tests.support.parity import FAMILIES, TOLERANCE, assert_equal, of_class, our_scores
from tests.support.paths import SHARED
from trackers.contract import load_method, load_tracker
from trackers.run import track


def lengths(prepared: Mapping[str, Prepared]) -> dict[str, int]:
    return {name: each.sequence.extent.frame_count for name, each in prepared.items()}


@pytest.fixture(scope="module")
def tud_scores() -> dict[str, dict]:
    root = tud.locate(None)
    names = ["TUD-Campus", "TUD-Stadtmitte"]
    prepared = {name: tud.read("tud", root, name, root) for name in names}
    results = {
        name: mot_text.read_tracks(root / name / "test.txt", each.sequence.extent)
        for name, each in prepared.items()
    }
    return our_scores({name: each.truth for name, each in prepared.items()}, results, "mot15")


# TrackEval 12c8791 and 1.3.0 with BENCHMARK=MOT15; all printed digits of both are equal
GOLDEN = {
    "TUD-Campus": """
        HOTA 39.1397 DetA 41.8047 AssA 36.9121 LocA 77.0052 DetRe 44.1577 DetPr 71.4083
        AssRe 38.3225 AssPr 75.4050 OWTA 40.3395 HOTA(0) 54.9351 MOTA 52.6462 MOTP 72.2799
        CLR_TP 209 CLR_FN 150 CLR_FP 13 IDSW 7 Frag 7 MT 1 PT 6 ML 1
        IDF1 55.7659 IDTP 162 IDFN 197 IDFP 60""",
    "TUD-Stadtmitte": """
        HOTA 39.7849 DetA 39.2268 AssA 40.8841 LocA 73.7521 DetRe 41.3131 DetPr 63.7622
        AssRe 44.9219 AssPr 63.1203 OWTA 40.9711 HOTA(0) 62.9305 MOTA 56.4014 MOTP 65.4096
        CLR_TP 704 CLR_FN 452 CLR_FP 45 IDSW 7 Frag 6 MT 5 PT 4 ML 1
        IDF1 64.4619 IDTP 614 IDFN 542 IDFP 135""",
    "COMBINED": """
        HOTA 39.9957 DetA 39.7683 AssA 41.2450 LocA 73.2480 DetRe 41.9871 DetPr 65.5103
        AssRe 45.0665 AssPr 69.2211 OWTA 41.3066 HOTA(0) 61.1329 MOTA 55.5116 MOTP 66.9823
        CLR_TP 913 CLR_FN 602 CLR_FP 58 IDSW 14 Frag 13 MT 6 PT 10 ML 2
        IDF1 62.4296 IDTP 776 IDFN 739 IDFP 195""",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_tud_equals_the_golden_table(tud_scores, name):
    words = GOLDEN[name].split()
    values = tud_scores[name]["values"]
    for field, golden in zip(words[::2], words[1::2], strict=True):
        shown = f"{100 * values[field]:.4f}" if "." in golden else str(values[field])
        assert shown == golden, field


def test_tud_equals_trackeval(tud_scores, tmp_path):
    root = tud.locate(None)
    names = ["TUD-Campus", "TUD-Stadtmitte"]
    theirs = trackeval_oracle.score_mot(
        {name: root / name / "gt.txt" for name in names},
        {name: root / name / "test.txt" for name in names},
        lengths({name: tud.read("tud", root, name, root) for name in names}),
        "MOT15",
        tmp_path,
    )
    assert_equal(tud_scores, theirs)


@pytest.fixture(scope="module")
def mot17_prepared() -> dict[str, Prepared]:
    if not SHARED.is_dir():
        pytest.skip("no real data in ../shared/data")
    root = SHARED / "mot17"
    names = sorted(path.name for path in (root / "train").iterdir())
    assert len(names) == 7
    return {name: mot17.read("mot17", root, name, root) for name in names}


def mot17_results(variant: str, prepared: Mapping[str, Prepared], workdir: Path) -> dict[str, Path]:
    """Return a MOTChallenge result file of each sequence, tracked here or published."""
    if variant == "lif_t":
        return {name: SHARED / "mot17" / "results" / "lif_t" / f"{name}.txt" for name in prepared}
    files = {}
    for name, each in prepared.items():
        path = workdir / "prepared" / name / "sequence.json"
        write_prepared(path, each)
        found = track(load_tracker(variant, {}), load_method(variant), open_sequence(path))
        files[name] = workdir / f"{name}.txt"
        mot_text.write_tracks(files[name], found)
    return files


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "chosen"),  # published results of all sequences, and each tracked once here
    [("lif_t", [*range(7)]), ("sort", [0, 1]), ("bytetrack", [2, 3]), ("deepsort", [4, 5, 6])],
)
def test_mot17_equals_trackeval(variant, chosen, mot17_prepared, tmp_path):
    prepared = {name: mot17_prepared[name] for name in np.array([*mot17_prepared])[chosen].tolist()}
    files = mot17_results(variant, prepared, tmp_path)
    ground = {name: SHARED / "mot17" / "train" / name / "gt" / "gt.txt" for name in prepared}
    theirs = trackeval_oracle.score_mot(
        ground, files, lengths(prepared), "MOT17", tmp_path / "trackeval"
    )
    results = {
        name: mot_text.read_tracks(path, prepared[name].sequence.extent)
        for name, path in files.items()
    }
    truth = {name: each.truth for name, each in prepared.items()}
    assert_equal(our_scores(truth, results, "mot17"), theirs)


def random_grid_tracks(seed: int, extent: Extent, classes: bool) -> Tracks:
    """Return few tracks with large steps and boxes on a coarse grid.

    This gives ties, IoU exactly at a threshold, empty frames and empty sides.
    """
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 60)) if seed % 7 else 0
    frame = np.sort(rng.integers(0, extent.frame_count, count))
    track = rng.integers(1, 5, count)
    _, first = np.unique(frame * 10 + track, return_index=True)
    frame, track = frame[first], track[first]
    count = len(frame)
    near = rng.integers(0, 4, (count, 2)) * 5.0
    size = rng.integers(1, 4, (count, 2)) * 5.0
    class_id = rng.choice([1, 1, 1, 2, 6, 8, 3], count) if classes else np.ones(count)
    score = rng.choice([0.0, 1, 1, 1], count) if classes else rng.random(count)
    box = np.concatenate([near, near + size], axis=1)
    return Tracks(extent, frame, track, class_id, score, box, visibility=np.ones(count))


def write_truth(path: Path, tracks: Tracks) -> None:
    rows = zip(tracks.frame, tracks.track, tracks.box, tracks.score, tracks.class_id, strict=True)
    lines = [
        f"{f + 1},{t},{b[0] + 1},{b[1] + 1},{b[2] - b[0]},{b[3] - b[1]},{int(s)},{c},1\n"
        for f, t, b, s, c in rows
    ]
    path.write_text("".join(lines))


@pytest.mark.slow
@pytest.mark.parametrize("benchmark", ["MOT15", "MOT16", "MOT17", "MOT20"])
def test_random_tracks_on_a_grid_equal_trackeval(benchmark, tmp_path):
    extent = Extent(100, 100, 12, CLASSES)
    truth = {f"s{n}": random_grid_tracks(2 * n, extent, classes=True) for n in range(40)}
    results = {f"s{n}": random_grid_tracks(2 * n + 1, extent, classes=False) for n in range(40)}
    for name, rows in truth.items():
        write_truth(tmp_path / f"{name}.gt.txt", rows)
        mot_text.write_tracks(tmp_path / f"{name}.txt", results[name])
    kind = "mot15" if benchmark == "MOT15" else "truth"
    truth = {
        name: mot_text.read_tracks(tmp_path / f"{name}.gt.txt", extent, kind) for name in truth
    }
    theirs = trackeval_oracle.score_mot(
        {name: tmp_path / f"{name}.gt.txt" for name in truth},
        {name: tmp_path / f"{name}.txt" for name in truth},
        dict.fromkeys(truth, extent.frame_count),
        benchmark,
        tmp_path / "trackeval",
    )
    assert_equal(our_scores(truth, results, benchmark.lower()), theirs)


def random_crowd(seed: int, identities: int, frames: int) -> Tracks:
    """Return boxes on a coarse grid, on which many overlaps are exactly equal."""
    rng = np.random.default_rng(seed)
    extent = Extent(100, 100, frames, {1: "person"})
    chosen = rng.random((frames, identities)) < rng.choice([0.0, 0.3, 0.9], p=[0.05, 0.35, 0.6])
    frame, track = np.nonzero(chosen)
    near = rng.integers(0, 5, (len(frame), 2)) * 5.0
    size = rng.integers(1, 4, (len(frame), 2)) * 5.0
    box, ones = np.concatenate([near, near + size], axis=1), np.ones(len(frame))
    return Tracks(extent, frame, track, ones, ones, box)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cases", "identities", "frames"),
    [(400, 11, 8), (150, 4, 40), (100, 25, 1), (50, 30, 12), (2, 3000, 3)],
)
def test_random_tracks_with_many_ties_equal_trackeval(cases, identities, frames):
    wrong = []
    for case in range(cases):
        rng = np.random.default_rng([case, identities])
        some = [int(n) for n in rng.integers(1, identities + 1, 2)]
        truth, prediction = (random_crowd(2 * case + k, some[k], frames) for k in (0, 1))
        ours = score_tracks(truth, prediction, "mot15", FAMILIES)["values"]
        for field, value in trackeval_oracle.score_arrays(truth, prediction).items():
            if not abs(ours[field] - value) <= TOLERANCE:
                wrong.append(f"case {case} {field}: {ours[field]!r}, TrackEval {value!r}")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.slow
def test_kitti_mots_equals_trackeval(shared, tmp_path):
    truth, results = shared / "kitti_mots" / "instances_txt", tmp_path / "results"
    names, lengths = ["0000", "0012", "0015"], {}
    ours: dict[str, dict] = {}
    for name in names:
        rows = mots_text.read_tracks(truth / f"{name}.txt")
        lengths[name] = rows.extent.frame_count
        mots_text.write_tracks(results / f"{name}.txt", corrupt(rows, int(name)))
        back = mots_text.read_tracks(results / f"{name}.txt", rows.extent)
        ours[name] = score_tracks(rows, back, "kitti_mots", FAMILIES)
    ours["COMBINED"] = combine_scores(list(ours.values()))
    theirs = trackeval_oracle.score(
        trackeval_run.kitti_mots(truth, results, lengths), ("car", "pedestrian")
    )
    for class_name, scores in theirs.items():
        found = of_class(ours, class_name)
        assert found["COMBINED"]["values"]["IDSW"] > 0
        assert_equal(found, scores)
