"""Files that are either whole or not there."""

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

_MOST_BY_HAND = 1 << 18
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"|NaN|-?Infinity')
RUN = "MASKTRACK_RUN"  # environment variable: the process of the workflow that started this job


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; on success it becomes `path`, on error it goes.

    What a process that was killed has left of its own goes too.

    Raises:
        OSError: It cannot be written; names `path`, also where the disk is full.
        RuntimeError: The workflow that started this job is gone. A job that outlives a killed run
            must not overwrite what a later run makes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_left_over(path.parent, path.name)
    part = path.with_name(part_name(path.name))
    try:
        with naming_target(part, path):
            yield part
            refuse_orphan(path)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def part_name(name: str) -> str:
    """Return the hidden name under which this process writes what is to get a name."""
    return f".{name}.{os.getpid()}.part"


def remove_left_over(folder: Path, name: str) -> None:
    """Remove the parts of files and folders of this name that killed processes left in a folder."""
    for left in folder.glob(f".{glob.escape(name)}.*.part"):
        if not is_running(left.suffixes[-2]):
            remove(left)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, whether it is there or not."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def refuse_orphan(path: Path) -> None:
    """Raise RuntimeError if the workflow that started this job is gone."""
    if os.environ.get(RUN, str(os.getppid())) != str(os.getppid()):
        raise RuntimeError(f"{path}: not written: the run that asked for it is gone")


@contextmanager
def naming_target(part: Path, path: Path) -> Iterator[None]:
    """Make errors name `path` instead of the hidden `part`, or nothing, as a full disk does."""
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
    """Return the error with the target's name; None if it is about another file."""
    if error.errno is None:
        return OSError(str(error).replace(part, path)) if part in str(error) else None
    name = str(path if error.filename is None else error.filename)
    if error.filename is not None and part not in name:
        return None
    return OSError(error.errno, os.strerror(error.errno), name.replace(part, path))


def is_running(suffix: str) -> bool:
    """Whether there is a process of the number in `.12345`."""
    try:
        os.kill(int(suffix[1:]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError, OverflowError):
        return True
    return True


def file_in(path: Path, name: str) -> Path:
    """Return the file of this name where `path` is a folder, else `path`."""
    return path / name if path.is_dir() else path


def read_small_text(path: Path, errors: str = "strict") -> str:
    """Return the text of a file that people write by hand, with or without a byte order mark.

    Args:
        errors: What to do with bytes that are not UTF-8, see `open`.

    Raises:
        ValueError: It has more than 2^18 bytes, or is not UTF-8. Names the file.
    """
    with path.open("rb") as file:
        data = file.read(_MOST_BY_HAND + 1)
    if len(data) > _MOST_BY_HAND:
        raise ValueError(f"{path}: more than {_MOST_BY_HAND} bytes found, expected a small file")
    try:
        return data.decode("utf-8-sig", errors)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8: {error}") from error


def write_json(path: Path, content: Any, *, indent: int | None = 1) -> None:
    """Write `content` as JSON. NaN and infinities are refused: they are not JSON.

    Args:
        indent: None writes one line, much faster.
    """
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=indent, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        ValueError: The file is not JSON, NaN and infinities included; names the file, and line and
            column where they are known.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, parse_constant=lambda constant: _refuse(constant, text))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not valid JSON: {error}") from error


def _refuse(constant: str, text: str) -> None:
    """Raise for NaN or an infinity; the first that is in no string is the one that was met."""
    found = (token for token in _STRING_OR_CONSTANT.finditer(text) if token[0][0] != '"')
    raise json.JSONDecodeError(f"{constant} found, expected a number", text, next(found).start())


def printable(text: str) -> str:
    """Return a text with what a terminal does not show, or obeys, escaped as in Python."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def is_made(path: Path, made_from: Iterable[Path], *, finished: bool) -> bool:
    """Whether a file is there, and was made from what is there of others.

    Args:
        finished: Whether the workflow has made all there is. Then it is never outdated, and may be
            older than a file that was made again with the content it had. After a run that failed
            it must be no older than the others.
    """
    others = list(made_from)
    if not all(each.is_file() for each in (path, *others)):
        return False
    latest = max((each.stat().st_mtime for each in others), default=0.0)
    return finished or latest <= path.stat().st_mtime


def sha256(path: Path) -> str:
    """Return the hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of(path: Path) -> str:
    """Return the digest of a file, or of a folder: that of what `sha256sum` lists of its files.

    Files are listed by their paths below the folder, in order; hidden ones do not count.
    """
    if not path.is_dir():
        return sha256(path)
    names = sorted(each.relative_to(path).as_posix() for each in path.rglob("[!.]*"))
    files = [name for name in names if (path / name).is_file()]
    listed = "".join(f"{sha256(path / name)}  {name}\n" for name in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def existing_folder(root: str | None, holds: str) -> Path:
    """Return the folder that a data set's entry names as `root`.

    Args:
        holds: What it has to hold, for the message.

    Raises:
        ValueError: The entry names none.
        FileNotFoundError: There is no such folder.
    """
    if root is None:
        raise ValueError(f"root: missing: name the folder that holds {holds}")
    if not Path(root).is_dir():
        raise FileNotFoundError(f"root: {root}: no such folder")
    return Path(root)
