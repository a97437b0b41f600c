"""Check that tracks belong to the sequence on which they are drawn or scored.

Tracks contain image size, number of frames and classes, but not the name of their sequence. That is
in the run.json beside them, which is valid if it has the digest of these tracks.
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

    The check passes if the sequence is unknown: the run.json beside the tracks is missing or
    belongs to other tracks, or the sequence they were made from was prepared again or removed.
    """
    made_from = _made_from(tracks, sequence)
    if made_from is None:
        return
    found, expected = read_sequence(made_from), read_sequence(sequence)
    if (found.dataset, found.name) != (expected.dataset, expected.name):
        raise ValueError(
            f"{tracks}: expected tracks of {expected.dataset}/{expected.name}, the sequence of "
            f"{sequence}, found tracks of {found.dataset}/{found.name}"
        )


def check_tracks_beside(tracks: Path, truth: Path) -> None:
    """Raise as `check_tracks_of` does, for the sequence.json beside a truth.parquet if present."""
    sequence = truth.with_name("sequence.json")
    if sequence.is_file():
        check_tracks_of(tracks, sequence)


def check_extent(place: str, found: Extent, expected: Extent) -> None:
    """Raise ValueError if tracks differ from a sequence in image size or number of frames.

    Args:
        place: Name of the tracks in the message.
    """
    if (found.width, found.height) != (expected.width, expected.height):
        size = f"{found.width} x {found.height}"
        wanted = f"{expected.width} x {expected.height}"
        raise ValueError(f"{place}: expected images of {wanted}, found {size}")
    if found.frame_count != expected.frame_count:
        raise ValueError(
            f"{place}: expected {expected.frame_count} frames, found {found.frame_count}"
        )


def _made_from(tracks: Path, sequence: Path) -> Path | None:
    """Return the sequence.json that tracks were made from, if it is known and differs."""
    try:
        record = read_run_json(tracks.with_name(RUN))
    except (OSError, ValueError):
        return None
    path = Path(record["sequence"])
    same = record["inputs"].get(path.name) == sha256(sequence)
    if same or not path.is_file() or record["tracks"] != sha256(tracks):
        return None
    return path
