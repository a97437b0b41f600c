"""Files that are either whole or not there."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
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
        RuntimeError: The workflow that started this job is gone. A job that outlives a killed run
            must not overwrite what a later run makes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        if not _is_running(left.suffixes[-2]):
            left.unlink(missing_ok=True)
    try:
        yield part
        if os.environ.get(RUN, str(os.getppid())) != str(os.getppid()):
            raise RuntimeError(f"{path}: not written: the run that asked for it is gone")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _is_running(suffix: str) -> bool:
    """Whether there is a process of the number in `.12345`."""
    try:
        os.kill(int(suffix[1:]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError):
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
