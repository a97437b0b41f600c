"""Atomic file writing, and small helpers for files."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_MAX_SMALL_FILE_BYTES = 1 << 18
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"|NaN|-?Infinity')
RUN = "MASKTRACK_RUN"  # environment variable: process id of the workflow that started this job


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` on success, is removed on error.

    Temporary files which killed processes left behind are removed too.

    Raises:
        OSError: The file cannot be written; names `path`, also if the disk is full.
        RuntimeError: The workflow that started this job has ended. A job that outlives a killed run
            must not overwrite the output of a later run.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent, path.name)
    part = path.with_name(part_name(path.name))
    try:
        with naming_target(part, path):
            yield part
            check_workflow_alive(path)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def part_name(name: str) -> str:
    """Return the hidden temporary name under which this process writes a file or folder."""
    return f".{name}.{os.getpid()}.part"


def remove_leftovers(folder: Path, name: str) -> None:
    """Remove the temporary files and folders of this name that killed processes left behind."""
    for left in folder.glob(f".{glob.escape(name)}.*.part"):
        if not is_running(left.suffixes[-2]):
            remove(left)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def check_workflow_alive(path: Path) -> None:
    """Raise RuntimeError if the workflow that started this job has ended."""
    if os.environ.get(RUN, str(os.getppid())) != str(os.getppid()):
        raise RuntimeError(f"{path}: not written: the workflow that started this job has ended")


@contextmanager
def naming_target(part: Path, path: Path) -> Iterator[None]:
    """Make errors name `path` instead of the hidden `part` or of no file, as on a full disk."""
    try:
        yield
    except OSError as error:
        named = _with_target(error, str(part), str(path))
        if named is None:
            raise
        raise named from error
    except ValueError as error:
        if str(part) not in str(error):
            raise
        raise ValueError(str(error).replace(str(part), str(path))) from error


def _with_target(error: OSError, part: str, path: str) -> OSError | None:
    """Return the error with the target's name; None if it concerns another file."""
    if error.errno is None:
        return OSError(str(error).replace(part, path)) if part in str(error) else None
    name = str(path if error.filename is None else error.filename)
    if error.filename is not None and part not in name:
        return None
    return OSError(error.errno, os.strerror(error.errno), name.replace(part, path))


def is_running(suffix: str) -> bool:
    """Return whether a process with the id in a suffix such as `.12345` is running."""
    try:
        os.kill(int(suffix[1:]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError, OverflowError):
        return True
    return True


def file_in(path: Path, name: str) -> Path:
    """Return the file of this name in `path` if that is a folder, otherwise `path`."""
    return path / name if path.is_dir() else path


def read_small_text(path: Path, errors: str = "strict") -> str:
    """Return the text of a small file written by hand, without its byte order mark.

    Args:
        errors: Handling of bytes that are not UTF-8, see `open`.

    Raises:
        ValueError: The file has more than 2^18 bytes, or is not UTF-8. Names the file.
    """
    with path.open("rb") as file:
        data = file.read(_MAX_SMALL_FILE_BYTES + 1)
    if len(data) > _MAX_SMALL_FILE_BYTES:
        raise ValueError(f"{path}: expected at most {_MAX_SMALL_FILE_BYTES} bytes, found more")
    try:
        return data.decode("utf-8-sig", errors)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8: {error}") from error


def write_json(path: Path, content: Any, *, indent: int | None = 1) -> None:
    """Write `content` as JSON. NaN and infinities are refused: they are not valid JSON.

    Args:
        indent: Indentation; None writes a single line, which is much faster.
    """
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=indent, allow_nan=False) + "\n")


def read_json(path: Path, *, allow_nan: bool = False) -> Any:
    """Return the content of a JSON file.

    Args:
        allow_nan: Whether NaN and infinities are read, as Python's own parser does, for readers
            that check each number they use.

    Raises:
        ValueError: The file is not JSON, or contains NaN or infinities which are not allowed; names
            the file, and line and column if known.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if allow_nan:
            return json.loads(text)
        return json.loads(text, parse_constant=lambda constant: _refuse(constant, text))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not valid JSON: {error}") from error


def _refuse(constant: str, text: str) -> None:
    """Raise for NaN or an infinity at the position of the first one outside a string."""
    found = (token for token in _STRING_OR_CONSTANT.finditer(text) if token[0][0] != '"')
    raise json.JSONDecodeError(f"expected a number, found {constant}", text, next(found).start())


def printable(text: str) -> str:
    """Return a text with invisible and control characters escaped as in Python."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def is_up_to_date(path: Path, made_from: Iterable[Path], *, finished: bool) -> bool:
    """Return whether a file and its sources exist, and the file is up to date.

    Args:
        made_from: Files from which the file was made.
        finished: Whether the workflow finished. Then the file is never outdated, and may be older
            than a source that was remade with unchanged content. After a failed run it must not be
            older than its sources.
    """
    sources = list(made_from)
    if not all(each.is_file() for each in (path, *sources)):
        return False
    latest = max((each.stat().st_mtime for each in sources), default=0.0)
    return finished or latest <= path.stat().st_mtime


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of(path: Path) -> str:
    """Return the digest of a file, or of a folder: the digest of the `sha256sum` list of its files.

    Files are sorted by their relative paths; hidden files are excluded.
    """
    if not path.is_dir():
        return sha256(path)
    names = sorted(each.relative_to(path).as_posix() for each in path.rglob("[!.]*"))
    files = [name for name in names if (path / name).is_file()]
    listed = "".join(f"{sha256(path / name)}  {name}\n" for name in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def existing_folder(root: str | None, contents: str) -> Path:
    """Return the folder that is the `root` of a data set's entry.

    Args:
        contents: Required contents of the folder, for the message.

    Raises:
        ValueError: The entry has no root.
        FileNotFoundError: The folder does not exist.
    """
    if root is None:
        raise ValueError(f"root: expected a folder that contains {contents}, found none")
    if not Path(root).is_dir():
        raise FileNotFoundError(f"root: {root}: no such folder")
    return Path(root)
