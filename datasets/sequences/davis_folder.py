"""Ground truth and results in DAVIS layout: a folder per sequence, a PNG file per frame."""

from __future__ import annotations

from pathlib import Path

from datasets.formats.davis_png import VOID, list_frames, read_frames
from datasets.io.mended import count_mended
from datasets.sequences.result_files import find_result_folder
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the sorted names of the folders that contain PNG files."""
    return sorted({path.parent.name for path in truth.glob("[!.]*/[!.]*.png")})


def read_pair(
    truth: Path, results: Path, sequence: str, *, void: bool, ends: bool = True
) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence.

    The frames are those of the ground truth; other frames of the results are not read.

    Args:
        void: Whether 255 is void in the ground truth; otherwise it is an object like any other.
        ends: Whether the first and the last frame are scored. If not, their results may be missing
            or have void.

    Raises:
        FileNotFoundError: The results have no folder for the sequence.
        ValueError: As `davis_png.read_tracks`; or the results lack a scored frame or differ in
            size, or have void, which only ground truth may have.
    """
    ours, theirs = truth / sequence, find_result_folder(results, sequence)
    labels = list_frames(ours)
    files = _result_files(labels, theirs, ends=ends)
    found = read_frames(labels, void=void), read_frames(files, void=void)
    sizes = [f"{each.extent.height} x {each.extent.width}" for each in found]
    if sizes[0] != sizes[1]:
        raise ValueError(f"{theirs}: expected size {sizes[0]} as in {ours}, found {sizes[1]}")
    return found[0], _without_void(found[1], files, ends=ends)


def _result_files(labels: list[Path], results: Path, *, ends: bool) -> list[Path | None]:
    """Return the file of each frame, None for a missing one that is not scored."""
    present = {path.name for path in results.glob("[!.]*.png")}
    scored = labels if ends else labels[1:-1]
    missing = [path.name for path in scored if path.name not in present]
    if missing or not present & {path.name for path in labels}:
        counts = f"{len(present)} frames of results, {len(labels)} of ground truth"
        path, folder = results / (missing or [labels[0].name])[0], labels[0].parent
        raise ValueError(f"{path}: no such file, although {folder} has it ({counts})")
    extra = len(present - {path.name for path in labels})
    count_mended("frames of results without ground truth, not read", extra)
    return [results / path.name if path.name in present else None for path in labels]


def _without_void(tracks: Tracks, files: list[Path | None], *, ends: bool) -> Tracks:
    """Return results without void in frames that are not scored; ValueError for other void."""
    void = tracks.class_id == VOID
    if not ends:
        unscored = (tracks.frame == 0) | (tracks.frame == len(files) - 1)
        tracks, void = tracks.take(~(void & unscored)), void[~(void & unscored)]
    if void.any():
        path = files[tracks.frame[void.argmax()]]
        raise ValueError(f"{path}: found value {VOID}, void, which only ground truth may have")
    return tracks
