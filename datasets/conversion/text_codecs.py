"""The codecs of the text formats: MOTChallenge, MOTS, KITTI, DeepStream's dump, JSON lines.

A file holds one sequence, which is named by its stem, and a folder holds one file per sequence. A
dump of DeepStream is a folder of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from datasets.conversion.codec import (
    Codec,
    Sequences,
    SourceFacts,
    check_sequence_name,
    per_sequence_codec,
    read_with_facts,
)
from datasets.conversion.dropped_fields import Counts, add_counts, dropped_counter
from datasets.formats import kitti_dump, kitti_text, mot_text, mots_text, sam2_jsonl
from datasets.io.folders import replacing_folder
from datasets.sequences import mot_folder
from datasets.types import Extent, Tracks

_MOT15_CLASSES = {1: "pedestrian"}
_NOT_IN_MOTS = ("scores", "visibility", "areas", "identities of ignored rows")
_NOT_IN_JSON_LINES = ("scores", "rows without identity", "identity numbers")


def mot(kind: mot_text.Kind, *dropped: str) -> Codec:
    """Return the codec of MOTChallenge text of a kind.

    Args:
        dropped: Fields dropped by this kind, in addition to those dropped by every kind.
    """

    def read(path: Path, given: SourceFacts) -> Tracks:
        default = _MOT15_CLASSES if kind == "mot15" else mot_folder.CLASSES
        read_file = partial(mot_text.read_tracks, path, kind=kind)
        classes = given.classes or default, given.ignored or ()
        return read_with_facts(given, classes, read_file)

    write = partial(mot_text.write_tracks, kind=kind)
    count_unread = partial(mot_text.count_unread, kind=kind)
    return replace(
        per_sequence_codec(".txt", read, write, count_unread),
        count_dropped=dropped_counter("masks", "areas", "ignore flags", *dropped),
        takes=frozenset({"size", "frames", "classes", "ignored"}),
    )


def mot15() -> Codec:
    """Return the codec of the text of MOT15, whose only class is pedestrian."""
    return replace(
        mot("mot15", "visibility"),
        provides=frozenset({"classes"}),
        takes=frozenset({"size", "frames"}),
        classes=_MOT15_CLASSES,
    )


def mots(first_frame: int) -> Codec:
    """Return the codec of MOTS text whose frames are numbered from `first_frame`."""

    def read(path: Path, given: SourceFacts) -> Tracks:
        read_file = partial(mots_text.read_tracks, path, first_frame=first_frame)
        if given.size is None:
            return read_file(frame_count=given.frames)
        classes = mots_text.CLASSES, (mots_text.IGNORE,)
        return read_with_facts(given, classes, read_file)

    write = partial(mots_text.write_tracks, first_frame=first_frame)
    return replace(
        per_sequence_codec(".txt", read, write),
        count_dropped=dropped_counter("boxes that are not tight around masks", *_NOT_IN_MOTS),
        provides=frozenset({"size", "classes"}),
        takes=frozenset({"size", "frames"}),  # an empty file provides no size
        classes=mots_text.CLASSES,
        ignored=(mots_text.IGNORE,),
        masks_only=True,
    )


def kitti(kind: kitti_text.Kind, *dropped: str) -> Codec:
    """Return the codec of KITTI text of a kind.

    Args:
        dropped: Fields dropped by this kind, in addition to those dropped by every kind.
    """

    def read(path: Path, given: SourceFacts) -> Tracks:
        classes = kitti_text.CLASSES, (kitti_text.DONT_CARE,)
        return read_with_facts(given, classes, partial(kitti_text.read_tracks, path, kind=kind))

    write = partial(kitti_text.write_tracks, kind=kind)
    count_unread = partial(kitti_text.count_unread, kind=kind)
    return replace(
        per_sequence_codec(".txt", read, write, count_unread),
        count_dropped=dropped_counter(
            "masks", "visibility", "areas", "identities of ignored rows", *dropped
        ),
        provides=frozenset({"classes"}),
        takes=frozenset({"size", "frames"}),
        classes=kitti_text.CLASSES,
        ignored=(kitti_text.DONT_CARE,),
    )


def json_lines() -> Codec:
    """Return the codec of the JSON lines of the SAM2 multi-object video tracker."""

    def read_one(path: Path, given: SourceFacts) -> Tracks:
        read_file = partial(sam2_jsonl.read_tracks, path, first_frame=given.first_frame or 0)
        return read_with_facts(given, (given.classes or {}, ()), read_file)

    def read(path: Path, given: SourceFacts) -> Sequences:
        names = map(sam2_jsonl.list_names, codec.files(path))
        return codec.read(path, replace(given, classes=given.classes or _number_classes(names)))

    codec = per_sequence_codec(
        ".jsonl", read_one, sam2_jsonl.write_tracks, lambda _: {"uids": 0, "file names": 0}
    )
    return replace(
        codec,
        read=read,
        count_dropped=dropped_counter(
            "masks", "visibility", "areas", "ignore flags", *_NOT_IN_JSON_LINES
        ),
        provides=frozenset({"classes"}),
        takes=frozenset({"size", "frames", "classes", "first_frame"}),
        write_with_names=sam2_jsonl.write_tracks,
    )


def dump() -> Codec:
    """Return the codec of DeepStream's KITTI track dump."""
    return Codec(
        "",
        _read_dumps,
        _write_dumps,
        lambda path: [file for folder in _dump_folders(path) for file in folder.glob("[!.]*.txt")],
        count_dropped=dropped_counter("masks", "visibility", "areas", "ignore flags"),
        count_unread=_count_unread_in_dumps,
        provides=frozenset({"frames", "classes"}),
        takes=frozenset({"size", "classes"}),
    )


