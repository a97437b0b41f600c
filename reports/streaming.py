"""What is left of a variant's accuracy when frames come at a fixed rate, for the page."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path

from datasets.io.files import is_made, read_json
from datasets.run_layout import STREAMING, TRACKS


@dataclass(frozen=True)
class Late:
    """A variant at one rate.

    Args:
        rate: Frames that come in a second.
        values: By column, of all sequences together.
        frames: Of all sequences.
        dropped: Of them, those the variant had no time for.
    """

    rate: float
    values: dict[str, float | None]
    frames: int
    dropped: int


def read_late(combined: Path, sequences: Many[Path], *, finished: bool) -> Late | None:
    """Return a variant at one rate, None where a file is missing or outdated.

    Args:
        combined: The total.
        sequences: Folder of each sequence's tracks and real_time.json.
        finished: See `is_made`.
    """
    timings = [folder / STREAMING for folder in sequences]
    tracks = [folder / TRACKS for folder in sequences]
    if not all(path.is_file() for path in timings):
        return None
    if not is_made(combined, tracks, finished=finished):
        return None
    found = [read_json(path) for path in timings]
    return Late(
        found[0]["rate"],
        read_json(combined)["values"],
        sum(each["frames"] for each in found),
        sum(each["dropped"] for each in found),
    )
