"""Whether what a reader gives, or why it refuses, is as it should be."""

from __future__ import annotations

import contextlib
import math
import re
from pathlib import Path
from random import Random

import numpy as np

from datasets.masks import coco_rle
from datasets.types import Sequence, Tracks
from tests.support.broken import expected
from tests.support.broken.cases import Case, Pair

MAX_LENGTH = 1500  # letters of an error
SMALL = 10**5  # pixels
USED = 0.1  # of what is read
# errors of a whole text file
OF_FILES = (
    ": empty: the image size cannot be known",
    ": file names are no whole numbers, and ",
)


def check_error(case: Case, folder: Path, data: bytes, error: Exception) -> str:
    """Return what is wrong with an error, "" if nothing."""
    text = str(error)
    if isinstance(error, UnicodeError) or len(text) > MAX_LENGTH or len(text.splitlines()) > 1:
        return f"refused with {type(error).__name__}: {text[:MAX_LENGTH]!r}"
    broken = str(folder / case.broken)
    if not any(str(folder / path) in text for path in case.files):
        return f"refused without the name of a file: {text}"
    if case.lines and text.startswith(broken) and not any(each in text for each in OF_FILES):
        match = re.match(r", line (\d+)\b", text[len(broken) :])
        if not match or not 1 <= int(match[1]) <= data.count(b"\n") + 1:
            return f"refused without the number of a line: {text}"
    return ""


def check_result(case: Case, found: list[Pair], data: bytes) -> str:
    """Return what is wrong with what was read, "" if nothing."""
    for each in (one for pair in found for one in pair):
        reason = check_sequence(each) if isinstance(each, Sequence) else check_masks(each)
        if reason:
            return reason
    if case.expected is not None and (reason := compare(case, found, data)):
        return reason
    if Random(data).random() < USED:
        with contextlib.suppress(ValueError, OSError):
            case.use(found)
    return ""


def compare(case: Case, found: list[Pair], data: bytes) -> str:
    assert case.expected is not None
    try:
        wanted = case.expected(data)
    except (ValueError, LookupError, AssertionError, TypeError, AttributeError) as error:
        return f"read though {type(error).__name__}: {error}"
    return expected.differs([own for _, own in found], wanted)


def check_sequence(sequence: Sequence) -> str:
    """Return which field is not of the type it is said to be."""
    extent = sequence.extent
    whole = [extent.height, extent.width, extent.frame_count, *extent.classes, *extent.ignored]
    texts = [sequence.dataset, sequence.name, *extent.classes.values()]
    texts += [each for each in (sequence.images, sequence.root) if each is not None]
    if not all(type(each) is int and each >= 0 for each in whole):
        return f"read with {whole}"
    if not all(type(each) is str for each in texts):
        return f"read with {texts}"
    rate = sequence.frame_rate
    fine = type(rate) in (int, float) and math.isfinite(rate) and rate > 0
    return "" if fine else f"read with {rate}"


def check_masks(tracks: Tracks | str | None) -> str:
    """Return how masks, if there are any, differ from what the COCO API makes of them."""
    if not isinstance(tracks, Tracks) or tracks.rle is None:
        return ""
    if tracks.rle.height * tracks.rle.width > SMALL:
        return ""
    dense = coco_rle.decode(tracks.rle)
    if (dense.sum(axis=(1, 2)) != tracks.rle.areas).any():
        return f"areas {tracks.rle.areas} of {tracks.rle.runs}"
    boxes = [_box(each) for each in dense]
    return (
        "" if np.array_equal(tracks.rle.boxes, np.array(boxes).reshape(-1, 4)) else "boxes differ"
    )


def _box(mask: np.ndarray) -> list[int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return [0, 0, 0, 0]
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
