"""Two objects in three images of 4 x 5 pixels, as files of every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from datasets.formats import (
    coco_json,
    davis_png,
    kitti_dump,
    kitti_text,
    mot_text,
    mots_text,
    sam2_jsonl,
    vis_json,
)
from datasets.formats import parquet as parquet_file
from datasets.masks import coco_rle
from datasets.sequences.sequence_json import Prepared, write_prepared
from datasets.types import Extent, Sequence, Tracks

Files = dict[str, bytes]
CLASSES = {1: "car", 2: "pedestrian"}
INFO = b"[Sequence]\nname=a\nimDir=img1\nframeRate=25\nseqLength=3\nimWidth=5\nimHeight=4\n"
NAMES = b"classes:\n  1: car\n  2: pedestrian\n  3: crowd\nignored: [3]\n"


def tracks(
    classes: dict[int, str] = CLASSES, ignored: tuple[int, ...] = (), shift: int = 0
) -> Tracks:
    """Return both objects in all images, side by side, the first of class 1."""
    dense = np.zeros((6, 4, 5), bool)
    for row in range(6):
        left = 2 * (row % 2) + shift
        dense[row, row // 2 : row // 2 + 2, left : left + 2] = True
    masks = coco_rle.encode(dense)
    return Tracks(
        Extent(4, 5, 3, classes, ignored),
        frame=np.repeat([0, 1, 2], 2),
        track=np.array([1, 2] * 3),
        class_id=np.array([1, 2] * 3),
        score=np.ones(6),
        box=masks.boxes,
        rle=masks,
    )


def written(write: Callable[[Path], object]) -> Files:
    """Return the files that a function writes to a folder."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def mot() -> Files:
    def write(folder: Path) -> None:
        mot_text.write_tracks(folder / "truth/a/gt/gt.txt", tracks(), "truth")
        mot_text.write_tracks(folder / "results/a.txt", tracks(shift=1).take(np.arange(5)))

    return {"truth/a/seqinfo.ini": INFO, **written(write)}


def mot15() -> Files:
    def write(folder: Path) -> None:
        one = tracks().take(tracks().class_id == 1)
        mot_text.write_tracks(folder / "truth/a/gt/gt.txt", one, "mot15")
        mot_text.write_tracks(folder / "results/a.txt", one)

    return {"truth/a/seqinfo.ini": INFO, **written(write)}


def plain() -> Files:
    return {"truth/classes.yaml": NAMES, **mot()}


def mots_challenge() -> Files:
    def write(folder: Path) -> None:
        mots_text.write_tracks(folder / "truth/a/gt/gt.txt", _mots_tracks(), first_frame=1)
        mots_text.write_tracks(folder / "results/a.txt", _mots_tracks(1), first_frame=1)

    return {"truth/a/seqinfo.ini": INFO, **written(write)}


def kitti_mots() -> Files:
    def write(folder: Path) -> None:
        mots_text.write_tracks(folder / "truth/a.txt", _mots_tracks())
        mots_text.write_tracks(folder / "results/a.txt", _mots_tracks(1))

    return written(write)


def _mots_tracks(shift: int = 0) -> Tracks:
    return tracks(mots_text.CLASSES, (mots_text.IGNORE,), shift)


def kitti() -> Files:
    kitti_tracks = tracks(kitti_text.CLASSES, (kitti_text.DONT_CARE,))

    def write(folder: Path) -> None:
        kitti_text.write_tracks(folder / "truth/a.txt", kitti_tracks, "truth")
        kitti_text.write_tracks(folder / "results/a.txt", kitti_tracks)

    files = written(write)
    ignored = b"1 -1 DontCare -1 -1 -10 1 1 3 3 -1 -1 -1 -1000 -1000 -1000 -10\n"
    return files | {"truth/a.txt": files["truth/a.txt"] + ignored}


def dump() -> Files:
    return written(lambda folder: kitti_dump.write_tracks(folder, "00_000", tracks()))


def lines() -> Files:
    return written(lambda folder: sam2_jsonl.write_tracks(folder / "a.jsonl", tracks()))


def youtube_vis() -> Files:
    def write(folder: Path) -> None:
        vis_json.write_truth(folder / "truth.json", {"a": tracks(), "b": tracks()})
        vis_json.write_results(folder / "results.json", {"a": tracks(shift=1), "b": tracks()})

    return written(write)


def coco() -> Files:
    def write(folder: Path) -> None:
        coco_json.write_truth(folder / "truth.json", {"a": tracks(), "b": tracks()})
        coco_json.write_results(folder / "results.json", {"a": tracks(shift=1), "b": tracks()})

    return written(write)


def davis() -> Files:
    def write(folder: Path) -> None:
        davis_png.write_tracks(folder / "truth/a", tracks())
        davis_png.write_tracks(folder / "results/a", tracks(shift=1))

    return written(write)


def parquet() -> Files:
    def write(folder: Path) -> None:
        parquet_file.write_tracks(folder / "truth/a/truth.parquet", tracks())
        parquet_file.write_tracks(folder / "results/a/tracks.parquet", tracks(shift=1))

    return written(write)


def sequence() -> Files:
    prepared = Prepared(Sequence("d", "a", tracks().extent, 25.0, "img1", "r"), tracks(), tracks())
    return written(lambda folder: write_prepared(folder / "sequence.json", prepared))
