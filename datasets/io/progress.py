"""Progress of a loop on standard error: a bar on a terminal, otherwise a line every ten seconds.

A log file would contain every state of a bar. tqdm is imported only if there is a terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

_EVERY_S = 10.0

_Item = TypeVar("_Item")


class Progress:
    """Counts finished items and reports the count.

    Args:
        title: Name of the work, such as a sequence.
        unit: Name of one item, in the singular.
        total: Number of items; None if unknown.
        kept: Whether a full bar stays on the terminal.
        now: Monotonic clock, in seconds.
    """

    def __init__(
        self,
        title: str,
        unit: str,
        total: int | None = None,
        *,
        kept: bool = True,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title, self._unit, self._total, self._now = title, unit, total, now
        self._done, self._reported_s = 0, now()
        self._bar = _make_bar(title, unit, total, kept=kept) if sys.stderr.isatty() else None

    def update(self) -> None:
        """Count one more item."""
        self._done += 1
        if self._bar is not None:
            self._bar.update()
        elif self._now() - self._reported_s >= _EVERY_S:
            self._reported_s = self._now()
            of = "" if self._total is None else f" of {self._total}"
            units = self._unit if self._total == 1 else f"{self._unit}s"
            print(f"{self._title}: {self._done}{of} {units}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the line of a bar."""
        if self._bar is not None:
            self._bar.close()


def progress(
    items: Iterable[_Item], title: str, unit: str, total: int | None = None, *, kept: bool = True
) -> Iterator[_Item]:
    """Yield the items and report how many are done; for the arguments see `Progress`.

    Args:
        total: Number of items; by default their length, if they have one.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    report = Progress(title, unit, total, kept=kept)
    try:
        for item in items:
            yield item
            report.update()
    finally:
        report.close()


def _make_bar(title: str, unit: str, total: int | None, *, kept: bool) -> tqdm[Any]:
    from tqdm import tqdm

    return tqdm(desc=title, unit=unit, total=total, leave=kept)
