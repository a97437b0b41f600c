"""Run the steps of a plan one after the other, until the time is used up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import Any

from bench.gpu.context import Settings
from bench.gpu.plan import FIRST, Step
from bench.gpu.processes import Workers
from bench.gpu.record import NOT_SELECTED, Record

_LEAST_S = 5.0  # no step starts with less time left


@dataclass(frozen=True)
class Limits:
    """What is run.

    Args:
        budget_s: Seconds for all steps together.
        selected: Names of the steps to run beside the first; all if empty.
    """

    budget_s: float
    selected: Collection[str] = ()


class Terminated(KeyboardInterrupt):
    """The process was asked to end."""


def terminate(signum: int, frame: FrameType | None) -> None:
    """End the program as an interruption does: a handler of SIGTERM."""
    del signum, frame
    raise Terminated


def run_steps(record: Record, settings: Settings, planned: list[Step], limits: Limits) -> None:
    """Run steps and record their results and how each ended.

    The run ends early, with a record of it, if the first step is not `done`.

    Raises:
        KeyboardInterrupt: The run was interrupted; the record is complete up to then.
    """
    workers, deadline = Workers(settings), monotonic() + limits.budget_s
    try:
        for step in planned:
            seconds = min(step.budget_s, deadline - monotonic())
            refusal = _refusal(step, seconds, limits)
            ended = refusal or _run_step(record, workers, step, seconds)
            record.add(step.name, ended)
            if refusal is None or not limits.selected:
                print(f"{step.name}: {_describe(ended)}", flush=True)
            if step.name == FIRST and ended["ended"] != "done":
                record.end(f"without results: {FIRST} {ended['ended']}")
                return
        record.end("finished")
    except KeyboardInterrupt as error:
        record.end("terminated" if isinstance(error, Terminated) else "interrupted")
        raise
    finally:
        workers.stop()


def _refusal(step: Step, seconds: float, limits: Limits) -> dict[str, Any] | None:
    """Return why a step does not run; None if it does."""
    if limits.selected and step.name not in {*limits.selected, FIRST}:
        return {"ended": "skipped", "reason": NOT_SELECTED}
    if seconds < min(_LEAST_S, step.budget_s):
        return {"ended": "skipped", "reason": f"the {limits.budget_s:.0f} s are used up"}
    return None


def _run_step(record: Record, workers: Workers, step: Step, seconds: float) -> dict[str, Any]:
    """Run a step, record its results, and return how it ended."""
    record.add(step.name, {"ended": "running"})
    begin = monotonic()
    for message in workers.run(step, seconds):
        if "ended" in message:
            return message | {"seconds": round(monotonic() - begin, 2)}
        record.add(step.name, message)
    raise AssertionError(step.name)  # a worker always says how a step ended


def _describe(ended: dict[str, Any]) -> str:
    """Return how a step ended, for the terminal."""
    parts = [str(ended["ended"])]
    parts += [f"in {ended['seconds']:.1f} s"] if "seconds" in ended else []
    parts += [f"({ended['reason']})"] if "reason" in ended else []
    return " ".join(parts)
