"""How a broken file is reported: which row of the columns, then which line of which file."""

from __future__ import annotations

from pathlib import Path

_LONGEST = 600  # letters of a reason: what is quoted of a file may be of any length


class RowError(ValueError):
    """A row breaks a rule of Tracks. A format module turns `row` into a place in its file."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}: {reason}")
        self.row = row
        self.reason = reason


def line_error(path: Path, number: int, reason: str, line: str = "") -> ValueError:
    """Return the error for a line, counted from one; what is in it is shown where it is short."""
    shown = f" ({line[:80]!r})" if line else ""
    return ValueError(f"{path}, line {number}{shown}: {shorten(reason)}")


def shorten(reason: str) -> str:
    """Return a reason on one line, without its end where it is long."""
    kept = reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}..."
    return " ".join(map(str.strip, kept.splitlines()))
