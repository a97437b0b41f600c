"""The lines of a text file."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from datasets.io.errors import line_error

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


MOST_BYTES = (1 << 31) - 1  # of a file, which holds one sequence; Arrow takes no larger block
LONGEST_LINE = 1 << 20  # bytes of a line of numbers and words
_BLOCK = 1 << 20


def read_text(path: Path, longest: int = LONGEST_LINE) -> bytes:
    """Return the content of a text file of one sequence, which is checked while it is read.

    Args:
        longest: Maximum of a line, in bytes.

    Raises:
        ValueError: A line or the file is longer. Names file and line.
    """
    blocks: list[bytes] = []
    line = size = 0
    with path.open("rb") as file:
        while block := file.read(min(_BLOCK, longest)):
            end = block.find(b"\n")
            if line + (len(block) if end < 0 else end) > longest:
                number = sum(each.count(b"\n") for each in blocks) + 1
                raise line_error(path, number, f"more than {longest} bytes")
            line = line + len(block) if end < 0 else len(block) - 1 - block.rfind(b"\n")
            size += len(block)
            if size > MOST_BYTES:
                raise ValueError(f"{path}: more than {MOST_BYTES} bytes found, for one sequence")
            blocks.append(block)
    return b"".join(blocks)


def read_lines(path: Path) -> tuple[list[bytes], list[int]]:
    """Return the lines of a file that are not blank, and the number of each, from one.

    Raises:
        ValueError: As `read_text`.
    """
    numbered = list(number_lines(read_text(path)))
    return [line for _, line in numbered], [number for number, _ in numbered]


def number_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from one, and the text of each line that is not blank."""
    for number, line in enumerate(BytesIO(data.removeprefix(BYTE_ORDER_MARK)), start=1):
        if line.strip():
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")
