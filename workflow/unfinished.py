"""What a run that failed still shows: a page of what there is, and a verdict of the gate on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from datasets.io.files import RUN
from metrics.gate.subject import VERDICT_FILES
from workflow.planning.page_plan import PAGE


def render_unfinished(plan: str, started: float) -> None:
    """Write the page of what there is.

    Args:
        plan: What it is to show, JSON.
        started: When the run was, in seconds since 1970.
    """
    _run("reports.render", f"--plan={plan}", f"--output={PAGE}", f"--unfinished-since={started}")


def judge_unfinished(plan: str, limits: Mapping[str, Any]) -> None:
    """Write the verdict of the gate on what there is, and its line in the history.

    Args:
        plan: What the gate is to look at, JSON.
        limits: `regression` of the config.
    """
    verdict, markdown, junit = VERDICT_FILES
    flags = [f"--baseline={limits['baseline']}", f"--output={verdict}", "--unfinished"]
    _run("metrics.gate.verdict", f"--plan={plan}", *flags)
    flags = [f"--markdown={markdown}", f"--junit={junit}"]
    _run("reports.regression", f"--verdict={verdict}", *flags)
    # its exit code is that of the gate, and the run has failed anyway
    _run("metrics.gate", f"--verdict={verdict}", f"--history={limits['history']}", check=False)


def _run(program: str, *flags: str, check: bool = True) -> None:
    """Run a program as rules do, which writes for as long as this process lives."""
    environment = os.environ | {RUN: str(os.getpid()), "ORT_DISABLE_TELEMETRY": "1"}
    subprocess.run([sys.executable, "-m", program, *flags], env=environment, check=check)
