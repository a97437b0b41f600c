"""Files as people have them, read as TrackEval 1.3.0 reads the same files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.parity.test_parity_files import dance, street, write_info
from tests.support import trackeval_oracle
from tests.support.parity import assert_equal, scores_of_files

pytestmark = pytest.mark.slow

Cells = list[str]
Mend = Callable[[np.random.Generator, Cells], str]


def joined(separator: str, columns: int | None = None, end: str = "") -> Mend:
    return lambda _, cells: separator.join(cells[:columns]) + end


def negative(rng: np.random.Generator, cells: Cells) -> str:
    """Return a line whose width, height or both are negative in one row of three."""
    for column in (4, 5):
        if rng.random() < 0.2:
            cells[column] = f"-{cells[column]}"
    return ",".join(cells)


def with_scores(*scores: str) -> Mend:
    return lambda rng, cells: ",".join([*cells[:6], str(rng.choice(scores)), *cells[7:]])


def class_of(text: str) -> Mend:
    return lambda _, cells: ",".join([*cells[:7], text])


TRUTH: dict[str, Mend] = {
    "8 columns": joined(",", 8),
    "visibility -1": class_of("1,-1"),
    "visibility 1.5": class_of("1,1.5"),
    "trailing comma": joined(",", end=","),
    "tabs": joined("\t"),
    "fractional scores": with_scores("1", "0.6", "-0.2", "1.7", "-1", "0"),
    "negative sizes": negative,
}
RESULTS: dict[str, Mend] = {
    "spaces": joined(" "),
    "semicolons": joined(";"),
    "semicolons at the end": joined(";", end=";"),
    "7 columns": joined(",", 7),
    "7 columns and a comma": joined(",", 7, ","),
    "class 0": class_of("0,-1"),
    "class 0 and a score": class_of("0,0.91"),
    "negative sizes": negative,
}


def change(path: Path, mend: Mend, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{mend(rng, line.split(','))}\n" for line in lines))


@pytest.mark.parametrize(("protocol", "benchmark"), [("mot17", "MOT17"), ("plain", "")])
@pytest.mark.parametrize(
    ("side", "kind"),
    [*(("truth", kind) for kind in TRUTH), *(("results", kind) for kind in RESULTS)],
)
def test_mot_text_equals_trackeval(tmp_path, protocol, benchmark, side, kind):
    truth, results, lengths = tmp_path / "truth", tmp_path / "results", {}
    results.mkdir()
    for seed in range(8):
        name, lengths[name] = f"s{seed:02d}", 4 + seed % 5
        write_info(truth / name, 100, 100, lengths[name])
        (truth / name / "seqinfo.ini").write_text(f"[Sequence]\nseqLength={lengths[name]}\n")
        paths = {"truth": truth / name / "gt" / "gt.txt", "results": results / f"{name}.txt"}
        rows = dance(2 * seed, lengths[name], "{},{},{},{},{},{},{},1,1\n")
        paths["truth"].write_text(rows)
        rows = dance(2 * seed + 1, lengths[name], "{},{},{},{},{},{},0.5,-1,-1,-1\n")
        paths["results"].write_text(rows)
        change(paths[side], (TRUTH if side == "truth" else RESULTS)[kind], seed)
    theirs = trackeval_oracle.score_mot(
        {name: truth / name / "gt" / "gt.txt" for name in lengths},
        {name: results / f"{name}.txt" for name in lengths},
        lengths,
        benchmark or "DanceTrack",
        tmp_path / "workdir",
        preprocess=bool(benchmark),
    )
    assert_equal(scores_of_files(protocol, truth, results)["pedestrian"], theirs)


def inverted(rng: np.random.Generator, cells: Cells) -> str:
    """Return a line whose box is clipped past one edge or both in one row of three."""
    for near, far in ((6, 8), (7, 9)):
        if rng.random() < 0.2:
            cells[near], cells[far] = cells[far], cells[near]
    return " ".join(cells)


def unnamed(rng: np.random.Generator, cells: Cells) -> str:
    if rng.random() < 0.3:
        cells[1] = str(rng.choice(["-1", "-2"]))
    return " ".join(cells)


def counted_per_class(_: np.random.Generator, cells: Cells) -> str:
    """Return a line with an identity that objects of other classes may have too."""
    if cells[2] != "DontCare":
        cells[1] = str((int(cells[1]) + 3 * len(cells[2])) % 8)
    return " ".join(cells)


KITTI: dict[str, Mend] = {
    "boxes past an edge": inverted,
    "negative identities": unnamed,
    "identities counted per class": counted_per_class,
    "10 columns": joined(" ", 10),
    "16 columns": joined(" ", 16),
    "17 columns and two spaces": joined("  ", 17),
    "scores": joined(" ", 17, " 1"),
    "a space at the end": joined(" ", 17, " "),
}


@pytest.mark.parametrize("side", ["truth", "results"])
@pytest.mark.parametrize("kind", KITTI)
def test_kitti_text_equals_trackeval(tmp_path, side, kind):
    truth, results, lengths = tmp_path / "truth", tmp_path / "results", {}
    for seed in range(12):
        name, lengths[name] = f"s{seed:03d}", 6 + seed % 5
        for folder, scored in ((truth, False), (results, True)):
            folder.mkdir(exist_ok=True)
            text = street(2 * seed + scored, seed, lengths[name] - 1, scored)
            if folder.name == side:
                rng = np.random.default_rng(seed)
                lines = (KITTI[kind](rng, line.split()) for line in text.splitlines())
                text = "".join(f"{line}\n" for line in lines)
            (folder / f"{name}.txt").write_text(text)
    theirs = trackeval_oracle.score_kitti(truth, results, lengths, tmp_path / "workdir")
    seqmap = tmp_path / "workdir" / "evaluate_tracking.seqmap.training"
    (truth / seqmap.name).write_text(seqmap.read_text())
    ours = scores_of_files("kitti", truth, results)
    for name, scores in theirs.items():
        assert ours[name]["COMBINED"]["values"]["CLR_TP"] > 0
        assert_equal(ours[name], scores)
