"""Counts of what readers skip or mend; `run_main` reports them once, when a program ends."""

from __future__ import annotations

from collections.abc import Mapping

_counts: dict[str, int] = {}


def count_mended(what: str, count: int = 1) -> None:
    """Add to the count of what was skipped or mended; nothing for a count of 0.

    Args:
        what: The rows or files, and how they are read, as in "rows without identity, skipped".
    """
    if count:
        _counts[what] = _counts.get(what, 0) + int(count)


def add_mended(counts: Mapping[str, int]) -> None:
    """Add counts, such as those of another process."""
    for what, count in counts.items():
        count_mended(what, count)


def take_mended() -> dict[str, int]:
    """Return the counts, and start again from none."""
    taken = dict(_counts)
    _counts.clear()
    return taken


def describe_mended(counts: Mapping[str, int]) -> str:
    """Return the counts on one line."""
    return "; ".join(f"{what}: {count}" for what, count in counts.items())
