"""The repository that runs: which commit, and which libraries it pins."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
NO_CHECKOUT = "not a git checkout"

_COMMIT = ("describe", "--always", "--dirty", "--abbrev=12")
# a file of the repository itself: in an archive unpacked inside another checkout, git knows no such
# file, and the commit it would name is that of another project
_OWN = ("ls-files", "--error-unmatch", "--", "datasets/__init__.py")
# untracked files of these kinds run or configure a job, unless git ignores them
_CODE = (
    "*.py", "*.smk", "*.yaml", "*.yml", "*.toml",
    "Snakefile", "config", "datasets", "metrics", "profiles", "reports", "trackers", "workflow",
)  # fmt: skip
_UNTRACKED = ("ls-files", "--others", "--exclude-standard", "--directory", "-z", "--", *_CODE)

Asked = tuple[subprocess.Popen[str], ...]


def ask_commit(root: Path = ROOT) -> Asked | None:
    """Start git, which knows what `read_commit` returns; None where it is not installed.

    Args:
        root: Folder of the repository, as it is for this module.
    """
    questions = ((root, _COMMIT), (root, _OWN), (root, _UNTRACKED))
    try:
        return tuple(_ask(folder, question) for folder, question in questions)
    except FileNotFoundError:
        return None


def read_commit(asked: Asked | None) -> str:
    """Return the commit of the repository, with `-dirty` where what would run differs from it.

    Untracked code and configs count as differences, unless git ignores them.
    """
    if asked is None:
        return NO_CHECKOUT
    commit, _, untracked = (each.communicate()[0].strip() for each in asked)
    if not commit or asked[1].returncode:
        return NO_CHECKOUT
    return commit if commit.endswith("-dirty") or not untracked else f"{commit}-dirty"


def git_commit(root: Path = ROOT) -> str:
    """Return what `read_commit` does, asked now."""
    return read_commit(ask_commit(root))


def is_tracked(path: Path) -> bool:
    """Whether git keeps versions of a file."""
    question = ("ls-files", "--error-unmatch", "--", str(path.resolve()))
    try:
        asked = _ask(path.parent, question)
    except FileNotFoundError:
        return False
    asked.communicate()
    return asked.returncode == 0


def _ask(folder: Path, question: tuple[str, ...]) -> subprocess.Popen[str]:
    shared = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}  # jobs beside each other ask at once
    return subprocess.Popen(
        ["git", "-C", str(folder), *question],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env=shared,
    )
