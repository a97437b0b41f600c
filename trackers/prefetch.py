"""Background threads that decode frames before a tracker steps and pack its output afterwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from trackers.profiling.stages import stage

Item = TypeVar("Item")
Result = TypeVar("Result")
_FRAMES = 4  # frames in memory: 25 MB at 1080p


def prefetch(items: Iterable[Item], max_pending: int = _FRAMES) -> Iterator[Item]:
    """Yield the items in order, with up to `max_pending` of them produced in advance.

    An error in producing an item is raised after the items before it. No item may be None.
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as thread:
        pending = deque(thread.submit(next, source, None) for _ in range(max_pending))
        while (item := _wait(pending.popleft())) is not None:
            pending.append(thread.submit(next, source, None))
            yield item


def map_in_background(
    work: Callable[[Item], Result], items: Iterable[Item], max_pending: int = _FRAMES
) -> Iterator[Result]:
    """Yield the result of `work` for each item, in order, while further items are produced.

    An error of `work` is raised up to `max_pending` items later. Items must not change meanwhile.
    """
    with ThreadPoolExecutor(1) as thread:
        pending: deque[Future[Result]] = deque()
        for item in items:
            pending.append(thread.submit(work, item))
            if len(pending) > max_pending:
                yield _wait(pending.popleft())
        while pending:
            yield _wait(pending.popleft())


@stage("await")
def _wait(pending: Future[Item]) -> Item:
    return pending.result()
