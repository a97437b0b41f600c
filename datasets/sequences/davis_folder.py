"""Ground truth and results in DAVIS layout: a folder per sequence, a PNG file per frame."""

from __future__ import annotations

from pathlib import Path

from datasets.formats.davis_png import VOID, list_frames, read_tracks
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the sorted names of the folders that contain PNG files."""
    return sorted({path.parent.name for path in truth.glob("*/*.png")})


def read_pair(truth: Path, results: Path, sequence: str, *, void: bool) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence.

    Args:
        void: Whether 255 is void in the ground truth; otherwise it is an object like any other.

    Raises:
        FileNotFoundError: The results have no folder for the sequence.
        ValueError: As `davis_png.read_tracks`; or ground truth and results differ in frames or
            size, or a result has void, which only ground truth may have.
    """
    ours, theirs = truth / sequence, results / sequence
    if not theirs.is_dir():
        raise FileNotFoundError(f"{theirs}: no such folder: the sequence has no results")
    _check_frames(ours, theirs)
    found = read_tracks(ours, void=void), read_tracks(theirs, void=void)
    sizes = [f"{each.extent.height} x {each.extent.width}" for each in found]
    if sizes[0] != sizes[1]:
        raise ValueError(f"{theirs}: expected size {sizes[0]} as in {ours}, found {sizes[1]}")
    marked = found[1].class_id == VOID
    if marked.any():
        path = list_frames(theirs)[found[1].frame[marked.argmax()]]
        raise ValueError(f"{path}: found value {VOID}, void, which only ground truth may have")
    return found


def _check_frames(truth: Path, results: Path) -> None:
    expected, found = ([path.name for path in list_frames(each)] for each in (truth, results))
    missing = sorted({*expected} ^ {*found})
    if missing:
        place, other = (results, truth) if missing[0] in expected else (truth, results)
        counts = f"{len(found)} frames of results, {len(expected)} of ground truth"
        raise ValueError(f"{place / missing[0]}: no such file, although {other} has it ({counts})")
