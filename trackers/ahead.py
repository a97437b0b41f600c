"""Frames decoded on a thread of their own while a tracker works on those before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from trackers.stages import stage

Item = TypeVar("Item")
_FRAMES = 4  # held in memory: 25 MB of 1080p


def ahead(items: Iterable[Item], most: int = _FRAMES) -> Iterator[Item]:
    """Yield the items in order, up to `most` of them made before they are asked for.

    An error in making one is raised after the items before it. No item may be None.
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as thread:
        coming = deque(thread.submit(next, source, None) for _ in range(most))
        while (item := _wait(coming.popleft())) is not None:
            coming.append(thread.submit(next, source, None))
            yield item


@stage("await")
def _wait(coming: Future[Item | None]) -> Item | None:
    return coming.result()
