"""Read the lines of a text file."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from datasets.io.errors import line_error
from datasets.io.mended import count_mended

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # its byte order marks
_COMMENT = b"#"
MAX_FILE_BYTES = (1 << 31) - 1  # a file holds one sequence; the maximum block size of Arrow
MAX_LINE_BYTES = 1 << 20  # of a line of numbers and words
_BLOCK = 1 << 20


def read_text(path: Path, max_line_bytes: int = MAX_LINE_BYTES) -> bytes:
    """Return the content of a text file of one sequence, validated while it is read.

    Args:
        max_line_bytes: Maximum length of a line.

    Raises:
        ValueError: A line or the file is too long, or the text is UTF-16. Names file and line.
    """
    blocks: list[bytes] = []
    line = size = 0
    with path.open("rb") as file:
        if file.read(len(_UTF16[0])) in _UTF16:
            raise ValueError(f"{path}: expected UTF-8 text, found UTF-16, which PowerShell writes")
        file.seek(0)
        while block := file.read(min(_BLOCK, max_line_bytes)):
            end = block.find(b"\n")
            if line + (len(block) if end < 0 else end) > max_line_bytes:
                number = sum(each.count(b"\n") for each in blocks) + 1
                raise line_error(path, number, f"expected at most {max_line_bytes} bytes")
            line = line + len(block) if end < 0 else len(block) - 1 - block.rfind(b"\n")
            size += len(block)
            if size > MAX_FILE_BYTES:
                raise ValueError(f"{path}: expected at most {MAX_FILE_BYTES} bytes, found more")
            blocks.append(block)
    return b"".join(blocks)


def read_lines(path: Path) -> tuple[list[bytes], list[int]]:
    """Return the lines of a file that are not blank, and their numbers, from one.

    Raises:
        ValueError: As `read_text`.
    """
    numbered = list(number_lines(read_text(path)))
    return [line for _, line in numbered], [number for number, _ in numbered]


def number_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number, from one, and text of each line that is not blank."""
    for number, line in enumerate(BytesIO(data.removeprefix(BYTE_ORDER_MARK)), start=1):
        if line.strip():
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")


def number_rows(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield lines as `number_lines`, without comments, which begin with #."""
    lines = number_lines(data)
    return (each for each in lines if not _is_comment(each[1])) if _COMMENT in data else lines


def count_comments(data: bytes) -> None:
    """Count the lines that `number_rows` skips."""
    if _COMMENT in data:
        found = sum(_is_comment(line) for _, line in number_lines(data))
        count_mended("comment lines, skipped", found)


def _is_comment(line: bytes) -> bool:
    return line.lstrip().startswith(_COMMENT)
