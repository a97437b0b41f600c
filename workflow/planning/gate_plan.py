"""The plan of the gate, for `metrics.gate`: runs, tolerances, and the origin of their results."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.git import git_commit
from metrics.gate.subject import describe_inputs
from workflow.digests import digest
from workflow.planning.entries import Run
from workflow.planning.job_digests import JobDigests
from workflow.planning.plan import Plan

_LIMITS = ("frames", "warm_up", "passes", "seconds")


@dataclass(frozen=True)
class GatePlan:
    """The plan of the gate.

    Args:
        plan: Plan of the whole run.
        digests: Digests of the code behind the scores.
        overlays: Config files laid over the default.
    """

    plan: Plan
    digests: JobDigests
    overlays: Sequence[str]

    def as_json(self) -> str:
        """Return the runs, the tolerances, and the origin of their results, as JSON."""
        limits = self.plan.config["regression"]
        return json.dumps(
            {
                "commit": git_commit(),
                "config": digest(self.plan.config),
                "inputs": describe_inputs([*self.overlays, limits["baseline"]], Path()),
                **{key: limits[key] for key in ("tolerances", "slowdown_tolerance", "processes")},
                "runs": [self._run(run) for run in self.plan.runs],
            },
            sort_keys=True,
        )

    def baseline(self) -> list[str]:
        """Return the baseline, if it exists: the program explains how to make a missing one."""
        path = Path(self.plan.config["regression"]["baseline"])
        return [path.as_posix()] if path.is_file() else []

    def timing_limit(self, name: str) -> Callable[[str], Any]:
        """Return a function from a variant to a limit of its timing in the gate."""

        def of(variant: str) -> Any:
            return self._timing_limits(variant)[name]

        return of

    def _run(self, run: Run) -> dict[str, Any]:
        dataset = self.plan.datasets[run.dataset]
        return {
            "dataset": run.dataset,
            "protocol": run.protocol,
            "sequences": dataset.sequences,
            "scene": dataset.entry.get("scene"),
            "clock": list(run.clock or []),
            "variants": [self._variant(run, name) for name in run.variants],
        }

    def _variant(self, run: Run, name: str) -> dict[str, Any]:
        timed = self.plan.is_timed_by_gate(run, name)
        origin = self.digests.origin(run.dataset, run.protocol, name)
        found = {"name": name, "origin": origin, "timed": timed}
        return {**found, "timing": self._timing_limits(name)} if timed else found

    def _timing_limits(self, variant: str) -> dict[str, Any]:
        """Return the limits of a variant's timing; methods with networks have their own."""
        limits = self.plan.config["regression"]
        own = limits["networks"] if self.plan.variants[variant].method.engines else {}
        return {name: own.get(name, limits[name]) for name in _LIMITS}
