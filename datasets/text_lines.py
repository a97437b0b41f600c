"""The lines of a text file."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path) -> tuple[list[bytes], list[int]]:
    """Return the lines of a file that are not blank, and the number of each, from one."""
    numbered = list(number_lines(path.read_bytes()))
    return [line for _, line in numbered], [number for number, _ in numbered]


def number_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from one, and the text of each line that is not blank."""
    for number, line in enumerate(BytesIO(data.removeprefix(BYTE_ORDER_MARK)), start=1):
        if line.strip():
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")
