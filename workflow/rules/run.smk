"""The run as a whole: one at a time in a folder, and what is printed at its end."""

import sys

from datasets.io.git import is_tracked
from workflow.cleaning.made import note_files, note_logs
from workflow.outcome import FailedJob, describe_failures, describe_timing
from workflow.run_lock import hold_lock

PAGE = "reports/summary.html"
HELD = []  # the lock of the folder, until this process ends


def is_target(*names):
    """Whether the run was asked for one of these files or rules."""
    dag = workflow.persistence.dag
    return bool({*names} & {*map(str, dag.targetfiles), *map(str, dag.targetrules)})


def refuse_to_replace_baseline():
    """Stop before anything runs where the baseline is there and nobody asked for another."""
    path = config["regression"]["baseline"]
    if Path(path).is_file() and os.environ.get("REPLACE_BASELINE", "") in ("", "0"):
        found = "is committed" if is_tracked(Path(path)) else "exists"
        raise WorkflowError(
            f"{path} {found}: a new baseline would replace it, and later runs would be compared "
            "with today's results. Replace it with `make baseline ACCEPT=1` (REPLACE_BASELINE=1 "
            "for snakemake), or keep it and name another file as regression.baseline in a config "
            "of your own: make baseline CONFIG=<that file>"
        )


def failed_jobs():
    """The jobs that failed, and how many others were not run."""
    failed = [
        FailedJob(
            job.rule.name,
            next(map(str, job.output), job.rule.name),
            next((Path(log) for log in job.log), None),
        )
        for job in workflow.scheduler.failed
    ]
    dag = workflow.persistence.dag
    return failed, len(list(dag.needrun_jobs())) - len(failed)


def print_outcome(lines):
    for line in lines:
        print(line, file=sys.stderr)


def print_timing():
    if is_target(PAGE, "all", "report"):
        print_outcome(describe_timing(timed_variants()))


def timed_variants():
    """The name of each variant that the page has times of, and where its speed.json is."""
    for entry in config["run"]:
        for name in entry["variants"]:
            if is_timed(entry, name):
                yield name, Path("results", name, entry["dataset"], "speed.json")


def print_failures():
    failed, not_run = failed_jobs()
    print_outcome(describe_failures(failed, not_run, STARTED))
    if is_target(PAGE, "all", "report"):
        print_outcome([f"What there is, and what failed, is on the page: {PAGE}"])


def start_jobs_without_timer():
    """Take out Snakemake's limit of how many jobs start a second, where jobs run on this machine.

    Snakemake 9 keeps the limit by a timer after each round of its scheduler. The timer starts
    another round, and so another timer: in a long run they keep a core busy.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


onstart:
    start_jobs_without_timer()
    try:
        HELD.append(hold_lock())
    except BlockingIOError as error:
        raise WorkflowError(str(error)) from None
    if is_target("baseline"):
        refuse_to_replace_baseline()
    note_logs(
        path for job in workflow.persistence.dag.needrun_jobs() for path in job.log
    )


onsuccess:
    print_timing()
