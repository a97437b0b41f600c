"""What a format is to `datasets.convert`, and how formats of a file a sequence, and of one file for
all sequences, are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from datasets.conversion.dropped_fields import Counts, add_counts, no_counts
from datasets.io.files import file_in
from datasets.io.folders import replacing_folder
from datasets.types import MOST_FRAMES, Extent, Tracks

Fact = Literal["size", "frames", "classes", "ignored", "first_frame", "truth"]  # fields of Given
Sequences = Mapping[str, Tracks]


@dataclass(frozen=True)
class Given:
    """What the command line says of the input, None where it says nothing.

    Args:
        size: Height and width of the images, in pixels.
        frames: Number of frames of each sequence.
        classes: Name of each class id.
        ignored: Ids of classes that are neither right nor wrong.
        first_frame: Number in the name of the first image.
        truth: Ground truth that the input has results for.
    """

    size: tuple[int, int] | None = None
    frames: int | None = None
    classes: Mapping[int, str] | None = None
    ignored: tuple[int, ...] | None = None
    first_frame: int | None = None
    truth: Path | None = None


@dataclass(frozen=True)
class Numbering:
    """How results are written with a ground truth's own numbers.

    Args:
        extents: Of the sequences of the ground truth, by name.
        write: Write sequences that have these extents.
    """

    extents: Mapping[str, Extent]
    write: Callable[[Path, Sequences], None]


@dataclass(frozen=True)
class Format:
    """How a format is read and written.

    Args:
        suffix: Of its files, "" if it needs a folder. A path that ends so is written as one file.
        read: Return every sequence of a file or folder, by name. Where neither the format nor what
            is given says so, images are 0 x 0 and the last frame is the last that has a row.
        write: Write every sequence to a file or folder.
        files: Return the files of a file or folder that `read` reads.
        lost: Return what of sequences `write` leaves out.
        unread: Return what a file or folder that can be read holds beyond Tracks.
        says: What it says of a sequence itself, and so has to be told to write one.
        known: What else is known once it is read, from the ground truth beside it.
        asks: What else has to be known to write it.
        takes: What else may be given to read it.
        classes: All classes it has; None if it takes any.
        ignored: Ids of its classes that are neither right nor wrong.
        masks: Whether it holds nothing else.
        number: Return how it is written with the numbers of a ground truth file; None if it has no
            numbers of sequences or images.
        write_named: Write one sequence to a file, with the names of its images; None if it has no
            such names.
    """

    suffix: str
    read: Callable[[Path, Given], Sequences]
    write: Callable[[Path, Sequences], None]
    files: Callable[[Path], list[Path]]
    lost: Callable[[Sequences], Counts] = no_counts
    unread: Callable[[Path], Counts] = no_counts
    says: frozenset[Fact] = frozenset()
    known: frozenset[Fact] = frozenset()
    asks: frozenset[Fact] = frozenset()
    takes: frozenset[Fact] = frozenset()
    classes: Mapping[int, str] | None = None
    ignored: tuple[int, ...] = ()
    masks: bool = False
    number: Callable[[Path], Numbering] | None = None
    write_named: Callable[[Path, Tracks, list[str]], None] | None = None


def one_file_each(
    suffix: str,
    read: Callable[[Path, Given], Tracks],
    write: Callable[[Path, Tracks], None],
    unread: Callable[[Path], Counts] = no_counts,
) -> Format:
    """Return a format of one file a sequence, from how one of them is read and written."""

    def read_all(path: Path, given: Given) -> Sequences:
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
        return add_counts(map(unread, files(path)))

    return Format(suffix, read_all, write_all, files, unread=count_all)


def one_file_for_all(
    name: str,
    read: Callable[[Path, Given], Sequences],
    write: Callable[[Path, Sequences], None],
    unread: Callable[[Path], Counts] = no_counts,
) -> Format:
    """Return a format of one file for all sequences, of this name where a folder is given."""

    def files(path: Path) -> list[Path]:
        return [file_of_all(path, name)]

    def read_all(path: Path, given: Given) -> Sequences:
        return read(file_of_all(path, name), given)

    def count_all(path: Path) -> Counts:
        return unread(file_of_all(path, name))

    suffix = Path(name).suffix
    return Format(suffix, read_all, write_as(name, write), files, unread=count_all)


def write_as(
    name: str, write: Callable[[Path, Sequences], None]
) -> Callable[[Path, Sequences], None]:
    """Return how one file for all sequences is written to a file, or to this name in a folder."""

    def write_all(path: Path, sequences: Sequences) -> None:
        write(path if is_one_file(path, Path(name).suffix) else path / name, sequences)

    return write_all


def file_of_all(path: Path, name: str) -> Path:
    """Return the file to read: of this name where `path` is a folder; FileNotFoundError if none."""
    file = file_in(path, name)
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file")
    return file


def list_files(path: Path, suffix: str) -> dict[str, Path]:
    """Return the files to read by sequence: the file, or those of a folder with the suffix.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: The folder has no such file.
    """
    if path.is_file():
        return {path.stem: path}
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such file or folder")
    files = {file.stem: file for file in sorted(path.glob(f"[!.]*{suffix}")) if file.is_file()}
    if not files:
        raise ValueError(f"{path}: no file *{suffix} found")
    return files


def is_one_file(path: Path, suffix: str) -> bool:
    """Whether a path is written as one file, not as a folder."""
    return bool(suffix) and path.suffix == suffix and not path.is_dir()


def read_within(
    given: Given,
    classes: tuple[Mapping[int, str], tuple[int, ...]],
    read: Callable[[Extent], Tracks],
) -> Tracks:
    """Return what `read` gives within the extent that is given, cut to the frames there are.

    Args:
        classes: Name of each class id, and the ids that are ignored.
    """
    height, width = given.size or (0, 0)
    tracks = read(Extent(height, width, given.frames or MOST_FRAMES, *classes))
    if given.frames:
        return tracks
    count = int(tracks.frame.max(initial=-1)) + 1
    return replace(tracks, extent=replace(tracks.extent, frame_count=count))


def refuse_path(name: str) -> None:
    """Raise ValueError for the name of a sequence that would lead out of a folder."""
    if name in ("", "..") or Path(name).name != name:
        raise ValueError(f"sequence {name!r} cannot be the name of a file or folder")


def _name_files(path: Path, suffix: str, sequences: Sequences) -> dict[Path, Tracks]:
    """Return the files to write with what goes in each: the file, or one a sequence in a folder.

    Raises:
        ValueError: There are several sequences for one file, or a name would leave the folder.
    """
    if not is_one_file(path, suffix):
        for name in sequences:
            refuse_path(name)
        return {path / f"{name}{suffix}": tracks for name, tracks in sequences.items()}
    if len(sequences) > 1:
        raise ValueError(f"{path}: {len(sequences)} sequences for one file: name a folder")
    return dict.fromkeys([path], *sequences.values())
