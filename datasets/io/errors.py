"""Errors in broken files: they name the row of the columns, then the line of the file."""

from __future__ import annotations

from pathlib import Path

_MAX_REASON_LENGTH = 600  # characters: quoted file content may be of any length


class RowError(ValueError):
    """A row breaks a rule of Tracks. Format modules turn `row` into a position in their file."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}: {reason}")
        self.row = row
        self.reason = reason


def line_error(path: Path, number: int, reason: str, line: str = "") -> ValueError:
    """Return the error for a line, counted from one, with the beginning of its text if given."""
    shown = f" ({line[:80]!r})" if line else ""
    return ValueError(f"{path}, line {number}{shown}: {shorten(reason)}")


def shorten(reason: str) -> str:
    """Return a reason on one line, truncated if it is long."""
    kept = reason
    if len(reason) > _MAX_REASON_LENGTH:
        kept = f"{reason[:_MAX_REASON_LENGTH]}..."
    return " ".join(map(str.strip, kept.splitlines()))
