"""Whether tracks were made from the sequence that they are shown on or scored with.

Tracks say image size, number of frames and classes, and not the name of their sequence: that stands
in the run.json beside them, which holds where it is the one of these tracks.
"""

from __future__ import annotations

from pathlib import Path

from datasets.io.files import sha256
from datasets.run_layout import RUN
from datasets.sequences.run_json import read_run_json
from datasets.sequences.sequence_json import read_sequence
from datasets.types import Extent


def check_tracks_of(tracks: Path, sequence: Path) -> None:
    """Raise ValueError if a tracks.parquet was made from another sequence than that of the file.

    Nothing is known, and nothing raised, where the run.json beside the tracks is missing or of
    other tracks, or where the sequence they were made from has been prepared anew or is gone.
    """
    made_from = _made_from(tracks, sequence)
    if made_from is None:
        return
    found, expected = read_sequence(made_from), read_sequence(sequence)
    if (found.dataset, found.name) != (expected.dataset, expected.name):
        raise ValueError(
            f"{tracks}: tracks of the sequence {found.dataset}/{found.name} found, expected those "
            f"of {expected.dataset}/{expected.name}, which is that of {sequence}"
        )


def check_tracks_beside(tracks: Path, truth: Path) -> None:
    """Raise as `check_tracks_of` does, for the sequence.json beside a truth.parquet, if any."""
    sequence = truth.with_name("sequence.json")
    if sequence.is_file():
        check_tracks_of(tracks, sequence)


def check_extent(place: str, found: Extent, expected: Extent) -> None:
    """Raise ValueError if tracks are of another image size or number of frames than a sequence.

    Args:
        place: What the tracks are called in the message.
    """
    if (found.width, found.height) != (expected.width, expected.height):
        size = f"images of {found.width} x {found.height}"
        raise ValueError(f"{place}: {size} found, expected {expected.width} x {expected.height}")
    if found.frame_count != expected.frame_count:
        raise ValueError(
            f"{place}: {found.frame_count} frames found, expected {expected.frame_count}"
        )


def _made_from(tracks: Path, sequence: Path) -> Path | None:
    """Return the sequence.json that tracks were made from, where it is known and is another."""
    try:
        record = read_run_json(tracks.with_name(RUN))
    except (OSError, ValueError):
        return None
    path = Path(record["sequence"])
    same = record["inputs"].get(path.name) == sha256(sequence)
    if same or not path.is_file() or record["tracks"] != sha256(tracks):
        return None
    return path
