"""The formats of numbers and words: MOTChallenge, MOTS, KITTI, DeepStream's dump, JSON lines.

A file holds one sequence, named by its stem, and a folder a file a sequence; a dump of DeepStream
is a folder of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from datasets.conversion.codec import (
    Format,
    Given,
    Sequences,
    one_file_each,
    read_within,
    refuse_path,
)
from datasets.conversion.dropped_fields import Counts, add_counts, count_lost
from datasets.formats import kitti_dump, kitti_text, mot_text, mots_text, sam2_jsonl
from datasets.io.folders import replacing_folder
from datasets.sequences import mot_folder
from datasets.types import Extent, Tracks

_MOT15_CLASSES = {1: "pedestrian"}
_NOT_IN_MOTS = ("scores", "visibility", "areas", "identities of what is ignored")
_NOT_IN_LINES = ("scores", "rows without identity", "numbers of identities")


def mot(kind: mot_text.Kind, *losses: str) -> Format:
    """Return MOTChallenge text of a kind, which loses this besides what every kind loses."""

    def read(path: Path, given: Given) -> Tracks:
        known = given.classes or (_MOT15_CLASSES if kind == "mot15" else mot_folder.CLASSES)
        read_file = partial(mot_text.read_tracks, path, kind=kind)
        return read_within(given, (known, given.ignored or ()), read_file)

    write = partial(mot_text.write_tracks, kind=kind)
    files = one_file_each(".txt", read, write, partial(mot_text.count_unread, kind=kind))
    return replace(
        files,
        lost=count_lost("masks", "areas", "marks of what is ignored", *losses),
        takes=frozenset({"size", "frames", "classes", "ignored"}),
    )


def mot15() -> Format:
    """Return the text of MOT15, which has pedestrians only."""
    return replace(
        mot("mot15", "visibility"),
        says=frozenset({"classes"}),
        takes=frozenset({"size", "frames"}),
        classes=_MOT15_CLASSES,
    )


def mots(first_frame: int) -> Format:
    """Return MOTS text whose first frame has this number."""

    def read(path: Path, given: Given) -> Tracks:
        read_file = partial(mots_text.read_tracks, path, first_frame=first_frame)
        if given.size is None:
            return read_file(frame_count=given.frames)
        classes = mots_text.CLASSES, (mots_text.IGNORE,)
        return read_within(given, classes, read_file)

    files = one_file_each(".txt", read, partial(mots_text.write_tracks, first_frame=first_frame))
    return replace(
        files,
        lost=count_lost("boxes other than those around the masks", *_NOT_IN_MOTS),
        says=frozenset({"size", "classes"}),
        takes=frozenset({"size", "frames"}),  # an empty file says no size
        classes=mots_text.CLASSES,
        ignored=(mots_text.IGNORE,),
        masks=True,
    )


def kitti(kind: kitti_text.Kind, *losses: str) -> Format:
    """Return KITTI text of a kind, which loses this besides what every kind loses."""

    def read(path: Path, given: Given) -> Tracks:
        classes = kitti_text.CLASSES, (kitti_text.DONT_CARE,)
        return read_within(given, classes, partial(kitti_text.read_tracks, path, kind=kind))

    write = partial(kitti_text.write_tracks, kind=kind)
    files = one_file_each(".txt", read, write, partial(kitti_text.count_unread, kind=kind))
    return replace(
        files,
        lost=count_lost("masks", "visibility", "areas", "identities of what is ignored", *losses),
        says=frozenset({"classes"}),
        takes=frozenset({"size", "frames"}),
        classes=kitti_text.CLASSES,
        ignored=(kitti_text.DONT_CARE,),
    )


def json_lines() -> Format:
    """Return the lines of SAM2Tracking."""

    def read_one(path: Path, given: Given) -> Tracks:
        read_file = partial(sam2_jsonl.read_tracks, path, first_frame=given.first_frame or 0)
        return read_within(given, (given.classes or {}, ()), read_file)

    def read(path: Path, given: Given) -> Sequences:
        listed = map(sam2_jsonl.list_names, files.files(path))
        return files.read(path, replace(given, classes=given.classes or _number(listed)))

    files = one_file_each(
        ".jsonl", read_one, sam2_jsonl.write_tracks, lambda _: {"uids": 0, "file names": 0}
    )
    return replace(
        files,
        read=read,
        lost=count_lost("masks", "visibility", "areas", "marks of what is ignored", *_NOT_IN_LINES),
        says=frozenset({"classes"}),
        takes=frozenset({"size", "frames", "classes", "first_frame"}),
        write_named=sam2_jsonl.write_tracks,
    )


def dump() -> Format:
    """Return the dump of DeepStream."""
    return Format(
        "",
        _read_dumps,
        _write_dumps,
        lambda path: [file for folder in _dump_folders(path) for file in folder.glob("*.txt")],
        lost=count_lost("masks", "visibility", "areas", "marks of what is ignored"),
        unread=_count_dumps,
        says=frozenset({"frames", "classes"}),
        takes=frozenset({"size", "classes"}),
    )


def _number(names: Iterable[Iterable[str]]) -> dict[int, str]:
    """Return class ids, from 1, of the names of several files, in alphabetical order."""
    return dict(enumerate(sorted({name for each in names for name in each}), start=1))


def _read_dumps(path: Path, given: Given) -> Sequences:
    """Return the streams of a folder; of folders in it, each called as its folder."""
    folders = _dump_folders(path)
    classes = given.classes or _number(map(kitti_dump.list_labels, folders))
    sequences = {}
    for folder in folders:
        streams = kitti_dump.list_streams(folder)
        if folder != path and len(streams) > 1:
            raise ValueError(f"{folder}: one stream expected beside others, found {[*streams]}")
        for stream, frames in streams.items():
            extent = Extent(*(given.size or (0, 0)), frames, classes)
            name = stream if folder == path else folder.name
            sequences[name] = kitti_dump.read_tracks(folder, stream, extent)
    return sequences


def _write_dumps(path: Path, sequences: Sequences) -> None:
    """Write streams to one folder; sequences with other names to folders in it."""
    if all(map(kitti_dump.is_stream, sequences)):
        for name, tracks in sequences.items():
            kitti_dump.refuse_later(path, name, tracks.extent.frame_count)
        with replacing_folder(path) as part:
            for name, tracks in sequences.items():
                kitti_dump.write_tracks(part, name, tracks)
        return
    for name, tracks in sequences.items():
        refuse_path(name)
        kitti_dump.refuse_later(path / name, "00_000", tracks.extent.frame_count)
    with replacing_folder(path) as part:
        for name, tracks in sequences.items():
            kitti_dump.write_tracks(part / name, "00_000", tracks)


def _count_dumps(path: Path) -> Counts:
    return add_counts(map(kitti_dump.count_unread, _dump_folders(path)))


def _dump_folders(path: Path) -> list[Path]:
    """Return the folder if it holds text files, else the folders in it."""
    if path.is_file():
        raise ValueError(f"{path}: a dump is a folder, this is a file")
    folders = sorted(path.glob("[!.]*/"))
    return folders if folders and not any(path.glob("*.txt")) else [path]
