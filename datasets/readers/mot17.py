"""MOT16, MOT17 and MOT20 in place, from a folder in MOTChallenge layout.

`<root>/<split>/<sequence>/{seqinfo.ini, gt/gt.txt, det/det.txt, img1/}`; images and detections may
be absent. Source: https://motchallenge.net, Milan et al., MOT16, arXiv 1603.00831.
"""

from __future__ import annotations

from configparser import ConfigParser, SectionProxy
from pathlib import Path

from datasets import mot_text
from datasets.sequence_json import Prepared
from datasets.types import Extent, Sequence

CLASSES = {
    1: "pedestrian",
    2: "person_on_vehicle",
    3: "car",
    4: "bicycle",
    5: "motorbike",
    6: "non_mot_vehicle",
    7: "static_person",
    8: "distractor",
    9: "occluder",
    10: "occluder_on_ground",
    11: "occluder_full",
    12: "reflection",
    13: "crowd",
}
_SPLITS = ("train", "test")


def locate(root: str | None) -> Path:
    """Return the folder given: this data set is not downloaded."""
    if root is None:
        raise ValueError("root: missing: name the folder that holds train/ in MOTChallenge layout")
    if not Path(root).is_dir():
        raise FileNotFoundError(f"root: {root}: no such folder")
    return Path(root)


def inputs(root: Path | None, sequence: str) -> list[Path]:
    """Return the label files that are there.

    Raises:
        FileNotFoundError: The sequence, its seqinfo.ini or its ground truth is missing; the message
            lists the sequences there are.
    """
    folder = _folder(root, sequence)
    needed = [folder / "seqinfo.ini", folder / "gt" / "gt.txt"]
    for path in needed:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file")
    return needed + [path for path in [folder / "det" / "det.txt"] if path.is_file()]


def read(dataset: str, root: Path | None, sequence: str, folder: Path) -> Prepared:
    """Return one sequence, its images where they are."""
    info_path, truth, *detections = inputs(root, sequence)
    info = _read_info(info_path)
    height, width, frame_count = (_whole(info, k) for k in ("imHeight", "imWidth", "seqLength"))
    extent = Extent(height, width, frame_count, CLASSES)
    images = info_path.parent / info.get("imDir", "img1")
    return Prepared(
        Sequence(
            dataset,
            sequence,
            extent,
            float(_whole(info, "frameRate")),
            images=str(images.resolve()) if images.is_dir() else None,
            root=str(root),
        ),
        mot_text.read_tracks(truth, extent, labelled=True),
        mot_text.read_tracks(detections[0], extent) if detections else None,
    )


def _folder(root: Path | None, sequence: str) -> Path:
    assert root is not None
    for split in _SPLITS:
        if (root / split / sequence).is_dir():
            return root / split / sequence
    known = sorted(path.name for split in _SPLITS for path in (root / split).glob("*/"))
    raise FileNotFoundError(f"{root}: no sequence {sequence!r}: found {known}")


def _read_info(path: Path) -> SectionProxy:
    parser = ConfigParser()
    parser.read(path)
    if "Sequence" not in parser:
        raise ValueError(f"{path}: section [Sequence] is missing")
    return parser["Sequence"]


def _whole(info: SectionProxy, key: str) -> int:
    text = info.get(key)
    if text is None or not text.isdecimal():
        raise ValueError(f"seqinfo.ini, {key}: {text!r} found, expected a whole number")
    return int(text)
