"""How far a loop is, on standard error: a bar on a terminal, elsewhere a line every ten seconds.

A log would keep every state of a bar. tqdm is loaded only where there is a terminal.
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
    """Counts what is done, and tells.

    Args:
        title: What is worked on.
        unit: What is counted, in the singular.
        total: How many there are; None if nobody knows.
        kept: Whether a bar stays on the terminal when it is full.
        now: Returns seconds on a clock that never goes back.
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
        self._done, self._told_s = 0, now()
        self._bar = _make_bar(title, unit, total, kept=kept) if sys.stderr.isatty() else None

    def update(self) -> None:
        """Count one more."""
        self._done += 1
        if self._bar is not None:
            self._bar.update()
        elif self._now() - self._told_s >= _EVERY_S:
            self._told_s = self._now()
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
    """Yield the items and tell how many are done; for arguments see `Progress`.

    Args:
        total: The number of items, where they do not know it.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    told = Progress(title, unit, total, kept=kept)
    try:
        for item in items:
            yield item
            told.update()
    finally:
        told.close()


def _make_bar(title: str, unit: str, total: int | None, *, kept: bool) -> tqdm[Any]:
    from tqdm import tqdm

    return tqdm(desc=title, unit=unit, total=total, leave=kept)
