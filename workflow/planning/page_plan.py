"""The plan of the page, for `reports.render`, and its source files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.git import git_commit
from workflow.planning.entries import Run
from workflow.planning.job_digests import JobDigests
from workflow.planning.models import Models
from workflow.planning.plan import Plan

PAGE = "reports/summary.html"
_FILES = Path("reports", "page")
_PYTHON = (".py", ".pyc")

Job = dict[str, str]


def page_files() -> tuple[str, ...]:
    """Return the templates, scripts and styles of the page."""
    found = [path for path in _FILES.rglob("*") if path.is_file() and path.suffix not in _PYTHON]
    return tuple(sorted(path.as_posix() for path in found))


@dataclass(frozen=True)
class PagePlan:
    """The plan of the page.

    Args:
        plan: Plan of the whole run.
        digests: Digests of the code behind the scores.
        models: Models whose parity with PyTorch the page shows.
        jobs_before: By variant, the jobs on which no other variant depends.
    """

    plan: Plan
    digests: JobDigests
    models: Models
    jobs_before: Mapping[str, Sequence[Job]]

    def as_json(self) -> str:
        """Return the runs with the entries of their variants, as JSON."""
        config = self.plan.config
        return json.dumps(
            {
                "clock": config["clock"],
                "commit": git_commit(),
                "history": config["regression"]["history"],
                "parity": self.models.parities(),
                "runs": [self._run(run) for run in self.plan.runs],
            },
            sort_keys=True,
        )

    def history(self) -> list[str]:
        """Return the history of the gate's verdicts, if there is one."""
        path = self.plan.config["regression"]["history"]
        return [path] if Path(path).is_file() else []

    def _run(self, run: Run) -> dict[str, Any]:
        entry = self.plan.datasets[run.dataset].entry
        return {
            "dataset": run.dataset,
            **{key: entry[key] for key in ("title", "licence", "sequences")},
            "protocol": run.protocol,
            "clock": list(run.clock or []),
            "variants": [self._variant(run, name) for name in run.variants],
        }

    def _variant(self, run: Run, name: str) -> dict[str, Any]:
        variant = self.plan.variants[name]
        return {
            "name": name,
            "title": variant.title,
            "method": variant.method_name,
            "source": variant.source,
            "options": variant.config_options,
            "timed": self.plan.is_timed(run, name),
            "streaming": self.plan.streaming_names(run, name),
            "depends_on": self.jobs_before.get(name, []),
            "origin": self.digests.origin(run.dataset, run.protocol, name),
        }
