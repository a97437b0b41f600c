"""DAVIS as a format to convert: a folder of PNG files is a sequence, a folder of those several."""

from __future__ import annotations

from pathlib import Path

from datasets.conversion.codec import Format, Sequences, refuse_path
from datasets.conversion.dropped_fields import Counts, count_lost
from datasets.formats import davis_png
from datasets.io.folders import replacing_folder


def davis() -> Format:
    """Return how folders of PNG files are read and written, a folder a sequence."""
    return Format(
        "",
        lambda path, _: {name: davis_png.read_tracks(each) for name, each in _list(path).items()},
        _write,
        lambda path: [file for each in _list(path).values() for file in each.glob("*.png")],
        lost=count_lost(
            *("scores", "classes other than object", "boxes other than those around the masks"),
            *("visibility", "areas", "identities of what is ignored"),
            *("regions to ignore that become one", "empty masks"),
        ),
        unread=_count_unread,
        says=frozenset({"size", "frames", "classes"}),
        masks=True,
    )


def _list(path: Path) -> dict[str, Path]:
    """Return the folder of each sequence: the one given if it holds PNG files, else those in it."""
    if path.is_file():
        raise ValueError(f"{path}: a sequence is a folder of PNG files, this is a file")
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such folder")
    inner = {folder.name: folder for folder in sorted(path.glob("[!.]*/"))}
    if not inner or any(path.glob("*.png")):
        if any(path.glob("[!.]*/*.png")):
            raise ValueError(f"{path}: PNG files found, and folders of them: name one of the two")
        return {path.resolve().name: path}
    return inner


def _write(path: Path, sequences: Sequences) -> None:
    """Write each sequence to a folder of its name; none if one of them cannot be written."""
    for name, tracks in sequences.items():
        refuse_path(name)
        davis_png.check_tracks(path / name, tracks)
        names = davis_png.name_frames(tracks.extent.frame_count)
        others = sorted({file.name for file in (path / name).glob("*.png")}.difference(names))
        if others:
            raise ValueError(f"{path / name / others[0]}: would be read as a frame: it is not one")
    with replacing_folder(path) as part:
        for name, tracks in sequences.items():
            davis_png.write_tracks(part / name, tracks)


def _count_unread(path: Path) -> Counts:
    """Return whether images are called otherwise than they would be written."""
    for folder in _list(path).values():
        found = [file.name for file in davis_png.list_frames(folder)]
        if found != davis_png.name_frames(len(found)):
            return {"names of images": 0}
    return {}
