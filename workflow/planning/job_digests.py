"""Digests of the code behind each job (`code`) and of everything behind a score (`origin`)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from metrics.crosscheck.reference import list_references
from workflow.digests import code_digest, digest, method_digest
from workflow.planning.plan import Plan


@dataclass(frozen=True)
class JobDigests:
    """Digests for the rules whose code depends on the config; other rules name their modules."""

    plan: Plan

    def reader(self, dataset: str) -> str:
        """Return the digest of `prepare`."""
        reader = self.plan.datasets[dataset].entry["reader"]
        return code_digest("datasets.prepare", f"datasets.readers.{reader}")

    def track(self, variant: str) -> str:
        """Return the digest of the job that makes tracks: `track`, or `adopt` for a result file."""
        adopted = self.plan.variant(variant).has_result_file
        return self._method("trackers.adopt" if adopted else "trackers.run", variant)

    def clock(self, variant: str) -> str:
        """Return the digest of `clock`."""
        return self._method("trackers.timing.clock", variant)

    def streaming(self, variant: str) -> str:
        """Return the digest of `streaming`."""
        return self._method("trackers.timing.streaming", variant)

    def relative_step_time(self, variant: str) -> str:
        """Return the digest of `relative_step_time`."""
        return self._method("trackers.timing.calibrated_clock", variant)

    def origin(self, dataset: str, protocol: str, variant: str) -> str:
        """Return a digest of the config and code behind a score.

        Args:
            dataset: Name of the data set.
            protocol: Name of the scoring protocol.
            variant: Name in its results' folder: `sort`, `sort@25fps`, `sort@run2`.
        """
        return digest(
            self.plan.datasets[dataset].entry,
            self.reader(dataset),
            json.dumps(self.plan.variant(variant).config_options),
            self.streaming(variant) if "@" in variant else self.track(variant),
            self.plan.families(dataset, protocol),
            self.score(dataset, protocol),
        )

    def score(self, dataset: str, protocol: str) -> str:
        """Return the digest of `score`."""
        return self._families(dataset, protocol, "metrics.score", f"metrics.protocols.{protocol}")

    def crosscheck(self, dataset: str, protocol: str) -> str:
        """Return the digest of `crosscheck`."""
        references = [f"metrics.references.{name}" for name in list_references()]
        modules = ["metrics.evaluate", f"metrics.protocols.{protocol}", "datasets.layouts.parquet"]
        return self._families(dataset, protocol, *modules, *references)

    def combine(self, dataset: str, protocol: str) -> str:
        """Return the digest of `combine`."""
        return self._families(dataset, protocol, "metrics.combine")

    def compare(self, dataset: str, protocol: str) -> str:
        """Return the digest of `compare`."""
        return self._families(dataset, protocol, "metrics.comparison.compare")

    def gate(self) -> str:
        """Return the digest of `verdict` and `baseline`."""
        runs = self.plan.runs
        names = {name for run in runs for name in self.plan.families(run.dataset, run.protocol)}
        modules = ["metrics.gate.verdict", "metrics.gate.baseline"]
        return code_digest(*modules, *(f"metrics.families.{name}" for name in sorted(names)))

    def _method(self, program: str, variant: str) -> str:
        return method_digest(program, *self.plan.variant(variant).methods)

    def _families(self, dataset: str, protocol: str, *modules: str) -> str:
        names = self.plan.families(dataset, protocol)
        return code_digest(*modules, *(f"metrics.families.{name}" for name in names))
