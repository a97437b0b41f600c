"""The page and the gate's verdict after a failed run, from the results there are."""

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
    """Write the page from the results there are.

    Args:
        plan: Plan of the page, JSON.
        started: Start of the run, in seconds since 1970.
    """
    _run("reports.render", f"--plan={plan}", f"--output={PAGE}", f"--unfinished-since={started}")


def write_unfinished_verdict(plan: str, limits: Mapping[str, Any]) -> None:
    """Write the gate's verdict on the results there are, and its line in the history.

    Args:
        plan: Plan of the gate, JSON.
        limits: The section `regression` of the config.
    """
    verdict, markdown, junit = VERDICT_FILES
    flags = [f"--baseline={limits['baseline']}", f"--output={verdict}", "--unfinished"]
    _run("metrics.gate.verdict", f"--plan={plan}", *flags)
    flags = [f"--markdown={markdown}", f"--junit={junit}"]
    _run("reports.regression", f"--verdict={verdict}", *flags)
    # the exit code is ignored: the run has failed anyway
    _run("metrics.gate", f"--verdict={verdict}", f"--history={limits['history']}", check=False)


def _run(program: str, *flags: str, check: bool = True) -> None:
    """Run a program as the rules do; it may write only while this process lives."""
    environment = os.environ | {RUN: str(os.getpid()), "ORT_DISABLE_TELEMETRY": "1"}
    subprocess.run([sys.executable, "-m", program, *flags], env=environment, check=check)
