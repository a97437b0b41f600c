"""Everyday inputs: small files with a fault that people's files have, and what must come of it.

The kinds of fault, and for each the example files in shared/cases that have it, are in `KINDS`;
the inputs of each kind are in the tables of tests/metrics/inputs. A reference is TrackEval 1.3.0,
pycocotools or the DAVIS evaluator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from configparser import Error as ConfigError
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from trackeval.utils import TrackEvalException

from datasets.io.mended import take_mended
from metrics.evaluate import evaluate
from metrics.task import plan
from tests.support.messages import message_pattern
from tests.support.metrics.coco_files import arguments

KINDS: dict[str, tuple[str, ...]] = {
    "separators": ("01-space-separated-boxmot", "12-trailing-comma", "26-semicolons"),
    "class of results": ("03-class-0-person", "03b-boxmot-head-format"),
    "columns of the truth": (
        *("05-gt-10-columns-minus1", "07-gt-minus1-0-minus1", "08-gt-visibility-minus1"),
    ),
    "score of the truth": ("13-gt-fractional-conf",),
    "seqinfo.ini": ("04-seqinfo-minimal",),
    "first frame": ("14-frames-from-0",),
    "names of classes": ("21-cvat-two-classes-no-yaml",),
    "folder of results": ("24-data-subfolder",),
    "negative sizes": ("30-negative-size", "109-kitti-box-clipped-past-its-left-edge"),
    "number of frames": (
        *("41-kitti-own-0000-200-frames", "41c-kitti-own-0000-fp-per-frame"),
        "42-kitti-own-results-after-last-truth",
    ),
    "columns of KITTI": ("43-kitti-gt-18-columns",),
    "rows without identity": ("44-kitti-id-minus1",),
    "hidden files": ("46-kitti-appledouble", "101-davis-appledouble"),
    "masks that are not scored": (
        "61-coco-segmentation-some-empty",
        "62-coco-polygon-of-4-numbers",
    ),
    "names of categories": ("64-coco-roboflow-root-same-name",),
    "ids as text": ("66-coco-string-image-ids",),
    "unlisted": ("67-coco-result-of-unknown-category", "68-coco-annotation-of-unlisted-image"),
    "values that are not read": ("74-coco-nan-in-unread-key",),
    "ties": ("77-coco-ties-two-sizes", "78-coco-ties-two-videos"),
    "areas of results": ("79-coco-results-with-bbox-and-segm",),
    "whole numbers": ("81-coco-float-image-id",),
    "tracks in no frame": ("84-vis-result-null-in-every-frame",),
    "frames of masks": ("96-davis-no-first-and-last-frame", "97-davis-extra-frames"),
    "columns that differ": (),
    "kinds of text": (),
    "kinds of PNG": (),
}

# by which the references refuse files
REFUSALS = (TrackEvalException, ConfigError, LookupError, ValueError, TypeError, AssertionError)

Files = dict[str, Any]  # content by path: text, bytes, or what is written as JSON or PNG
Change = Callable[[Files], None]
Scores = Mapping[str, float | None]


@dataclass(frozen=True)
class Read:
    """The reference reads the files; our numbers are equal.

    Args:
        note: Part of the note on what was mended or skipped; there is none if it is empty.
    """

    note: str = ""


@dataclass(frozen=True)
class Like:
    """The reference refuses the files; our numbers are those it gives to other files.

    Args:
        change: What makes the other files of the example; by default nothing.
        refused: Whether the reference refuses the files, rather than read them wrongly or not at
            all.
    """

    note: str = ""
    change: Change = lambda files: None
    refused: bool = True


@dataclass(frozen=True)
class Refused:
    """The files are refused; `...` in the message stands for any text."""

    message: str


Expected = Read | Like | Refused


@dataclass(frozen=True)
class Input:
    """Files of the example with one fault.

    Args:
        kind: A key of `KINDS`.
        options: Flags of metrics.evaluate, by name.
    """

    kind: str
    name: str
    change: Change
    expected: Expected
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


Row = tuple[Change, Expected] | tuple[Change, Expected, Mapping[str, Any]]


def table(kinds: Mapping[str, Mapping[str, Row]]) -> list[Input]:
    """Return the inputs, given by kind and name."""
    return [Input(kind, name, *row) for kind, named in kinds.items() for name, row in named.items()]


@dataclass(frozen=True)
class Example:
    """Files without a fault.

    Args:
        paths: Paths of ground truth and results for metrics.evaluate, in the folder of the files.
        write: Function that writes a file of another kind than text and bytes.
        theirs: Function that returns the scores of the reference for a folder and options.
    """

    protocol: str
    files: Files
    paths: tuple[str, str]
    theirs: Callable[[Path, Mapping[str, Any]], Scores]
    write: Callable[[Path, Any], None] | None = None


def check(example: Example, given: Input, workdir: Path) -> None:
    """Compare what comes of an input with what is expected."""
    assert given.kind in KINDS
    folder, wanted = _write(example, given.change, workdir / "given"), given.expected
    take_mended()
    if isinstance(wanted, Refused):
        with pytest.raises((ValueError, OSError), match=message_pattern(wanted.message)):
            _ours(example, folder, given.options)
        return
    found, notes = _ours(example, folder, given.options), "; ".join(take_mended())
    assert wanted.note in notes if wanted.note else not notes
    if isinstance(wanted, Like):
        if wanted.refused:
            with pytest.raises(REFUSALS):
                example.theirs(folder, given.options)
        folder = _write(example, wanted.change, workdir / "other")
    theirs = example.theirs(folder, given.options)
    ours = {name: found[name] for name in theirs}
    assert ours == pytest.approx(theirs, abs=1e-9, nan_ok=True)
    assert theirs


def _write(example: Example, change: Change, folder: Path) -> Path:
    """Write the changed files of an example, and return their folder."""
    files = deepcopy(example.files)
    change(files)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str | bytes):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        else:
            assert example.write is not None
            example.write(path, content)
    return folder


def _ours(example: Example, folder: Path, options: Mapping[str, Any]) -> Scores:
    """Return our scores: of the combined sequences, by class and column, and class-averaged."""
    args = arguments(*(folder / path for path in example.paths), family="")
    vars(args).update({"protocol": example.protocol, "families": None, **options})
    found = evaluate(plan(args))
    scores = {
        f"{number} {column}": value
        for number, each in enumerate(found["classes"].values())
        for column, value in each["combined"].items()
    }
    return scores | found["class_averaged"]