def _number_classes(names: Iterable[Iterable[str]]) -> dict[int, str]:
    """Return class names by id, numbered from 1 in alphabetical order over several files."""
    return dict(enumerate(sorted({name for each in names for name in each}), start=1))


def _read_dumps(path: Path, given: SourceFacts) -> Sequences:
    """Return the streams of a folder, or the stream of each subfolder, named after it."""
    folders = _dump_folders(path)
    classes = given.classes or _number_classes(map(kitti_dump.list_labels, folders))
    sequences = {}
    for folder in folders:
        streams = kitti_dump.list_streams(folder)
        if folder != path and len(streams) > 1:
            raise ValueError(f"{folder}: expected one stream per subfolder, found {[*streams]}")
        for stream, frames in streams.items():
            extent = Extent(*(given.size or (0, 0)), frames, classes)
            name = stream if folder == path else folder.name
            sequences[name] = kitti_dump.read_tracks(folder, stream, extent)
    return sequences


def _write_dumps(path: Path, sequences: Sequences) -> None:
    """Write streams to one folder, and sequences with other names to subfolders."""
    if all(map(kitti_dump.is_stream, sequences)):
        for name, tracks in sequences.items():
            kitti_dump.check_no_later_frames(path, name, tracks.extent.frame_count)
        with replacing_folder(path) as part:
            for name, tracks in sequences.items():
                kitti_dump.write_tracks(part, name, tracks)
        return
    for name, tracks in sequences.items():
        check_sequence_name(name)
        kitti_dump.check_no_later_frames(path / name, "00_000", tracks.extent.frame_count)
    with replacing_folder(path) as part:
        for name, tracks in sequences.items():
            kitti_dump.write_tracks(part / name, "00_000", tracks)


def _count_unread_in_dumps(path: Path) -> Counts:
    return add_counts(map(kitti_dump.count_unread, _dump_folders(path)))


def _dump_folders(path: Path) -> list[Path]:
    """Return the folder itself if it contains text files, else its subfolders."""
    if path.is_file():
        raise ValueError(f"{path}: expected the folder of a dump, found a file")
    folders = sorted(path.glob("[!.]*/"))
    return folders if folders and not any(path.glob("[!.]*.txt")) else [path]
