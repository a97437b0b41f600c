"""The state of this git repository: commit, uncommitted changes, lock file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
NO_REPOSITORY = "not a git checkout"

_COMMIT = ("describe", "--always", "--dirty", "--abbrev=12")
# a file of the repository itself: in an archive unpacked inside another repository, git does not
# know this file, and the commit it reports is that of the other repository
_OWN = ("ls-files", "--error-unmatch", "--", "datasets/__init__.py")
# untracked files of these kinds are run by or configure a job, unless git ignores them
_CODE = (
    "*.py", "*.smk", "*.yaml", "*.yml", "*.toml",
    "Snakefile", "config", "datasets", "metrics", "profiles", "reports", "trackers", "workflow",
)  # fmt: skip
_UNTRACKED = ("ls-files", "--others", "--exclude-standard", "--directory", "-z", "--", *_CODE)

GitQueries = tuple[subprocess.Popen[str], ...]


def start_commit_query(root: Path = ROOT) -> GitQueries | None:
    """Start the git processes of `finish_commit_query`; return None if git is not installed.

    Args:
        root: Folder of the repository, by default of the running one.
    """
    queries = ((root, _COMMIT), (root, _OWN), (root, _UNTRACKED))
    try:
        return tuple(_ask(folder, query) for folder, query in queries)
    except FileNotFoundError:
        return None


def finish_commit_query(asked: GitQueries | None) -> str:
    """Return the commit of the repository, with `-dirty` if the working tree differs from it.

    Untracked code and configs count as differences, unless git ignores them.
    """
    if asked is None:
        return NO_REPOSITORY
    commit, _, untracked = (each.communicate()[0].strip() for each in asked)
    if not commit or asked[1].returncode:
        return NO_REPOSITORY
    return commit if commit.endswith("-dirty") or not untracked else f"{commit}-dirty"


def git_commit(root: Path = ROOT) -> str:
    """Return the commit as `finish_commit_query` does, in one call."""
    return finish_commit_query(start_commit_query(root))


def is_tracked(path: Path) -> bool:
    """Return whether a file is tracked by git."""
    query = ("ls-files", "--error-unmatch", "--", str(path.resolve()))
    try:
        asked = _ask(path.parent, query)
    except FileNotFoundError:
        return False
    asked.communicate()
    return asked.returncode == 0


def _ask(folder: Path, query: tuple[str, ...]) -> subprocess.Popen[str]:
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}  # concurrent jobs run git at once
    return subprocess.Popen(
        ["git", "-C", str(folder), *query],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env=environment,
    )
