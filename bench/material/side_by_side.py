"""Compare tools on the same files and one core: equal numbers, time and memory of each.

Each tool runs in its own process; its first run, which pays for imports and caches, is not timed.
Then they take turns. The minimum processor time of the repeats counts: other programs on the
machine change it little. The results are compared before anything is reported.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from datasets.io.files import write_json
from trackers.profiling.machine import describe_machine

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Scores = Mapping[str, float]


@dataclass(frozen=True)
class ToolResult:
    """The result of one run of a tool.

    Args:
        values: Scores by name.
        alone: Processor seconds of the part that the comparison names; None if it names none.
    """

    values: Scores
    alone: float | None = None


Tool = Callable[[argparse.Namespace], ToolResult]


@dataclass(frozen=True)
class Comparison:
    """The comparison of several tools.

    Args:
        module: Module of the benchmark, which is started once for each tool.
        what: One line for the table.
        tools: Functions from the command line to numbers; ours first, then the other tools.
        compared: Names of the values that must be equal.
        part: Part of the work that each tool also times separately; none if empty.
        tolerance: Maximum absolute difference of equal values.
    """

    module: str
    what: str
    tools: Mapping[str, Tool]
    compared: tuple[str, ...]
    part: str = ""
    tolerance: float = 1e-9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of every comparison."""
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tool", help="run only this tool")


def run(comparison: Comparison, args: argparse.Namespace) -> None:
    """Measure the tool that `--tool` names, or run all, compare, print and write the result."""
    use_one_core()
    if args.tool is None:
        _compare(comparison, args)
    else:
        _measure(comparison.tools[args.tool], args)


def use_one_core() -> None:
    """Restrict this process and those that it starts to one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _measure(tool: Tool, args: argparse.Namespace) -> None:
    """Run once, then once per line of standard input; print the result of each run as JSON."""
    tool(args)
    _print_json(peak_mib=_peak_mib())  # of a single run
    for _ in sys.stdin:
        begin, wall = process_time(), perf_counter()
        result = tool(args)
        _print_json(
            seconds=process_time() - begin,
            wall_seconds=perf_counter() - wall,
            alone=result.alone,
            values=result.values,
        )


def _print_json(**found: Any) -> None:
    print(json.dumps(found), flush=True)


def _peak_mib() -> float:
    """Return the peak memory of this process; getrusage would also count its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _compare(comparison: Comparison, args: argparse.Namespace) -> None:
    found = _take_turns(comparison, args.repeats)
    one, *others = found
    ours = {name: found[one]["values"][name] for name in comparison.compared}
    for other in others:
        check_equal({one: ours, other: found[other]["values"]}, comparison.tolerance)
    print(comparison.what)
    times = compare_times({tool: each["seconds"] for tool, each in found.items()})
    show(times)
    content = {"what": comparison.what, "date": str(date.today()), **times}
    if comparison.part:
        print(f" {comparison.part}")
        alone = {tool: each["alone"] for tool, each in found.items()}
        content["part"] = {"what": comparison.part, **compare_times(alone)}
        show(content["part"])
    peaks = {tool: each["peak_mib"] for tool, each in found.items()}
    print("  peaks", *(f"{peak:.0f}" for peak in peaks.values()), "MiB; all values are equal")
    content |= {
        "wall_seconds": {tool: each["wall_seconds"] for tool, each in found.items()},
        "peak_mib": peaks,
        "values": ours,
        "machine": describe_machine(),
    }
    write_json(args.output, content)


def check_equal(values: Mapping[str, Scores], tolerance: float) -> None:
    """Raise ValueError for a value of the first of two tools that the second does not share."""
    (one, ours), (other, theirs) = values.items()
    for name, here in ours.items():
        if not abs(here - theirs[name]) <= tolerance:
            raise ValueError(f"{name}: {here!r} in {one}, {theirs[name]!r} in {other}")


def compare_times(seconds: Mapping[str, Many[float]]) -> dict[str, Any]:
    """Return the processor seconds of each tool, their minima, and the ratios of these to ours."""
    shortest = {tool: min(each) for tool, each in seconds.items()}
    ours, *others = shortest
    ratios = {tool: shortest[tool] / shortest[ours] for tool in others}
    return {"ratio": ratios, "min_seconds": shortest, "seconds": seconds}


def show(times: Mapping[str, Any]) -> None:
    """Print the minimum time of each tool, and the ratios."""
    for tool, seconds in times["min_seconds"].items():
        print(f"  {tool:11} {seconds:7.3f} s")
    for tool, ratio in times["ratio"].items():
        print(f"  {tool} takes {ratio:.1f} times as long")


def _take_turns(comparison: Comparison, repeats: int) -> dict[str, dict[str, Any]]:
    """Return the results of the tools, run in turns so that a slow machine slows both."""
    tools = {name: _start(comparison, name) for name in comparison.tools}
    found = {name: _read_result(tool) for name, tool in tools.items()}
    turns = [{name: _run_again(tool) for name, tool in tools.items()} for _ in range(repeats)]
    for tool in tools.values():
        tool.communicate()
    for name, each in found.items():
        each["values"] = turns[-1][name]["values"]
        for key in ("seconds", "wall_seconds", "alone"):
            each[key] = [turn[name][key] for turn in turns]
    return found


def _start(comparison: Comparison, tool: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", comparison.module, *sys.argv[1:], "--tool", tool],
        env=os.environ | ONE_THREAD,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _run_again(tool: subprocess.Popen[str]) -> dict[str, Any]:
    """Run a started tool once more and return its result."""
    assert tool.stdin is not None
    tool.stdin.write("\n")
    tool.stdin.flush()
    return _read_result(tool)


def _read_result(tool: subprocess.Popen[str]) -> dict[str, Any]:
    assert tool.stdout is not None
    line = tool.stdout.readline()
    if not line:
        raise RuntimeError(f"{tool.args!r}: ended with exit code {tool.wait()}")
    found: dict[str, Any] = json.loads(line)
    return found
