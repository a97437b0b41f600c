"""Sequence folders in MOTChallenge layout: seqinfo.ini, gt/gt.txt, det/det.txt, img1/ or a video.

Source: https://motchallenge.net, Milan et al., MOT16, arXiv 1603.00831.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from configparser import ConfigParser, MissingSectionHeaderError
from configparser import Error as ConfigError
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from datasets.class_mapping import only_class
from datasets.formats import mot_text
from datasets.io.errors import shorten
from datasets.io.files import existing_folder, read_small_text
from datasets.io.mended import count_mended
from datasets.sequences.mot_images import find_images, find_video, times_path
from datasets.sequences.result_files import find_result
from datasets.tables.columns import whole_number
from datasets.types import Extent, Sequence, Tracks

if TYPE_CHECKING:
    from datasets.sequences.sequence_json import Prepared

Classes = tuple[Mapping[int, str], tuple[int, ...]]
_MAX_NUMBER = 10**10
_DECIMAL = re.compile(r"[0-9]{1,10}(\.[0-9]{0,10})?")
_SECTION = "expected the section [Sequence]"

CLASSES = mot_text.CLASSES


@dataclass(frozen=True)
class Info:
    """The content of seqinfo.ini.

    Args:
        extent: Image size, number of frames, classes.
        frame_rate: Frames per second.
        images: Folder of the images, which may be absent.
    """

    extent: Extent
    frame_rate: float
    images: Path


def info_path(folder: Path) -> Path:
    """Return the path of a sequence's seqinfo.ini."""
    return folder / "seqinfo.ini"


def truth_path(folder: Path) -> Path:
    """Return the path of a sequence's ground truth."""
    return folder / "gt" / "gt.txt"


def detections_path(folder: Path) -> Path:
    """Return the path of a sequence's public detections, which are optional."""
    return folder / "det" / "det.txt"


def read_info(folder: Path, classes: Classes = (CLASSES, ())) -> Info:
    """Return the content of a sequence's seqinfo.ini, in an extent with the given classes.

    Args:
        classes: Class names by class id, and the ids of ignored classes.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A key is missing or not a whole number, or the frame rate is not a number. Names
            file and key.
    """
    path, section = info_path(folder), _read_section(folder)
    numbers = {}
    for key in ("imHeight", "imWidth", "seqLength"):
        numbers[key] = _whole(f"{path}, {key}", section.get(key.lower()))
    rate = _rate(f"{path}, frameRate", section.get("framerate"))
    size = numbers["imHeight"], numbers["imWidth"], numbers["seqLength"]
    return Info(_extent(path, size, classes), rate, _images_folder(folder))


def _images_folder(folder: Path) -> Path:
    return folder / _read_section(folder).get("imdir", "img1")


def read_extent(folder: Path, classes: Classes = (CLASSES, ())) -> Extent:
    """Return the extent of a sequence whose boxes are scored: only seqLength is required.

    Height and width are 0 unless both are whole numbers. Arguments and errors as for `read_info`.
    """
    path, section = info_path(folder), _read_section(folder)
    count = _whole(f"{path}, seqLength", section.get("seqlength"))
    try:
        height, width = (_whole(key, section.get(key)) for key in ("imheight", "imwidth"))
    except ValueError:
        height = width = 0
    return _extent(path, (height, width, count), classes)


