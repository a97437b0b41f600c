"""Notice that a large file has changed, without reading it whole on every use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from datasets.io.files import sha256


@dataclass(frozen=True)
class FileStamp:
    """What is recorded of a file.

    Args:
        size: In bytes.
        mtime_ns: Time of the last modification, in nanoseconds since 1970.
        sha256: Hexadecimal digest of the content.
    """

    size: int
    mtime_ns: int
    sha256: str


def stamp_file(path: Path, digest: str) -> FileStamp:
    """Return the stamp of a file with a known digest."""
    found = path.stat()
    return FileStamp(found.st_size, found.st_mtime_ns, digest)


def check_stamp(path: Path, stamp: FileStamp) -> None:
    """Raise ValueError if a file has changed since its stamp was made.

    The content is read only if the time of the last modification differs but the size does not, and
    once per process.
    """
    found = path.stat()
    if (found.st_size, found.st_mtime_ns) == (stamp.size, stamp.mtime_ns):
        return
    reason = f"expected {stamp.size} bytes, found {found.st_size}"
    if found.st_size == stamp.size:
        digest = _digest(path, found.st_mtime_ns)
        if digest == stamp.sha256:
            return
        reason = f"expected SHA-256 {stamp.sha256[:12]}..., found {digest[:12]}..."
    raise ValueError(
        f"{path}: {reason}: the file has changed since the sequence was prepared: prepare it again"
    )


@lru_cache(maxsize=16)
def _digest(path: Path, _: int) -> str:
    return sha256(path)
