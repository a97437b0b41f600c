"""Find reasons to distrust a measured time: a busy or throttled machine, a cold start, a gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_MAX_OTHER_CORES = 0.1  # cores busy with other processes; an idle workflow uses a tenth of this
_MAX_STOLEN = 0.02  # share of the time taken by other guests of the host
_CLOCK_TICKS_S = 0.05  # error of the system's accounting, in seconds
_MAX_UNACCOUNTED = 0.02  # share of a frame's time outside all stages
_MIN_CLOCK = 0.9  # share of the GPU's maximum clock


@dataclass(frozen=True)
class TimingWarning:
    """A reason to distrust a time.

    Args:
        what: Text of the warning, the same for every variant.
        size: Magnitude with its unit, empty if it has none.
    """

    what: str
    size: str = ""


def find_timing_warnings(timing: Mapping[str, Any]) -> Iterator[TimingWarning]:
    """Yield the warnings about one timing.json."""
    load = timing.get("load", {})
    wall = load.get("wall_s", 0.0)
    other, stolen = load.get("others_s", 0.0), load.get("stolen_s", 0.0)
    if other > _MAX_OTHER_CORES * wall + _CLOCK_TICKS_S:
        yield TimingWarning("other processes kept the machine busy", f"{other / wall:.1f} cores")
    if stolen > _MAX_STOLEN * wall + _CLOCK_TICKS_S:
        yield TimingWarning(
            "other guests of the host took CPU time", f"{100 * stolen / wall:.0f} % of a core"
        )
    if timing.get("warm") is False:
        yield TimingWarning("step times were still falling when the warm-up ended")
    if (gap := unaccounted(timing)) is not None and gap > _MAX_UNACCOUNTED:
        yield TimingWarning("frame time outside all stages", f"{100 * gap:.0f} %")
    yield from _gpu_warnings([state for state in timing.get("gpu_state") or [] if state])


def unaccounted(timing: Mapping[str, Any]) -> float | None:
    """Return the share of the end-to-end time, decoding to mask encoding, outside all stages."""
    if not timing.get("end_to_end_ns"):
        return None
    whole = float(np.sum(timing["end_to_end_ns"]))
    parts = float(sum(np.sum(each) for each in timing["stage_ns"].values()))
    return (whole - parts) / whole


def _gpu_warnings(states: list[Mapping[str, Any]]) -> Iterator[TimingWarning]:
    reasons = dict.fromkeys(reason for state in states for reason in state["slowed_by"])
    if reasons:
        yield TimingWarning("the GPU was throttled", ", ".join(reasons))
    if any(state["others"] for state in states):
        yield TimingWarning("other processes used the GPU")
    slowest = min((each["graphics_mhz"] / each["graphics_most_mhz"] for each in states), default=1)
    if slowest < _MIN_CLOCK:
        yield TimingWarning("the GPU clock was below its maximum", f"{100 * slowest:.0f} %")
