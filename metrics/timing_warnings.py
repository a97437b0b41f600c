"""What speaks against a measured time, in words: a busy or slowed machine, a cold start, a gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_OTHERS = 0.1  # cores that others may keep busy; a workflow that waits takes a tenth of it
_STOLEN = 0.02  # of the time, by other guests of the host
_TICKS = 0.05  # seconds that the counting of the system may be off
_UNACCOUNTED = 0.02  # share of a frame that may be in no stage
_SLOW_CLOCK = 0.9  # of the GPU's highest


@dataclass(frozen=True)
class Doubt:
    """What speaks against a time.

    Args:
        what: In words that are the same for every variant.
        size: How much of it, empty where there is no more or less.
    """

    what: str
    size: str = ""


def doubts(timing: Mapping[str, Any]) -> Iterator[Doubt]:
    """Yield what is doubtful about one timing.json."""
    load = timing.get("load", {})
    wall = load.get("wall_s", 0.0)
    others, stolen = load.get("others_s", 0.0), load.get("stolen_s", 0.0)
    if others > _OTHERS * wall + _TICKS:
        yield Doubt("other processes kept the machine busy", f"{others / wall:.1f} cores")
    if stolen > _STOLEN * wall + _TICKS:
        yield Doubt("the host gave time to others", f"{100 * stolen / wall:.0f} % of a core")
    if timing.get("warm") is False:
        yield Doubt("it was still becoming faster when the warm-up ended")
    if (gap := unaccounted(timing)) is not None and gap > _UNACCOUNTED:
        yield Doubt("time of a frame is in no stage", f"{100 * gap:.0f} %")
    yield from _of_gpu([state for state in timing.get("gpu_state") or [] if state])


def unaccounted(timing: Mapping[str, Any]) -> float | None:
    """Return the share of the time from decoding to run lengths that is in no stage."""
    if not timing.get("end_to_end_ns"):
        return None
    whole = float(np.sum(timing["end_to_end_ns"]))
    parts = float(sum(np.sum(each) for each in timing["stage_ns"].values()))
    return (whole - parts) / whole


def _of_gpu(states: list[Mapping[str, Any]]) -> Iterator[Doubt]:
    reasons = dict.fromkeys(reason for state in states for reason in state["slowed_by"])
    if reasons:
        yield Doubt("the GPU was slowed down", ", ".join(reasons))
    if any(state["others"] for state in states):
        yield Doubt("other processes were on the GPU")
    slowest = min((each["graphics_mhz"] / each["graphics_most_mhz"] for each in states), default=1)
    if slowest < _SLOW_CLOCK:
        yield Doubt("the GPU's clock was not at its highest", f"{100 * slowest:.0f} %")
