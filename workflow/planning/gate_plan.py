"""What the gate looks at, for `metrics.gate`: the runs, how exactly, and what they come from."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.git import git_commit
from metrics.gate.subject import describe_judged
from workflow.digests import digest
from workflow.planning.entries import Run
from workflow.planning.job_digests import JobDigests
from workflow.planning.plan import Plan

_LIMITS = ("frames", "warm_up", "passes", "seconds")


@dataclass(frozen=True)
class GatePlan:
    """What the gate is to look at.

    Args:
        plan: Of the whole run.
        digests: Of the code that scores come from.
        overlays: The configs that are laid over the default; those of the repository are known.
    """

    plan: Plan
    digests: JobDigests
    overlays: Sequence[str]

    def as_json(self) -> str:
        """Return the runs, how exactly they are compared, and what they come from."""
        limits = self.plan.config["regression"]
        return json.dumps(
            {
                "commit": git_commit(),
                "config": digest(self.plan.config),
                "judged": describe_judged([*self.overlays, limits["baseline"]], Path()),
                **{key: limits[key] for key in ("tolerances", "slow_down", "processes")},
                "runs": [self._run(run) for run in self.plan.runs],
            },
            sort_keys=True,
        )

    def baseline(self) -> list[str]:
        """Return the baseline; a missing one is left to the program, which says how to make it."""
        path = Path(self.plan.config["regression"]["baseline"])
        return [path.as_posix()] if path.is_file() else []

    def pace_limit(self, name: str) -> Callable[[str], Any]:
        """Return a function that gives a limit of how the pace of a variant is taken."""

        def of(variant: str) -> Any:
            return self._pace_limits(variant)[name]

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
        timed = self.plan.is_paced(run, name)
        origin = self.digests.origin(run.dataset, run.protocol, name)
        found = {"name": name, "origin": origin, "timed": timed}
        return {**found, "pace": self._pace_limits(name)} if timed else found

    def _pace_limits(self, variant: str) -> dict[str, Any]:
        """Return how a pace is taken: of methods with networks, which take longer, as they need."""
        limits = self.plan.config["regression"]
        own = limits["networks"] if self.plan.variants[variant].method.engines else {}
        return {name: own.get(name, limits[name]) for name in _LIMITS}
