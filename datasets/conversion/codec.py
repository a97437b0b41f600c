"""The codec of a format for `datasets.convert`, and helpers for formats with one file per sequence
and for formats with one file for all sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from datasets.conversion.dropped_fields import Counts, add_counts, no_counts
from datasets.io.files import file_in
from datasets.io.folders import replacing_folder
from datasets.types import MAX_FRAMES, Extent, Tracks

Fact = Literal["size", "frames", "classes", "ignored", "first_frame", "truth"]  # fields of Given
Sequences = Mapping[str, Tracks]


@dataclass(frozen=True)
class SourceFacts:
    """Facts about the input from the command line, None where not given.

    Args:
        size: Height and width of the images, in pixels.
        frames: Number of frames of each sequence.
        classes: Class names by class id.
        ignored: Ids of the classes which are not scored.
        first_frame: Number in the name of the first image.
        truth: Ground truth for the results in the input.
    """

    size: tuple[int, int] | None = None
    frames: int | None = None
    classes: Mapping[int, str] | None = None
    ignored: tuple[int, ...] | None = None
    first_frame: int | None = None
    truth: Path | None = None


@dataclass(frozen=True)
class Numbering:
    """How results are written with the ids of a ground truth.

    Args:
        extents: Extents of the ground truth's sequences, by name.
        write: Function that writes sequences with these extents.
    """

    extents: Mapping[str, Extent]
    write: Callable[[Path, Sequences], None]


@dataclass(frozen=True)
class Codec:
    """How a format is read and written.

    Args:
        suffix: File suffix, "" if the format needs a folder. A path with this suffix is written as
            one file.
        read: Function that returns every sequence of a file or folder, by name. If neither the
            format nor the given facts provide them, images are 0 x 0 and the last frame is the
            last one with a row.
        write: Function that writes every sequence to a file or folder.
        files: Function that returns the files which `read` reads of a file or folder.
        count_dropped: Function that counts the fields of sequences which `write` drops.
        count_unread: Function that counts the fields of a readable file or folder which Tracks
            cannot hold.
        provides: Facts about a sequence which the format stores, and which are therefore required
            for writing it.
        provided_by_truth: Facts which are also known after reading, from the ground truth.
        requires: Facts which are also required for writing.
        takes: Facts which may be given for reading.
        classes: All classes of the format; None if it accepts any.
        ignored: Ids of its classes which are not scored.
        masks_only: Whether the format holds nothing but masks.
        load_numbering: Function that returns how the format is written with the ids of a ground
            truth file; None if it has no ids of sequences or images.
        write_with_names: Function that writes one sequence to a file with the names of its images;
            None if the format has no image names.
    """

    suffix: str
    read: Callable[[Path, SourceFacts], Sequences]
    write: Callable[[Path, Sequences], None]
    files: Callable[[Path], list[Path]]
    count_dropped: Callable[[Sequences], Counts] = no_counts
    count_unread: Callable[[Path], Counts] = no_counts
    provides: frozenset[Fact] = frozenset()
    provided_by_truth: frozenset[Fact] = frozenset()
    requires: frozenset[Fact] = frozenset()
    takes: frozenset[Fact] = frozenset()
    classes: Mapping[int, str] | None = None
    ignored: tuple[int, ...] = ()
    masks_only: bool = False
    load_numbering: Callable[[Path], Numbering] | None = None
    write_with_names: Callable[[Path, Tracks, list[str]], None] | None = None


def per_sequence_codec(
    suffix: str,
    read: Callable[[Path, SourceFacts], Tracks],
    write: Callable[[Path, Tracks], None],
    count_unread: Callable[[Path], Counts] = no_counts,
) -> Codec:
    """Return the codec of a format with one file per sequence.

    Args:
        read: Function that reads one file.
        write: Function that writes one file.
        count_unread: Function that counts the unread fields of one file.
    """

    def read_all(path: Path, given: SourceFacts) -> Sequences:
        return {name: read(file, given) for name, file in list_files(path, suffix).items()}

    def write_all(path: Path, sequences: Sequences) -> None:
        named = _name_files(path, suffix, sequences)
        if path in named:
            write(path, named[path])
            return
        with replacing_folder(path) as part:
            for file, tracks in named.items():
                write(part / file.name, tracks)

    def files(path: Path) -> list[Path]:
        return list(list_files(path, suffix).values())

    def count_all(path: Path) -> Counts:
        return add_counts(map(count_unread, files(path)))

    return Codec(suffix, read_all, write_all, files, count_unread=count_all)


def combined_file_codec(
    name: str,
    read: Callable[[Path, SourceFacts], Sequences],
    write: Callable[[Path, Sequences], None],
    count_unread: Callable[[Path], Counts] = no_counts,
) -> Codec:
    """Return the codec of a format with one file for all sequences.

    Args:
        name: Name of the file where a folder is given.
    """

    def files(path: Path) -> list[Path]:
        return [find_combined_file(path, name)]

    def read_all(path: Path, given: SourceFacts) -> Sequences:
        return read(find_combined_file(path, name), given)

    def count_all(path: Path) -> Counts:
        return count_unread(find_combined_file(path, name))

    suffix = Path(name).suffix
    write_all = combined_file_writer(name, write)
    return Codec(suffix, read_all, write_all, files, count_unread=count_all)


def combined_file_writer(
    name: str, write: Callable[[Path, Sequences], None]
) -> Callable[[Path, Sequences], None]:
    """Return a function that writes all sequences to a file, or to this name in a folder."""

    def write_all(path: Path, sequences: Sequences) -> None:
        write(path if is_single_file(path, Path(name).suffix) else path / name, sequences)

    return write_all


def find_combined_file(path: Path, name: str) -> Path:
    """Return `path`, or the file of this name if it is a folder; FileNotFoundError if missing."""
    file = file_in(path, name)
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file")
    return file


def list_files(path: Path, suffix: str) -> dict[str, Path]:
    """Return the files to read by sequence: the file itself, or those of a folder with the suffix.

    Raises:
        FileNotFoundError: The file or folder does not exist.
        ValueError: The folder has no such file.
    """
    if path.is_file():
        return {path.stem: path}
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such file or folder")
    files = {file.stem: file for file in sorted(path.glob(f"[!.]*{suffix}")) if file.is_file()}
    if not files:
        raise ValueError(f"{path}: expected files *{suffix}, found none")
    return files


def is_single_file(path: Path, suffix: str) -> bool:
    """Return whether a path is written as one file, not as a folder."""
    return bool(suffix) and path.suffix == suffix and not path.is_dir()


def read_with_facts(
    given: SourceFacts,
    classes: tuple[Mapping[int, str], tuple[int, ...]],
    read: Callable[[Extent], Tracks],
) -> Tracks:
    """Return the tracks that `read` returns for an extent of the given facts.

    If the number of frames is not given, the last frame is the last one with a row.

    Args:
        classes: Class names by class id, and the ids of ignored classes.
    """
    height, width = given.size or (0, 0)
    tracks = read(Extent(height, width, given.frames or MAX_FRAMES, *classes))
    if given.frames:
        return tracks
    count = int(tracks.frame.max(initial=-1)) + 1
    return replace(tracks, extent=replace(tracks.extent, frame_count=count))


def check_sequence_name(name: str) -> None:
    """Raise ValueError for a sequence name that would lead out of the output folder."""
    if name in ("", "..") or Path(name).name != name:
        raise ValueError(f"sequence {name!r}: this cannot be the name of a file or folder")


def _name_files(path: Path, suffix: str, sequences: Sequences) -> dict[Path, Tracks]:
    """Return the sequence to write to each file: one file, or one per sequence in a folder.

    Raises:
        ValueError: There are several sequences for one file, or a name would lead out of the
            folder.
    """
    if not is_single_file(path, suffix):
        for name in sequences:
            check_sequence_name(name)
        return {path / f"{name}{suffix}": tracks for name, tracks in sequences.items()}
    if len(sequences) > 1:
        found = f"{len(sequences)} sequences"
        raise ValueError(f"{path}: expected one sequence for one file, found {found}: use a folder")
    return dict.fromkeys([path], *sequences.values())
