"""Names of the frames of a sequence: those of its image files, or numbers for a video."""

from __future__ import annotations

import re
from collections.abc import Sequence as Many
from pathlib import Path

from datasets.media.frames import list_images
from datasets.types import Sequence

_LAST_NUMBER = re.compile(r"([0-9]+)[^0-9]*$")


def frame_names(sequence: Sequence) -> list[str]:
    """Return the name of each frame without suffix: 000000, 000001, ... for a video."""
    images = None if sequence.images is None else Path(sequence.images)
    if images is not None and images.is_dir():
        return [path.stem for path in list_images(images)]
    return [f"{index:06}" for index in range(sequence.extent.frame_count)]


def find_frame(name: str, names: Many[str]) -> int | None:
    """Return the index of the frame that a name stands for, None if there is none.

    It is the frame of this name, or else the one whose name ends in the same number: `walk_30` and
    `30` stand for `000030`.
    """
    if name in names:
        return names.index(name)
    number = _last_number(name)
    found = [index for index, each in enumerate(names) if _last_number(each) == number]
    return found[0] if number is not None and len(found) == 1 else None


def _last_number(name: str) -> int | None:
    match = _LAST_NUMBER.search(name)
    return int(match[1]) if match else None
