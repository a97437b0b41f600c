"""The order of the tests: long ones early, so that all workers end at the same time."""

from __future__ import annotations

from itertools import groupby

import pytest

FIRST = "test_onnx_networks.py"  # makes the export that other tests wait for


def spread(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests in the order in which pytest-xdist's `worksteal` deals them out best.

    It gives each worker a run of as many tests; one that has finished takes from the end of
    another's. So each run begins with modules of slow tests. Modules stay whole for their fixtures.
    """
    modules = [list(tests) for _, tests in groupby(items, lambda item: item.path)]
    slow = [tests for tests in modules if _slow(tests)]
    # last folders first: the contract tests, which are first, wait for the export
    slow.sort(key=lambda tests: (tests[0].path.name == FIRST, tests[0].path), reverse=True)
    runs: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for tests in slow:
        min(runs, key=_slow).extend(tests)
    rest = [item for tests in modules if not _slow(tests) for item in tests]
    for run in runs[:-1]:
        missing = max(0, len(items) // workers - len(run))
        run.extend(rest[:missing])
        del rest[:missing]
    return [item for run in [*runs[:-1], runs[-1] + rest] for item in run]


def _slow(tests: list[pytest.Item]) -> int:
    return sum(item.get_closest_marker("slow") is not None for item in tests)
