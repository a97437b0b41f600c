"""List the files below a folder, with counts and sizes by subfolder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_DEPTH = 2  # parts of a path by which files are grouped
_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000.0


def walk(root: Path, folder: Path) -> list[Path]:
    """Return the files and links below a folder, as paths from `root`; links are not followed."""
    found = []
    for place, folders, files in os.walk(root / folder):
        here = Path(place).relative_to(root)
        links = [name for name in folders if (root / here / name).is_symlink()]
        found += [here / name for name in (*files, *links)]
    return found


def describe(root: Path, paths: Iterable[Path]) -> list[str]:
    """Return a line for each folder, with the number and total size of its files."""
    groups: dict[str, list[int]] = {}
    for path in paths:
        deep = len(path.parts) > _DEPTH
        group = f"{Path(*path.parts[:_DEPTH])}/" if deep else str(path)
        groups.setdefault(group, []).append((root / path).lstat().st_size)
    return [
        f"  {group} ({_files(len(sizes))}, {_size(sum(sizes))})"
        for group, sizes in sorted(groups.items())
    ]


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _size(size: float) -> str:
    for unit in _UNITS[:-1]:
        if size < _STEP:
            return f"{size:.0f} {unit}"
        size /= _STEP
    return f"{size:.0f} {_UNITS[-1]}"
