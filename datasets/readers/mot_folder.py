"""One's own data, DanceTrack and SportsMOT in place, from a folder in MOTChallenge layout.

`<root>/<split>/<sequence>/`, see `datasets/sequences/mot_folder.py`; images and detections may be
absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

from datasets.sequences import mot_folder
from datasets.sequences.classes_yaml import FILE, Classes, check_classes, read_classes
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
    """Return the label files that are there, after a check of the options.

    Raises:
        FileNotFoundError: The sequence, its seqinfo.ini or its ground truth is missing; the message
            lists the sequences there are.
    """
    assert root is not None
    known, _ = _find_classes(root / split, **classes)
    if detected_class not in (None, *known.values()):
        names = [*known.values()]
        raise ValueError(f"detected_class: {detected_class!r} found, expected one of {names}")
    named = [path for path in [root / split / FILE] if path.is_file()]
    return named + mot_folder.label_files(mot_folder.find_sequence(root / split, sequence))


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
    """Return one sequence, its images where they are.

    Args:
        split: Folder of the sequences below the root, `.` for the root itself.
        classes: Name of each class id; as <root>/<split>/classes.yaml says if not given.
        ignored: Ids of classes that are neither right nor wrong.
        detected_class: Name of the class of all detections, where there are several classes and
            det.txt does not say which.
    """
    assert root is not None
    known = _find_classes(root / split, classes, ignored)
    found = mot_folder.find_sequence(root / split, sequence)
    return mot_folder.read_prepared(dataset, root, found, known, detected_class)


def _find_classes(split: Path, classes: Any = None, ignored: Any = ()) -> Classes:
    if classes is not None:
        return check_classes("", classes, ignored)
    if ignored:
        raise ValueError(f"ignored: {ignored!r} found without classes: expected both or neither")
    return read_classes(split)
