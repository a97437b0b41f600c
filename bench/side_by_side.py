"""Two tools on the same files, one core: the same numbers, how long each takes, how much memory.

Each tool runs in its own process; its first run, which pays for imports and caches, is not timed;
the median of the repeats counts. The two answers are compared before anything is reported.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from datasets.files import write_json
from trackers.machine import describe_machine

_TOLERANCE = 1e-9
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Scores = dict[str, float]
Tool = Callable[[argparse.Namespace], Scores]


@dataclass(frozen=True)
class Contest:
    """What is measured.

    Args:
        module: The program itself, which is started again for each tool.
        what: One line for the table.
        tools: From command line to numbers; ours, then the one it is compared with.
        compared: Values that must be equal to 1e-9.
    """

    module: str
    what: str
    tools: Mapping[str, Tool]
    compared: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every contest takes."""
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tool", help="run one of the two only")


def run(contest: Contest, given: argparse.Namespace) -> None:
    """Measure one tool if the command line names one, else run both, compare, print and write."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if given.tool is None:
        _compare(contest, given)
    else:
        _measure(contest.tools[given.tool], given)


def _measure(tool: Tool, given: argparse.Namespace) -> None:
    """Print the values and the time of each repeat as JSON."""
    tool(given)
    seconds = []
    for _ in range(given.repeats):
        begin = perf_counter()
        values = tool(given)
        seconds.append(perf_counter() - begin)
    print(json.dumps({"values": values, "seconds": seconds, "peak_mib": _peak_mib()}))


def _peak_mib() -> float:
    """Return the most memory this process has held; getrusage also counts what forked it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _compare(contest: Contest, given: argparse.Namespace) -> None:
    found = {tool: _started(contest, tool) for tool in contest.tools}
    (one, ours), (other, theirs) = found.items()
    for name in contest.compared:
        here, there = ours["values"][name], theirs["values"][name]
        if not abs(here - there) <= _TOLERANCE:
            raise ValueError(f"{name}: {here!r} in {one}, {there!r} in {other}")
    seconds = {tool: median(each["seconds"]) for tool, each in found.items()}
    ratio = seconds[other] / seconds[one]
    print(contest.what)
    for tool, each in found.items():
        print(f"  {tool:10} {seconds[tool]:7.3f} s {each['peak_mib']:7.0f} MiB")
    print(f"  {other} takes {ratio:.1f} times as long; all compared values are equal")
    content = {
        "what": contest.what,
        "date": str(date.today()),
        "ratio": ratio,
        "median_seconds": seconds,
        "seconds": {tool: each["seconds"] for tool, each in found.items()},
        "peak_mib": {tool: each["peak_mib"] for tool, each in found.items()},
        "values": {name: ours["values"][name] for name in contest.compared},
        "machine": describe_machine(),
    }
    write_json(given.output, content)


def _started(contest: Contest, tool: str) -> dict[str, Any]:
    """Return what the program prints when it is started for one tool."""
    command = [sys.executable, "-m", contest.module, *sys.argv[1:], "--tool", tool]
    done = subprocess.run(
        command, env=os.environ | _ONE_THREAD, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
