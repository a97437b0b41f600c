"""What a verdict is of: the code, the config and the baseline, so that an old one is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datasets.io.git import ROOT

FOLDER = Path("results", "regression")
PLAN_FILE = FOLDER / "plan.json"  # what the gate is to look at
VERDICT_FILES = tuple(FOLDER / name for name in ("verdict.json", "verdict.md", "junit.xml"))
_FOLDERS = ("config", "datasets", "metrics", "trackers", "workflow")
_SUFFIXES = {".json", ".py", ".safetensors", ".smk", ".yaml"}


def forget_verdict(root: Path = ROOT) -> None:
    """Remove the verdict of an earlier run, so that it does not stand for one that fails."""
    for path in VERDICT_FILES:
        (root / path).unlink(missing_ok=True)


def describe_judged(others: Iterable[str], root: Path = ROOT) -> dict[str, Any]:
    """Return which files a verdict rests on, by one digest.

    Args:
        others: Files beside those of the repository: configs laid over the default, a baseline.
    """
    names = sorted({Path(name).as_posix() for name in others})
    total = hashlib.sha256()
    for name in (*_own_files(root), *names):
        path = root / name
        total.update(f"{name}\n".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"none")
    return {"files": names, "digest": total.hexdigest()[:16]}


def is_current(judged: Any, root: Path = ROOT) -> bool:
    """Whether a verdict is of the files as they are now.

    Args:
        judged: What `describe_judged` returned then.
    """
    return bool(judged) and judged == describe_judged(judged["files"], root)


def _own_files(root: Path) -> list[str]:
    """Return the files of the repository, by their paths from its root."""
    found = [p for folder in _FOLDERS for p in (root / folder).rglob("*") if p.suffix in _SUFFIXES]
    names = sorted(path.relative_to(root).as_posix() for path in found)
    return ["Snakefile", "requirements.lock", *names]
