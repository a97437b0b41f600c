"""Atomic writing of folders of files."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from datasets.io.files import (
    check_workflow_alive,
    is_running,
    naming_target,
    part_name,
    remove,
    remove_leftovers,
)

_REPLACED = re.compile(r"\.(.+)\.(\d+)\.replaced", re.DOTALL)  # previous content of a folder
_HIDDEN_PART = ".*.part"


@contextmanager
def replacing_folder(folder: Path, only: Collection[str] | None = None) -> Iterator[Path]:
    """Yield an empty hidden folder to write to; its files appear in `folder` on success.

    A `folder` that is missing or empty appears in one step. If it has entries, each new entry
    replaces the one of its name, in the order in which they were written, and the others remain.
    Temporary files which killed processes left behind are removed.

    Args:
        only: Patterns of all the names that the folder may contain; it is then replaced as a whole.

    Raises:
        FileExistsError: `folder` is a file, a file would replace a folder or vice versa, or
            `folder` has an entry that matches no pattern of `only`. Nothing is changed then.
        OSError: A file cannot be written. Names its path in `folder`.
        RuntimeError: As `replacing`.
    """
    _check_existing(folder, only)
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    _recover(place.parent, place.name)
    merged = only is None and _must_be_kept(place)
    home = place if merged else place.parent
    for each in {home, place.parent}:
        remove_leftovers(each, place.name)
    part = home / part_name(place.name)
    try:
        with naming_target(part, folder):
            part.mkdir()
            yield part
            check_workflow_alive(folder)
            if merged:
                _recover(place)
                _check_kinds(part, place)
                _merge(part, place)
            elif only is None:
                part.replace(place)
            else:
                _move(part, place)
    finally:
        remove(part)


def _check_existing(folder: Path, only: Collection[str] | None) -> None:
    """Raise FileExistsError for entries that would be lost."""
    if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
        raise FileExistsError(f"{folder}: expected a folder or a new name, found a file")
    if only is None or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        known = any(fnmatchcase(path.name, each) for each in (*only, _HIDDEN_PART))
        if not known or (path.is_dir() and not path.is_symlink()):
            raise FileExistsError(f"{path}: would be lost: choose another folder, or move the file")


def _check_kinds(new: Path, place: Path) -> None:
    """Raise FileExistsError if a file would replace a folder or vice versa."""
    for entry in sorted(new.iterdir()):
        target = place / entry.name
        if entry.is_dir() and target.is_dir():
            _check_kinds(entry, target)
        elif target.exists() and entry.is_dir() != target.is_dir():
            kinds = ("folder", "file") if target.is_dir() else ("file", "folder")
            raise FileExistsError(f"{target}: expected a {kinds[1]}, found a {kinds[0]}")


def _must_be_kept(folder: Path) -> bool:
    """Return whether a folder cannot be replaced as a whole: it has entries or is a mount point."""
    return folder.is_dir() and (folder.is_mount() or any(folder.iterdir()))


def _merge(new: Path, place: Path) -> None:
    """Move the entries of a folder into another; a folder in one step if it loses no entry."""
    for entry in sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        target = place / entry.name
        if entry.is_dir() and _names(target) - _names(entry):
            _merge(entry, target)
        else:
            _move(entry, target)


def _names(folder: Path) -> set[str]:
    """Return the relative paths in a folder; none for a link or another kind of file."""
    if folder.is_symlink() or not folder.is_dir():
        return set()
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def _move(new: Path, place: Path) -> None:
    """Move a file or folder to a path, replacing what exists there."""
    if not new.is_dir() or not (place.exists() or place.is_symlink()):
        new.replace(place)
        return
    replaced = place.with_name(f".{place.name}.{os.getpid()}.replaced")
    place.replace(replaced)
    new.replace(place)
    remove(replaced)


def _recover(folder: Path, name: str | None = None) -> None:
    """Complete the moves that a killed process began: restore what it moved away, or remove it."""
    for path in folder.glob(".*.replaced"):
        match = _REPLACED.fullmatch(path.name)
        if match is None or name not in (None, match[1]) or is_running(f".{match[2]}"):
            continue
        place = folder / match[1]
        if place.exists() or place.is_symlink():
            remove(path)
        else:
            path.replace(place)
