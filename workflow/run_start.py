"""Checks of Snakemake's command line, before any other step of a run can fail.

The profile calls them, because Snakemake reads config files before any rule, and so does the
Snakefile, because a run may use another profile.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from metrics.gate.subject import VERDICT_FILES, forget_verdict
from workflow.configs.files import check_files, config_files

_DRY_RUN = {"-n", "--dry-run", "--dryrun"}
_VERDICT = {"regression", *map(str, VERDICT_FILES)}


def start_run(arguments: Sequence[str]) -> None:
    """Remove an old verdict that the command will write anew, and check its config files.

    Raises:
        SystemExit: A config file cannot be read; names the file and the line.
    """
    forget_old_verdict(arguments)
    try:
        check_files(config_files(arguments))
    except ValueError as error:
        sys.exit(f"error: {error}")


def forget_old_verdict(arguments: Sequence[str]) -> None:
    """Remove the verdict of an earlier run if the command makes a new one."""
    if not _DRY_RUN & {*arguments} and _VERDICT & {*arguments}:
        forget_verdict(Path())
