"""The repository that runs: which commit, and which libraries it pins."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"


def ask_commit() -> subprocess.Popen[str] | None:
    """Start git, which knows what `read_commit` returns; None where it is not installed."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    shared = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}  # jobs beside each other ask at once
    try:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=shared
        )
    except FileNotFoundError:
        return None


def read_commit(asked: subprocess.Popen[str] | None) -> str:
    """Return the commit of the repository, with `-dirty` where files differ from it."""
    answer = "" if asked is None else asked.communicate()[0].strip()
    return answer or "not a git checkout"


def git_commit() -> str:
    """Return what `read_commit` does, asked now."""
    return read_commit(ask_commit())
