"""Read result files of other programs as the tracks of one sequence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from datasets.class_mapping import only_class
from datasets.conversion.codec import SourceFacts
from datasets.conversion.registry import FORMATS
from datasets.types import Sequence, Tracks


def list_formats() -> list[str]:
    """Return the names of the formats in which the results of one sequence can be read."""
    return sorted(name for name, each in FORMATS.items() if "truth" not in each.takes)


def check_format(name: str) -> None:
    """Raise ValueError if the results of one sequence cannot be read in this format."""
    known = list_formats()
    if name in FORMATS and name not in known:
        raise ValueError(
            f"format: expected one of {known}, found {name!r}, which needs ground truth"
        )
    if name not in known:
        raise ValueError(f"format: expected one of {known}, found {name!r}")


def read_result(path: Path, kind: str, sequence: Sequence, only: str | None = None) -> Tracks:
    """Return the tracks of the one sequence in a result file or folder.

    Args:
        kind: Name of the format.
        only: Name of the class of all objects, for a format that does not store it.

    Raises:
        OSError: The file or folder does not exist.
        ValueError: The file is malformed or holds several sequences, its masks or frames do not fit
            the sequence, or a row has no identity.
    """
    extent = sequence.extent
    expected = extent if only is None else only_class(extent, only)
    size = extent.height, extent.width
    context = SourceFacts(size, extent.frame_count, expected.classes, expected.ignored)
    sequences = FORMATS[kind].read(path, context)
    if len(sequences) != 1:
        raise ValueError(f"{path}: expected exactly one sequence, found {sorted(sequences)}")
    (tracks,) = sequences.values()
    check_identities(path, tracks)
    try:
        return replace(tracks, extent=extent)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def check_identities(path: Path, tracks: Tracks) -> None:
    """Raise ValueError if a row of a tracker's result has no identity."""
    unidentified = tracks.track < 0
    if unidentified.any():
        frame = tracks.frame[unidentified][0]
        raise ValueError(
            f"{path}: frame {frame} (from 0): expected an identity in each row, found none"
        )
