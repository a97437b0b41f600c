"""Result files of other programs as the tracks of one sequence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from datasets.class_mapping import only_class
from datasets.conversion.codec import Given
from datasets.conversion.registry import FORMATS
from datasets.types import Sequence, Tracks


def list_formats() -> list[str]:
    """Return the formats in which results of one sequence can be read."""
    return sorted(name for name, each in FORMATS.items() if "truth" not in each.takes)


def check_format(name: str) -> None:
    """Raise ValueError if results of one sequence cannot be read in a format of this name."""
    known = list_formats()
    if name in FORMATS and name not in known:
        raise ValueError(f"format {name!r} is not read without a truth: expected one of {known}")
    if name not in known:
        raise ValueError(f"format {name!r} is unknown: expected one of {known}")


def read_result(path: Path, kind: str, sequence: Sequence, only: str | None = None) -> Tracks:
    """Return the one sequence that a file or folder of a format holds.

    Args:
        only: Name of the only class it holds, for a format that need not say so.

    Raises:
        OSError: There is no such file or folder.
        ValueError: It is not as it should be, holds several sequences, its masks or frames do not
            fit the sequence, or a row has no identity.
    """
    extent = sequence.extent
    held = extent if only is None else only_class(extent, only)
    given = Given((extent.height, extent.width), extent.frame_count, held.classes, held.ignored)
    found = FORMATS[kind].read(path, given)
    if len(found) != 1:
        raise ValueError(f"{path}: one sequence expected, found {sorted(found)}")
    (tracks,) = found.values()
    check_identities(path, tracks)
    try:
        return replace(tracks, extent=extent)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def check_identities(path: Path, tracks: Tracks) -> None:
    """Raise ValueError if a row that a tracker's file holds has no identity."""
    unnamed = tracks.track < 0
    if unnamed.any():
        frame = tracks.frame[unnamed][0]
        raise ValueError(f"{path}: a row without identity found in frame {frame} (from 0)")
