"""Another commit of the repository, in a git worktree below `.cache/against`.

One worktree is kept with its results: a second comparison with the same commit reruns nothing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = "requirements.lock"
_FOLDER = Path(".cache", "against")
_SHORT = 12  # digits of the commit id in the folder's name


def resolve_commit(root: Path, name: str) -> str:
    """Return the full id of a commit.

    Raises:
        ValueError: There is no such commit, or the folder is not a git repository.
    """
    if git(root, "rev-parse", "--is-inside-work-tree").strip() != "true":
        raise ValueError(f"AGAINST={name}: {root} is not a git repository")
    commit = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit:
        return commit.strip()
    message = f"AGAINST: expected a branch, a tag or the id of a commit, found {name!r}"
    if git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        message += "; this clone is shallow: `git fetch --unshallow` fetches the rest"
    raise ValueError(message)


def worktree_folder(root: Path, commit: str) -> Path:
    """Return the folder of a commit's worktree."""
    return root / _FOLDER / commit[:_SHORT]


@contextmanager
def hold_comparison_lock(root: Path) -> Iterator[None]:
    """Hold a lock against other comparisons in this repository.

    Raises:
        ValueError: Another comparison is running.
    """
    path = root / _FOLDER / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"{path}: another `make regression AGAINST=...` is running: wait until it has ended"
            ) from None
        yield


def check_out(root: Path, commit: str) -> Path:
    """Return the worktree of a commit, made anew unless a complete one exists.

    The worktrees of other commits are removed.
    """
    folder = worktree_folder(root, commit)
    for other in (root / _FOLDER).glob("*/"):
        if other != folder or not _is_complete(folder, commit):
            shutil.rmtree(other)
    git(root, "worktree", "prune")
    if not folder.is_dir():
        done = subprocess.run(
            ["git", "-C", str(root), "worktree", "add", "--force", "--detach", folder, commit],
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
        )
        if done.returncode:
            raise ValueError(f"{folder}: git could not check out {commit}: {done.stderr.strip()}")
    return folder


def interpreter(root: Path, other: Path) -> str:
    """Return the Python for another worktree: this one, if both pin the same libraries.

    Otherwise an environment is installed there by its own `make setup`.

    Raises:
        ValueError: The installation failed.
    """
    if (root / LOCK_FILE).read_bytes() == (other / LOCK_FILE).read_bytes():
        return sys.executable
    print(f"{LOCK_FILE} differs: installing the other side's libraries in {other}/.venv")
    done = subprocess.run(["make", "-C", str(other), "setup"], check=False)
    if done.returncode:
        raise ValueError(f"{other}: `make setup` failed: the other side cannot be run")
    return str(other / ".venv" / "bin" / "python")


def git(root: Path, *arguments: str) -> str:
    """Return git's output; "" where git fails or is not installed."""
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
        ).stdout
    except FileNotFoundError:
        return ""


def _is_complete(folder: Path, commit: str) -> bool:
    """Whether a folder is a worktree of the commit with no changed file."""
    if not (folder / ".git").is_file() or git(folder, "rev-parse", "HEAD").strip() != commit:
        return False
    changed = subprocess.run(
        ["git", "-C", str(folder), "status", "--porcelain"],
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
    )
    return changed.returncode == 0 and not changed.stdout


def _environment() -> dict[str, str]:
    """Return the environment without the variables of a git hook, which name another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
