"""Read the accuracy of a variant when frames arrive at a fixed rate, as from a live camera."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path

from datasets.io.files import is_up_to_date, read_json
from datasets.run_layout import STREAMING, TRACKS


@dataclass(frozen=True)
class StreamingResult:
    """The result of a variant at one frame rate.

    Args:
        rate: Frames that arrive per second.
        values: Values by column over all sequences.
        frames: Number of frames in all sequences.
        dropped: Number of frames dropped because the variant was busy.
    """

    rate: float
    values: dict[str, float | None]
    frames: int
    dropped: int


def read_streaming(
    combined: Path, sequences: Many[Path], *, finished: bool
) -> StreamingResult | None:
    """Return the result of a variant at one rate; None if a file is missing or outdated.

    Args:
        combined: combined.json, the values over all sequences.
        sequences: Folders with the tracks and streaming.json of each sequence.
        finished: See `is_up_to_date`.
    """
    timings = [folder / STREAMING for folder in sequences]
    tracks = [folder / TRACKS for folder in sequences]
    if not all(path.is_file() for path in timings):
        return None
    if not is_up_to_date(combined, tracks, finished=finished):
        return None
    found = [read_json(path) for path in timings]
    return StreamingResult(
        found[0]["rate"],
        read_json(combined)["values"],
        sum(each["frames"] for each in found),
        sum(each["dropped"] for each in found),
    )
