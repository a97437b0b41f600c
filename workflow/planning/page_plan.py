"""What the page is to show, for `reports.render`, and the files of its own that it is made of."""

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
    """Return the template of the page, its parts, scripts and style."""
    found = [path for path in _FILES.rglob("*") if path.is_file() and path.suffix not in _PYTHON]
    return tuple(sorted(path.as_posix() for path in found))


@dataclass(frozen=True)
class PagePlan:
    """What the page is to show.

    Args:
        plan: Of the whole run.
        digests: Of the code that scores come from.
        models: Whose parity with PyTorch the page shows.
        jobs_before: By variant, the jobs that it alone rests on.
    """

    plan: Plan
    digests: JobDigests
    models: Models
    jobs_before: Mapping[str, Sequence[Job]]

    def as_json(self) -> str:
        """Return the runs, and the entries they are made from."""
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
        """Return the file of the gate's verdicts so far, where there are any."""
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
            "options": variant.given_options,
            "timed": self.plan.is_timed(run, name),
            "real_time": self.plan.real_time_names(run, name),
            "rests_on": self.jobs_before.get(name, []),
            "origin": self.digests.origin(run.dataset, run.protocol, name),
        }
