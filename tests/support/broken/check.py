"""Check the result or the error of a reader."""

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

MAX_LENGTH = 1500  # characters of an error
SMALL = 10**5  # pixels
USED = 0.1  # share of the results that are also processed
# errors that concern a whole text file, not a line
OF_FILES = (
    ": the file is empty, so that the image size is unknown",
    ": the frames of lines are ambiguous: ",
)


def check_error(case: Case, folder: Path, data: bytes, error: Exception) -> str:
    """Return the reason why an error is unacceptable, "" if it is acceptable."""
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
    """Return the reason why a result is unacceptable, "" if it is acceptable."""
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
    """Return the values of a field with a wrong type, "" if there are none."""
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
    """Return how masks differ from those decoded by the COCO API, "" if they do not."""
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
