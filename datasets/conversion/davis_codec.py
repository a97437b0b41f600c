"""The codec of DAVIS: a sequence is a folder of PNG files, several are a folder of those."""

from __future__ import annotations

from pathlib import Path

from datasets.conversion.codec import Codec, Sequences, check_sequence_name
from datasets.conversion.dropped_fields import Counts, dropped_counter
from datasets.formats import davis_png
from datasets.io.folders import replacing_folder


def davis() -> Codec:
    """Return the codec of folders of PNG files, one folder per sequence."""
    return Codec(
        "",
        lambda path, _: {name: davis_png.read_tracks(each) for name, each in _list(path).items()},
        _write,
        lambda path: [file for each in _list(path).values() for file in each.glob("[!.]*.png")],
        count_dropped=dropped_counter(
            *("scores", "classes other than object", "boxes that are not tight around masks"),
            *("visibility", "areas", "identities of ignored rows"),
            *("merged ignore regions", "empty masks"),
        ),
        count_unread=_count_unread,
        provides=frozenset({"size", "frames", "classes"}),
        masks_only=True,
    )


def _list(path: Path) -> dict[str, Path]:
    """Return the folder of each sequence: `path` if it contains PNG files, else its subfolders."""
    if path.is_file():
        raise ValueError(f"{path}: expected a folder of PNG files, found a file")
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such folder")
    inner = {folder.name: folder for folder in sorted(path.glob("[!.]*/"))}
    if not inner or any(path.glob("[!.]*.png")):
        if any(path.glob("[!.]*/[!.]*.png")):
            raise ValueError(f"{path}: expected PNG files or folders of them, found both")
        return {path.resolve().name: path}
    return inner


def _write(path: Path, sequences: Sequences) -> None:
    """Write each sequence to a folder of its name, or none if one of them cannot be written."""
    for name, tracks in sequences.items():
        check_sequence_name(name)
        davis_png.check_tracks(path / name, tracks)
        names = davis_png.name_frames(tracks.extent.frame_count)
        others = sorted({file.name for file in (path / name).glob("[!.]*.png")}.difference(names))
        if others:
            raise ValueError(f"{path / name / others[0]}: this file would be read as a frame")
    with replacing_folder(path) as part:
        for name, tracks in sequences.items():
            davis_png.write_tracks(part / name, tracks)


def _count_unread(path: Path) -> Counts:
    """Return whether image names differ from those that would be written, as a count of 0."""
    for folder in _list(path).values():
        found = [file.name for file in davis_png.list_frames(folder)]
        if found != davis_png.name_frames(len(found)):
            return {"image names": 0}
    return {}
