"""Hooks before and after the jobs of a Snakemake run.

`workflow` is Snakemake's untyped workflow object.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.git import is_tracked
from metrics.gate.subject import VERDICT_FILES
from trackers.profiling.gpu_devices import visible_devices
from workflow.cleaning.made import note_logs
from workflow.outcome import FailedJob, describe_failures, describe_timing
from workflow.planning.page_plan import PAGE

GATE_LOG = Path("logs", "regression.log")  # log of the gate's last job
_PAGE_TARGETS = (PAGE, "all", "report")
_INTERRUPTED = ("on user request", "Will exit after finishing currently running")


def start_jobs_without_timer(workflow: Any) -> None:
    """Disable Snakemake's limit of job starts per second where jobs run on this machine.

    Snakemake 9 enforces the limit with a timer after each round of its scheduler. The timer starts
    another round and with it another timer, so that a long run keeps a core busy.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def limit_gpus(workflow: Any) -> None:
    """Limit the GPUs of jobs that run at once to those here, unless `--resources gpu=N` does.

    Jobs sent to a cluster are limited by its own scheduler.
    """
    if workflow.local_exec and "gpu" not in workflow.global_resources:
        workflow.register_resource("gpu", len(visible_devices()))


def refuse_to_replace(baseline: Path) -> None:
    """Raise FileExistsError if a baseline exists that a new one would replace."""
    if baseline.is_file():
        found = "is committed" if is_tracked(baseline) else "exists"
        raise FileExistsError(
            f"{baseline} {found}: a new baseline would replace it, and later runs would be "
            "compared with today's results. Replace it with `make baseline ACCEPT=1` "
            "(REPLACE_BASELINE=1 for snakemake), or keep it and name another file as "
            "regression.baseline in a config of your own: make baseline CONFIG=<that file>"
        )


@dataclass(frozen=True)
class CurrentRun:
    """The current Snakemake run.

    Args:
        workflow: Snakemake's workflow object.
        started: Start of the run, in seconds since 1970.
    """

    workflow: Any
    started: float

    def makes_page(self) -> bool:
        """Whether the page is a target."""
        return self.is_target(*_PAGE_TARGETS)

    def lacks_verdict(self) -> bool:
        """Whether the gate's verdict is a target, and the job that writes it has not begun."""
        wanted = self.is_target("regression", str(VERDICT_FILES[0]))
        return wanted and not (GATE_LOG.is_file() and GATE_LOG.stat().st_mtime >= self.started)

    def is_target(self, *names: str) -> bool:
        """Whether one of these files or rules is a target."""
        dag = self.workflow.persistence.dag
        return bool({*names} & {*map(str, dag.targetfiles), *map(str, dag.targetrules)})

    def note_logs(self) -> None:
        """Record the logs of the jobs to come, for `make clean`."""
        jobs = self.workflow.persistence.dag.needrun_jobs()
        note_logs(path for job in jobs for path in job.log)

    def print_timing(self, speeds: Iterable[tuple[str, Path]]) -> None:
        """Print the timing warnings of the page.

        Args:
            speeds: Name of each timed variant, and its speed.json.
        """
        if self.makes_page():
            _print(describe_timing(speeds))

    def print_failures(self) -> None:
        """Print which jobs failed and why, and the path of the page."""
        failed = [_failed_job(job) for job in self.workflow.scheduler.failed]
        not_run = len(list(self.workflow.persistence.dag.needrun_jobs())) - len(failed)
        _print(describe_failures(failed, not_run, self.started))
        if self.makes_page():
            _print([f"The page shows the results there are and the failed jobs: {PAGE}"])


def was_interrupted(logs: Iterable[str]) -> bool:
    """Return whether Snakemake was interrupted (Ctrl-C, SIGTERM), rather than a job failed.

    Args:
        logs: Snakemake's own logs.
    """
    text = "".join(Path(path).read_text() for path in logs)
    return any(words in text for words in _INTERRUPTED)


def _failed_job(job: Any) -> FailedJob:
    name = job.rule.name
    log = next((Path(path) for path in job.log), None)
    return FailedJob(name, next(map(str, job.output), name), log)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
