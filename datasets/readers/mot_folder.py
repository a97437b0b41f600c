"""One's own data, DanceTrack and SportsMOT, read in place from a folder in MOTChallenge layout.

`<root>/<split>/<sequence>/`, see `datasets/sequences/mot_folder.py`; images and detections may be
absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

from datasets.sequences import mot_folder
from datasets.sequences.classes_yaml import (
    Classes,
    check_classes,
    find_class_files,
    read_classes,
)
from datasets.sequences.sequence_json import Prepared

_SPLIT = "train"

locate = mot_folder.locate


def inputs(
    root: Path | None,
    sequence: str,
    *,
    split: str = _SPLIT,
    detected_class: str | None = None,
    **classes: Any,
) -> list[Path]:
    """Return the existing label files, after validating the options.

    Raises:
        FileNotFoundError: The sequence, its seqinfo.ini or its ground truth is missing; lists the
            known sequences.
    """
    assert root is not None
    known, _ = _find_classes(root / split, **classes)
    if detected_class not in (None, *known.values()):
        names = [*known.values()]
        raise ValueError(f"detected_class: expected one of {names}, found {detected_class!r}")
    return find_class_files(root / split) + mot_folder.label_files(
        mot_folder.find_sequence(root / split, sequence)
    )


def read(
    dataset: str,
    root: Path | None,
    sequence: str,
    folder: Path,
    *,
    split: str = _SPLIT,
    classes: Mapping[str, str] | None = None,
    ignored: Many[int] = (),
    detected_class: str | None = None,
) -> Prepared:
    """Return one sequence, with its images in place.

    Args:
        split: Folder of the sequences below the root, `.` for the root itself.
        classes: Class names by class id; by default those of <root>/<split>/classes.yaml.
        ignored: Ids of the classes which are not scored.
        detected_class: Class name of all detections, if there are several classes and det.txt has
            no class column.
    """
    assert root is not None
    known = _find_classes(root / split, classes, ignored)
    found = mot_folder.find_sequence(root / split, sequence)
    return mot_folder.read_prepared(dataset, root, found, known, detected_class)


def _find_classes(split: Path, classes: Any = None, ignored: Any = ()) -> Classes:
    if classes is not None:
        return check_classes("", classes, ignored)
    if ignored:
        raise ValueError(f"ignored: expected classes and ignored, found only ignored: {ignored!r}")
    return read_classes(split)
