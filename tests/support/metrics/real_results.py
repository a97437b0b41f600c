"""Real ground truth and result files, in the layouts that `metrics.evaluate` reads.

Where only ground truth is real, results are made from it with seeded errors. Run this module to
write them for the command line: python -m tests.support.metrics.real_results FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.material.corrupt import corrupt
from datasets.formats import mots_text
from tests.support.paths import SHARED

_MISSED, _SWITCHED, _FALSE = 0.12, 0.01, 0.05  # shares of rows
Folders = tuple[Path, Path]  # of ground truth and results


@dataclass(frozen=True)
class RealSet:
    """A set of real files.

    Args:
        families: Metric families; empty for those of the protocol.
        folders: Return the folders, after writing to a working directory what is made; takes the
            names of the sequences, all if there are none.
    """

    protocol: str
    folders: Callable[[Path, Many[str]], Folders]
    families: tuple[str, ...] = ()


def in_place(truth: str, results: str) -> Callable[[Path, Many[str]], Folders]:
    """Return a function that gives two folders of the real data."""
    return lambda *_: (SHARED / truth, SHARED / results)


def dancetrack(workdir: Path, sequences: Many[str]) -> Folders:
    """Return the DanceTrack sequences and results made from them, line by line."""
    truth = SHARED / "dancetrack" / "val"
    for seed, folder in enumerate(sorted(truth.iterdir())):
        if not sequences or folder.name in sequences:
            lines = (folder / "gt" / "gt.txt").read_text().splitlines()
            (workdir / f"{folder.name}.txt").write_text("\n".join(perturbed(lines, seed)) + "\n")
    return truth, workdir


def kitti_mots(workdir: Path, sequences: Many[str]) -> Folders:
    """Return the sequences of KITTI-MOTS' ground truth and results made from it."""
    truth = SHARED / "kitti_mots" / "instances_txt"
    for path in sorted(truth.glob("*.txt")):
        if not sequences or path.stem in sequences:
            found = corrupt(mots_text.read_tracks(path), int(path.stem))
            mots_text.write_tracks(workdir / path.name, found)
    return truth, workdir


def dogs_jump(method: str) -> Callable[[Path, Many[str]], Folders]:
    """Return a function that gives a DAVIS 2017 sequence and the masks of OSVOS or RVOS.

    The masks are resized to the ground truth by repeating the nearest pixel.
    """
    root = SHARED / "davis2017" / "dogs-jump"

    def folders(workdir: Path, _: Many[str]) -> Folders:
        truth, results = workdir / "truth" / "dogs-jump", workdir / "results" / "dogs-jump"
        truth.parent.mkdir()
        truth.symlink_to(root / "masks")
        results.mkdir(parents=True)
        for path in sorted((root / "results" / method).iterdir()):
            with Image.open(root / "masks" / path.name) as label, Image.open(path) as image:
                image.resize(label.size, Image.Resampling.NEAREST).save(results / path.name)
        return truth.parent, results.parent

    return folders


def perturbed(lines: list[str], seed: int) -> list[str]:
    """Return result lines made from MOTChallenge ground truth.

    Some objects are missed, boxes moved, two tracks exchanged, false boxes added.
    """
    rng = np.random.default_rng(seed)
    rows = [[float(cell) for cell in line.split(",")[:6]] for line in lines]
    tracks = sorted({row[1] for row in rows})
    found = []
    for frame, track, *box in rows:
        if rng.random() < _MISSED:
            continue
        other = float(rng.choice(tracks)) if rng.random() < _SWITCHED else track
        near, size = np.array(box[:2]), np.array(box[2:])
        moved = np.concatenate([near + rng.normal(0, 0.06, 2) * size, size * rng.normal(1, 0.1, 2)])
        found.append((frame, other, moved))
        if rng.random() < _FALSE:
            found.append((frame, 500 + float(rng.integers(20)), moved + 300))
    unique = {(frame, track): box for frame, track, box in found}
    return [
        f"{frame:g},{track:g},{','.join(f'{cell:.2f}' for cell in box)},{rng.random():.3f},-1,-1,-1"
        for (frame, track), box in unique.items()
    ]


_TRACKS = ("jf_te", "hota", "clear", "identity")
SETS = {
    "masa-hung": RealSet("mot15", in_place("mot15/train", "mot15/results/masa-hung")),
    "masa-hung-kf": RealSet("mot15", in_place("mot15/train", "mot15/results/masa-hung-kf")),
    "dancetrack": RealSet("plain", dancetrack),
    "lif_t": RealSet("mot17", in_place("mot17/train", "mot17/results/lif_t")),
    "kitti_mots": RealSet("kitti_mots", kitti_mots),
    "davis2016_osvos": RealSet(
        "davis2016", in_place("davis2016/Annotations/480p", "davis2016/results/osvos")
    ),
    "dogs_jump_osvos": RealSet("davis_semi", dogs_jump("osvos")),
    "dogs_jump_rvos": RealSet("davis", dogs_jump("rvos"), ("jf_davis_us",)),
    "dogs_jump_osvos_tracks": RealSet("davis_semi", dogs_jump("osvos"), _TRACKS),
    "dogs_jump_rvos_tracks": RealSet("davis", dogs_jump("rvos"), _TRACKS),
}


def command(name: str, workdir: Path) -> list[str]:
    """Return the arguments of `metrics.evaluate` that cross-check a set, after writing its files.

    Args:
        name: One of `SETS`.
        workdir: Empty folder for results that are made.
    """
    chosen = SETS[name]
    truth, results = chosen.folders(workdir, ())
    families = ["--families", *chosen.families] if chosen.families else []
    paths = ["--truth", str(truth), "--results", str(results)]
    return ["--protocol", chosen.protocol, *paths, *families, "--crosscheck"]


def main() -> None:
    """Print the command of each set."""
    for name in SETS:
        workdir = Path(sys.argv[1]) / name
        workdir.mkdir(parents=True)
        print("python -m metrics.evaluate", *command(name, workdir))


if __name__ == "__main__":
    main()
