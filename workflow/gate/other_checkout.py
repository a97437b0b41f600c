"""Another commit of the repository, checked out in a git worktree below `.cache/against`.

One is kept, with its results, so that comparing with the same commit again reruns nothing there.
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
_SHORT = 12  # digits of a commit that name its folder


def resolve_commit(root: Path, name: str) -> str:
    """Return the full id of a commit.

    Raises:
        ValueError: There is none of that name, or the folder is no git checkout.
    """
    if git(root, "rev-parse", "--is-inside-work-tree").strip() != "true":
        raise ValueError(f"AGAINST={name}: {root} is no git checkout, expected one")
    commit = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit:
        return commit.strip()
    message = f"AGAINST={name}: no such commit, expected a branch, a tag or an id"
    if git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        message += "; this clone is shallow: `git fetch --unshallow` gets the others"
    raise ValueError(message)


def checkout_folder(root: Path, commit: str) -> Path:
    """Return where a commit is checked out."""
    return root / _FOLDER / commit[:_SHORT]


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep other comparisons out of the folder meanwhile.

    Raises:
        ValueError: There is one at work.
    """
    path = root / _FOLDER / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"{path}: another `make regression AGAINST=...` runs here: wait until it has ended"
            ) from None
        yield


def check_out(root: Path, commit: str) -> Path:
    """Return the folder of a commit, checked out anew unless it is there as it should be.

    The folders of other commits are removed.
    """
    folder = checkout_folder(root, commit)
    for other in (root / _FOLDER).glob("*/"):
        if other != folder or not _is_whole(folder, commit):
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
    """Return the Python that runs another checkout: this one, where it pins the same libraries.

    Else an environment is installed there by its own `make setup`.

    Raises:
        ValueError: That failed.
    """
    if (root / LOCK_FILE).read_bytes() == (other / LOCK_FILE).read_bytes():
        return sys.executable
    print(f"{LOCK_FILE} differs: the other side's libraries are installed in {other}/.venv")
    done = subprocess.run(["make", "-C", str(other), "setup"], check=False)
    if done.returncode:
        raise ValueError(f"{other}: `make setup` failed: its libraries cannot be compared")
    return str(other / ".venv" / "bin" / "python")


def git(root: Path, *arguments: str) -> str:
    """Return what git says; nothing where it fails or is not installed."""
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


def _is_whole(folder: Path, commit: str) -> bool:
    """Whether a folder holds the files of a commit, none of them changed, and git knows it."""
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
    """Return the environment without what a hook of git sets, which names another checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