def _extent(path: Path, size: tuple[int, int, int], classes: Classes) -> Extent:
    try:
        return Extent(*size, *classes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _read_section(folder: Path) -> dict[str, str]:
    """Return the values of [Sequence] in seqinfo.ini, by key in lower case."""
    path = info_path(folder)
    if not path.is_file():
        needed = "MOTChallenge's layout has seqinfo.ini, with seqLength, and gt/gt.txt"
        raise FileNotFoundError(f"{path}: no such file: {needed}")
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(read_small_text(path, "replace"), str(path))
    except MissingSectionHeaderError as error:
        raise ValueError(f"{path}, line {error.lineno}: {_SECTION}, found none") from error
    except ConfigError as error:
        raise ValueError(f"{path}: {shorten(str(error))}") from error
    if "Sequence" not in parser:
        raise ValueError(f"{path}: {_SECTION}, found {parser.sections()}")
    return dict(parser["Sequence"])


def _whole(place: str, text: str | None) -> int:
    try:
        number = -1 if text is None else whole_number(text)
    except ValueError:
        number = -1
    if not 0 <= number <= _MAX_NUMBER:
        raise ValueError(f"{place}: expected a whole number, found {_shown(text)}")
    return number


def _rate(place: str, text: str | None) -> float:
    if text is None or not _DECIMAL.fullmatch(text) or not float(text):
        raise ValueError(f"{place}: expected a number above 0, found {_shown(text)}")
    return float(text)


def _shown(text: str | None) -> str:
    return "nothing" if text is None else repr(text[:40])


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences below a folder.

    Sequences with seqinfo.ini but without ground truth are included, so that reading them fails
    instead of leaving them out of a total.
    """
    folders = list(truth.glob("[!.]*/"))
    labelled = [path for path in folders if truth_path(path).is_file()]
    described = [path for path in folders if info_path(path).is_file()]
    return sorted({path.name for path in [*labelled, *described]}) if labelled else []


def read_pair(
    truth: Path,
    results: Path,
    sequence: str,
    kind: mot_text.Kind,
    classes: Classes = (CLASSES, ()),
) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence; see `find_result` for its file.

    Args:
        kind: Kind of the ground truth: see `mot_text.read_tracks`.

    Raises:
        ValueError: As `read_extent` and `mot_text.read_tracks`.
    """
    extent = read_extent(truth / sequence, classes)
    return (
        _read_truth(truth / sequence, extent, kind),
        mot_text.read_tracks(find_result(results, sequence), extent, named=True),
    )


def _read_truth(folder: Path, extent: Extent, kind: mot_text.Kind) -> Tracks:
    """Return the ground truth, with score 0 for rows whose score TrackEval 1.3.0 truncates to 0."""
    truth = mot_text.read_tracks(truth_path(folder), extent, kind)
    cut = (abs(truth.score) < 1) & (truth.score != 0)
    if not cut.any():
        return truth
    count_mended("ground truth rows with a score between -1 and 1, not scored", cut.sum())
    return replace(truth, score=np.where(cut, 0.0, truth.score))


def locate(root: str | None) -> Path:
    """Return the folder of a data set, which is not downloaded."""
    return existing_folder(root, "train/ in MOTChallenge layout")


def find_sequence(split: Path, sequence: str) -> Path:
    """Return the folder of a sequence; FileNotFoundError lists the known sequences."""
    if (split / sequence).is_dir():
        return split / sequence
    known = sorted(path.name for path in split.glob("[!.]*/"))
    raise FileNotFoundError(f"{split}: expected a sequence among {known}, found {sequence!r}")


def label_files(folder: Path) -> list[Path]:
    """Return the existing label files of a sequence, its video and its frame times.

    Raises:
        FileNotFoundError: The seqinfo.ini or the ground truth is missing.
    """
    needed = [info_path(folder), truth_path(folder)]
    for path in needed:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file")
    images = None if _images_folder(folder).is_dir() else find_video(folder)
    optional = [detections_path(folder), times_path(folder), *([images] if images else [])]
    return needed + [path for path in optional if path.is_file()]


def read_prepared(
    dataset: str,
    root: Path,
    folder: Path,
    classes: Classes = (CLASSES, ()),
    detected_class: str | None = None,
    kind: mot_text.Kind = "truth",
) -> Prepared:
    """Return the sequence in a folder, with its images or its video in place and its detections.

    Args:
        detected_class: Class name of all detections; None if their file has a class column.
        kind: Kind of the ground truth.

    Raises:
        ValueError: A file is invalid, or the video is damaged or does not match seqinfo.ini.
    """
    from datasets.sequences.sequence_json import Prepared  # imports Parquet

    label_files(folder)
    info = read_info(folder, classes)
    images = find_images(folder, info.images, info.extent)
    sequence = Sequence(
        dataset,
        folder.name,
        info.extent,
        images.frame_rate or info.frame_rate,
        None if images.path is None else str(images.path),
        str(root),
        images.timestamps,
    )
    truth = _read_truth(folder, info.extent, kind)
    return Prepared(sequence, truth, _read_detections(folder, info.extent, detected_class))


def _read_detections(folder: Path, extent: Extent, detected_class: str | None) -> Tracks | None:
    path = detections_path(folder)
    if not path.is_file():
        return None
    held = extent if detected_class is None else only_class(extent, detected_class)
    return replace(mot_text.read_tracks(path, held), extent=extent)
