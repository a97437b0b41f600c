"""Read and write DeepStream's KITTI track dump: a folder with a text file per stream and frame.

Source: NVIDIA deepstream-app, write_kitti_track_output. A file is named <app>_<stream>_<frame>.txt
and is empty if the frame has no objects. A line holds label, identity, truncated, occluded, alpha,
left, top, right, bottom, seven numbers of a 3-D box and confidence; if objects are projected to the
ground, also visibility, two numbers of the foot point, and optionally a hull. Labels may contain
spaces. Frames and pixels count from zero; boxes may extend beyond the image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from datasets.io.errors import RowError, line_error
from datasets.io.folders import replacing_folder
from datasets.io.text_lines import read_lines
from datasets.io.text_numbers import to_numbers
from datasets.types import NO_TRACK, Extent, Tracks

_FILE = re.compile(r"([0-9]{2,})_([0-9]{3,})_([0-9]{6,})\.txt")
_FIELDS = (16, 19, 20)  # after the label: without foot point, with it, and with its hull
_NUMBERS = slice(1, 16)  # of the fields: all up to the confidence
_BOX, _CONFIDENCE, _VISIBILITY = slice(3, 7), 14, 16  # the first two are indices of _NUMBERS
_UNTRACKED = 2**64 - 1  # DeepStream's identity of an object without a track
_MAX_EXACT_INTEGER = 2**53  # other formats cannot hold identities beyond it


@dataclass(frozen=True)
class _Line:
    """One object, and the file and line it is read from."""

    path: Path
    number: int
    frame: int
    label: str
    fields: list[bytes]


def is_stream(name: str) -> bool:
    """Return whether a name is that of a stream, <app>_<stream> as in 00_000."""
    return bool(_FILE.fullmatch(f"{name}_000000.txt")) and name == _stream_name(*name.split("_"))


def list_streams(folder: Path) -> dict[str, int]:
    """Return the number of frames of each stream, by its name <app>_<stream>.

    Raises:
        FileNotFoundError: The folder does not exist.
        ValueError: A text file is named otherwise, a frame has no file, or there is no file.
    """
    streams = {name: len(files) for name, files in _list_files(folder).items()}
    if not streams:
        expected = "files <app>_<stream>_<frame>.txt such as 00_000_000000.txt"
        raise ValueError(f"{folder}: expected {expected}, found none")
    return streams


def list_labels(folder: Path) -> list[str]:
    """Return the labels of all streams, sorted; raises as `list_streams` and `read_tracks` do."""
    files = _list_files(folder).values()
    return sorted({line.label for paths in files for line in _read_lines(paths)})


def read_tracks(folder: Path, stream: str, extent: Extent) -> Tracks:
    """Return the tracks of a stream.

    Identities are kept unchanged, unless one exceeds the exact range of float64, as DeepStream's
    unique identities do: then all are numbered from 1 in order of appearance. Visibility is kept
    if every line has it.

    Args:
        extent: Extent whose classes are the labels.

    Raises:
        ValueError: There are more or fewer frames than `extent` has; a line has the wrong number of
            columns, a value that is not a number or an unknown label, or breaks a rule of Tracks.
            Names file and line.
    """
    files = _list_files(folder).get(stream, [])
    if len(files) != extent.frame_count:
        found = f"{len(files)} of stream {stream}"
        raise ValueError(f"{folder}: expected {extent.frame_count} files, found {found}")
    lines = list(_read_lines(files))
    try:
        return _make_tracks(lines, extent)
    except RowError as error:
        line = lines[error.row]
        raise line_error(line.path, line.number, error.reason) from error


def count_unread(folder: Path) -> dict[str, int]:
    """Return the fields of a readable dump which Tracks cannot hold, and the count of lines."""
    lines = [line for paths in _list_files(folder).values() for line in _read_lines(paths)]
    projected = sum(len(line.fields) > _FIELDS[0] for line in lines)
    large = sum(_MAX_EXACT_INTEGER <= int(line.fields[0]) < _UNTRACKED for line in lines)
    present = {"foot points": projected, "identities above 2^53, renumbered": large}
    if projected < len(lines):
        present["visibility present in only some lines"] = projected
    return {name: count for name, count in present.items() if count}


def write_tracks(folder: Path, stream: str, tracks: Tracks) -> None:
    """Write one file per frame, all or none. Masks, visibility and areas are dropped.

    Numbers have six decimals as in DeepStream, or more where they are needed to read back the
    same float64.

    Raises:
        ValueError: The stream's name is not <app>_<stream>, the folder contains later frames of it,
            a label cannot be written, or an identity is negative.
    """
    if not is_stream(stream):
        raise ValueError(f"stream: expected two numbers such as 00_000, found {stream!r}")
    check_no_later_frames(folder, stream, tracks.extent.frame_count)
    names = {int(key): tracks.extent.classes[key] for key in np.unique(tracks.class_id)}
    labels = {key: _check_label(name) for key, name in names.items()}
    if (tracks.track < NO_TRACK).any():
        raise ValueError(f"identity {tracks.track.min()} is negative and cannot be written")
    edges = np.searchsorted(tracks.frame, np.arange(tracks.extent.frame_count + 1))
    with replacing_folder(folder) as part:
        for frame, rows in enumerate(pairwise(edges.tolist())):
            text = "".join(_write_row(tracks, row, labels) for row in range(*rows))
            (part / f"{stream}_{frame:06}.txt").write_text(text, encoding="utf-8")


def check_no_later_frames(folder: Path, stream: str, frame_count: int) -> None:
    """Raise ValueError if a folder contains frames of a stream from `frame_count` on."""
    later = _list_files(folder, missing_ok=True).get(stream, [])[frame_count:]
    if later:
        raise ValueError(f"{later[0]}: this frame is beyond the {frame_count} frames to write")


def _write_row(tracks: Tracks, row: int, labels: dict[int, str]) -> str:
    label, track = labels[int(tracks.class_id[row])], int(tracks.track[row])
    box = " ".join(map(_write_number, tracks.box[row].tolist()))
    no_solid = "0.0 0.0 0.0 0.0 0.0 0.0 0.0"
    score = _write_number(float(tracks.score[row]))
    return f"{label} {track % 2**64} 0.0 0 0.0 {box} {no_solid} {score}\n"


def _write_number(number: float) -> str:
    short = f"{number:.6f}"
    return short if float(short) == number else repr(number)


def _check_label(name: str) -> str:
    """Return a class name that can be read back as a label, or raise ValueError."""
    if not name or name != name.strip() or not name.isprintable():
        raise ValueError(f"label: expected text on one line, found class name {name!r}")
    return name


def _stream_name(application: str, source: str) -> str:
    return f"{int(application):02}_{int(source):03}"


def _list_files(folder: Path, *, missing_ok: bool = False) -> dict[str, list[Path]]:
    """Return the files of each stream, ordered by frame."""
    if not folder.is_dir():
        if missing_ok:
            return {}
        raise FileNotFoundError(f"{folder}: no such folder")
    streams: dict[str, list[tuple[int, Path]]] = {}
    for path in sorted(folder.glob("[!.]*.txt")):
        match = _FILE.fullmatch(path.name)
        stream = _stream_name(match[1], match[2]) if match else ""
        if not match or path.name != f"{stream}_{int(match[3]):06}.txt":
            raise ValueError(f"{path}: expected a file name such as 00_000_000000.txt")
        streams.setdefault(stream, []).append((int(match[3]), path))
    for stream, files in streams.items():
        for expected, (frame, _) in enumerate(sorted(files)):
            if frame != expected:
                missing = folder / f"{stream}_{expected:06}.txt"
                raise ValueError(
                    f"{missing}: missing file: a frame without objects has an empty one"
                )
    return {stream: [path for _, path in sorted(files)] for stream, files in streams.items()}


def _read_lines(files: Many[Path]) -> Iterator[_Line]:
    """Yield the lines of files, in order of frame."""
    for frame, path in enumerate(files):
        for line, number in zip(*read_lines(path), strict=True):
            try:
                label, *fields = _split(line)
                yield _Line(path, number, frame, label.strip().decode(), fields)
            except ValueError as error:
                text = line.decode(errors="replace").strip()
                raise line_error(path, number, str(error), text) from error


def _split(line: bytes) -> list[bytes]:
    """Return the label and the fields after it, or raise ValueError.

    The position of the identity determines the number of fields: the other fields that may be in
    its place are never written as digits only.
    """
    for count in _FIELDS:
        cells = line.rsplit(None, count)
        if len(cells) > count and cells[1].isdigit():
            return cells
    raise ValueError("expected a label, a whole number and 15, 18 or 19 more fields")


def _make_tracks(lines: Many[_Line], extent: Extent) -> Tracks:
    """Return the tracks of lines; RowError for an invalid one."""
    ids = {name: key for key, name in extent.classes.items()}
    for row, line in enumerate(lines):
        if line.label not in ids:
            raise RowError(row, f"label: expected one of {sorted(ids)}, found {line.label!r}")
    numbers = to_numbers([line.fields[_NUMBERS] for line in lines], 15)
    projected = bool(lines) and all(len(line.fields) > _FIELDS[0] for line in lines)
    cells = [line.fields[_VISIBILITY : _VISIBILITY + 1] for line in lines] if projected else []
    return Tracks(
        extent,
        frame=np.array([line.frame for line in lines], np.int64),
        track=_identities([line.fields[0] for line in lines]),
        class_id=np.array([ids[line.label] for line in lines], np.int64),
        score=numbers[:, _CONFIDENCE],
        box=numbers[:, _BOX],
        visibility=to_numbers(cells, 1)[:, 0] if projected else None,
    )


def _identities(cells: Many[bytes]) -> np.ndarray:
    """Return identities unchanged, or numbered from 1 if one exceeds the exact range of float64."""
    for row, cell in enumerate(cells):
        if len(cell) > len(str(_UNTRACKED)) or int(cell) > _UNTRACKED:
            raise RowError(row, f"identity {cell[:40].decode()} exceeds 64 bits")
    values = [NO_TRACK if int(cell) == _UNTRACKED else int(cell) for cell in cells]
    if max(values, default=0) >= _MAX_EXACT_INTEGER:
        unique = dict.fromkeys(value for value in values if value != NO_TRACK)
        order = {value: number for number, value in enumerate(unique, start=1)}
        values = [order.get(value, NO_TRACK) for value in values]
    return np.array(values, np.int64)
