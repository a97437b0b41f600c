"""System load during a measurement: processor time of other processes, and stolen time.

Source: proc(5), /proc/stat. Outside Linux only the wall clock and the load average are known.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

_STAT, _CPUINFO = Path("/proc/stat"), Path("/proc/cpuinfo")
_WORKING = (0, 1, 2, 5, 6)  # columns of /proc/stat: user, nice, system, irq, softirq
_STOLEN = 7  # column of the time used by other guests of the host


@dataclass(frozen=True)
class Moment:
    """Counters of seconds at one moment, summed over all cores.

    Args:
        wall: Monotonic wall-clock time.
        worked: Processor time of all processes; None if unknown.
        stolen: Processor time used by other guests of the host; None if unknown.
        own: Processor time of this process.
    """

    wall: float
    worked: float | None
    stolen: float | None
    own: float


def now() -> Moment:
    """Return the counters at this moment."""
    times = os.times()
    own = times.user + times.system
    if not _STAT.is_file():
        return Moment(monotonic(), None, None, own)
    ticks = [int(each) for each in _STAT.read_text().split("\n", 1)[0].split()[1:]]
    second = os.sysconf("SC_CLK_TCK")
    worked = sum(ticks[column] for column in _WORKING) / second
    return Moment(monotonic(), worked, ticks[_STOLEN] / second, own)


def between(begin: Moment, end: Moment) -> dict[str, Any]:
    """Return the seconds elapsed, used by other processes and stolen, and current load and MHz.

    Processor seconds are summed over the cores: a process that keeps one core busy uses as many
    seconds as elapse.
    """
    found: dict[str, Any] = {"wall_s": end.wall - begin.wall, "load": os.getloadavg()[0]}
    if begin.worked is not None and end.worked is not None:
        others = end.worked - begin.worked - (end.own - begin.own)
        found["others_s"] = max(0.0, others)  # the counters are too coarse to be exact
    if begin.stolen is not None and end.stolen is not None:
        found["stolen_s"] = end.stolen - begin.stolen
    if speeds := _megahertz():
        found["cpu_mhz"] = [min(speeds), max(speeds)]
    return found


def _megahertz() -> list[float]:
    if not _CPUINFO.is_file():
        return []
    found = re.findall(r"^cpu MHz\s*:\s*([\d.]+)", _CPUINFO.read_text(), re.MULTILINE)
    return [float(each) for each in found]
