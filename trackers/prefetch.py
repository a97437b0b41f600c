"""Frames decoded before a tracker wants them, answers packed after it gave them, on threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from trackers.profiling.stages import stage

Item = TypeVar("Item")
Result = TypeVar("Result")
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


def behind(
    work: Callable[[Item], Result], items: Iterable[Item], most: int = _FRAMES
) -> Iterator[Result]:
    """Yield what `work` makes of each item, in order, while further items come.

    An error of `work` is raised up to `most` items late; the items must not change meanwhile.
    """
    with ThreadPoolExecutor(1) as thread:
        coming: deque[Future[Result]] = deque()
        for item in items:
            coming.append(thread.submit(work, item))
            if len(coming) > most:
                yield _wait(coming.popleft())
        while coming:
            yield _wait(coming.popleft())


@stage("await")
def _wait(coming: Future[Item]) -> Item:
    return coming.result()
