"""Folders of files that are written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from datasets.io.files import (
    is_running,
    naming_target,
    part_name,
    refuse_orphan,
    remove,
    remove_left_over,
)

_REPLACED = re.compile(r"\.(.+)\.(\d+)\.replaced", re.DOTALL)  # what stood where a folder now does
_HIDDEN_PART = ".*.part"


@contextmanager
def replacing_folder(folder: Path, only: Collection[str] | None = None) -> Iterator[Path]:
    """Yield an empty hidden folder to write to; its files appear in `folder` if all goes well.

    A `folder` that is missing or empty appears in one step. In one that has entries, each new entry
    takes the place of the one of its name, in the order they were written, and the others stay.
    What a killed process has left goes.

    Args:
        only: Patterns of all the names that the folder may have; it is then replaced as a whole.

    Raises:
        FileExistsError: `folder` is a file, a file would replace a folder or the other way round,
            or `folder` has an entry that matches no pattern of `only`. Nothing is changed then.
        OSError: Something cannot be written. Names its place in `folder`.
        RuntimeError: As `replacing`.
    """
    _refuse_others(folder, only)
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    _recover(place.parent, place.name)
    merged = only is None and _is_kept(place)
    home = place if merged else place.parent
    for each in {home, place.parent}:
        remove_left_over(each, place.name)
    part = home / part_name(place.name)
    try:
        with naming_target(part, folder):
            part.mkdir()
            yield part
            refuse_orphan(folder)
            if merged:
                _recover(place)
                _refuse_clash(part, place)
                _merge(part, place)
            elif only is None:
                part.replace(place)
            else:
                _put(part, place)
    finally:
        remove(part)


def _refuse_others(folder: Path, only: Collection[str] | None) -> None:
    """Raise FileExistsError for what would be lost."""
    if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
        raise FileExistsError(f"{folder}: is a file, expected a folder or a new name")
    if only is None or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        known = any(fnmatchcase(path.name, each) for each in (*only, _HIDDEN_PART))
        if not known or (path.is_dir() and not path.is_symlink()):
            raise FileExistsError(f"{path}: would be lost: name another folder, or move it")


def _refuse_clash(new: Path, place: Path) -> None:
    for entry in sorted(new.iterdir()):
        target = place / entry.name
        if entry.is_dir() and target.is_dir():
            _refuse_clash(entry, target)
        elif target.exists() and entry.is_dir() != target.is_dir():
            kinds = ("folder", "file") if target.is_dir() else ("file", "folder")
            raise FileExistsError(f"{target}: a {kinds[0]} found, expected a {kinds[1]}")


def _is_kept(folder: Path) -> bool:
    """Whether a folder cannot be replaced as a whole: it has entries, or is a mount point."""
    return folder.is_dir() and (folder.is_mount() or any(folder.iterdir()))


def _merge(new: Path, place: Path) -> None:
    """Move the entries of a folder into another; a folder in one step if nothing in it stays."""
    for entry in sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        target = place / entry.name
        if entry.is_dir() and _names(target) - _names(entry):
            _merge(entry, target)
        else:
            _put(entry, target)


def _names(folder: Path) -> set[str]:
    """Return the paths in a folder; none of what is a link or no folder."""
    if folder.is_symlink() or not folder.is_dir():
        return set()
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def _put(new: Path, place: Path) -> None:
    """Move a file or folder to a place, instead of what is there."""
    if not new.is_dir() or not (place.exists() or place.is_symlink()):
        new.replace(place)
        return
    replaced = place.with_name(f".{place.name}.{os.getpid()}.replaced")
    place.replace(replaced)
    new.replace(place)
    remove(replaced)


def _recover(folder: Path, name: str | None = None) -> None:
    """Finish what a process was killed at: put back what it moved away, or remove it."""
    for path in folder.glob(".*.replaced"):
        match = _REPLACED.fullmatch(path.name)
        if match is None or name not in (None, match[1]) or is_running(f".{match[2]}"):
            continue
        place = folder / match[1]
        if place.exists() or place.is_symlink():
            remove(path)
        else:
            path.replace(place)
