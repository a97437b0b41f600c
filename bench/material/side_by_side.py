"""Two tools on the same files, one core: the same numbers, how long each takes, how much memory.

Each tool runs in its own process; its first run, which pays for imports and caches, is not timed.
Then they take turns, and the median of the repeats counts. The two answers are compared before
anything is reported.
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

from datasets.io.files import write_json
from trackers.profiling.machine import describe_machine

_TOLERANCE = 1e-9
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Scores = Mapping[str, float]


@dataclass(frozen=True)
class Answer:
    """What a tool says.

    Args:
        alone: Seconds of the part of the work that the contest names, if it does.
    """

    values: Scores
    alone: float | None = None


Tool = Callable[[argparse.Namespace], Answer]


@dataclass(frozen=True)
class Contest:
    """What is measured.

    Args:
        module: The program itself, which is started again for each tool.
        what: One line for the table.
        tools: From command line to numbers; ours, then the one it is compared with.
        compared: Values that must be equal to 1e-9.
        part: What of the work each tool also times alone; nothing if empty.
    """

    module: str
    what: str
    tools: Mapping[str, Tool]
    compared: tuple[str, ...]
    part: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every contest takes."""
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tool", help="run one of the two only")


def run(contest: Contest, args: argparse.Namespace) -> None:
    """Measure one tool if the command line names one, else run both, compare, print and write."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if args.tool is None:
        _compare(contest, args)
    else:
        _measure(contest.tools[args.tool], args)


def _measure(tool: Tool, args: argparse.Namespace) -> None:
    """Run once, then once for each line of standard input; print what each run found as JSON."""
    tool(args)
    _say(peak_mib=_peak_mib())  # of one run, as people run it
    for _ in sys.stdin:
        begin = perf_counter()
        answer = tool(args)
        _say(seconds=perf_counter() - begin, alone=answer.alone, values=answer.values)


def _say(**found: Any) -> None:
    print(json.dumps(found), flush=True)


def _peak_mib() -> float:
    """Return the most memory this process has held; getrusage also counts what forked it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _compare(contest: Contest, args: argparse.Namespace) -> None:
    found = _take_turns(contest, args.repeats)
    (one, ours), (other, theirs) = found.items()
    for name in contest.compared:
        here, there = ours["values"][name], theirs["values"][name]
        if not abs(here - there) <= _TOLERANCE:
            raise ValueError(f"{name}: {here!r} in {one}, {there!r} in {other}")
    print(contest.what)
    times = _times(found, "seconds")
    _show(times)
    content = {"what": contest.what, "date": str(date.today()), **times}
    if contest.part:
        print(f" {contest.part}")
        content["part"] = {"what": contest.part, **_times(found, "alone")}
        _show(content["part"])
    peaks = {tool: each["peak_mib"] for tool, each in found.items()}
    print("  peaks", *(f"{peak:.0f}" for peak in peaks.values()), "MiB; all values are equal")
    content |= {
        "peak_mib": peaks,
        "values": {name: ours["values"][name] for name in contest.compared},
        "machine": describe_machine(),
    }
    write_json(args.output, content)


def _times(found: Mapping[str, dict[str, Any]], key: str) -> dict[str, Any]:
    """Return the seconds of each repeat of each tool, the medians, and their ratio."""
    seconds = {tool: each[key] for tool, each in found.items()}
    medians = {tool: median(each) for tool, each in seconds.items()}
    ours, theirs = medians.values()
    return {"ratio": theirs / ours, "median_seconds": medians, "seconds": seconds}


def _show(times: Mapping[str, Any]) -> None:
    for tool, seconds in times["median_seconds"].items():
        print(f"  {tool:10} {seconds:7.3f} s")
    print(f"  {tool} takes {times['ratio']:.1f} times as long")


def _take_turns(contest: Contest, repeats: int) -> dict[str, dict[str, Any]]:
    """Return what each tool found, run in turn, so that a slow hour of the machine slows both."""
    tools = {name: _start(contest, name) for name in contest.tools}
    found = {name: _listen(tool) for name, tool in tools.items()}
    turns = [{name: _ask(tool) for name, tool in tools.items()} for _ in range(repeats)]
    for tool in tools.values():
        tool.communicate()
    for name, each in found.items():
        each["values"] = turns[-1][name]["values"]
        for key in ("seconds", "alone"):
            each[key] = [turn[name][key] for turn in turns]
    return found


def _start(contest: Contest, tool: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", contest.module, *sys.argv[1:], "--tool", tool],
        env=os.environ | _ONE_THREAD,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(tool: subprocess.Popen[str]) -> dict[str, Any]:
    """Have a started tool run once more and return what it found."""
    assert tool.stdin is not None
    tool.stdin.write("\n")
    tool.stdin.flush()
    return _listen(tool)


def _listen(tool: subprocess.Popen[str]) -> dict[str, Any]:
    assert tool.stdout is not None
    line = tool.stdout.readline()
    if not line:
        raise RuntimeError(f"{tool.args!r}: ended with exit code {tool.wait()}")
    found: dict[str, Any] = json.loads(line)
    return found
