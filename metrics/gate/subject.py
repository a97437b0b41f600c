"""Digest of the code, config and baseline of a verdict, to detect an outdated verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datasets.io.git import ROOT

FOLDER = Path("results", "regression")
PLAN_FILE = FOLDER / "plan.json"  # input of the gate
VERDICT_FILES = tuple(FOLDER / name for name in ("verdict.json", "verdict.md", "junit.xml"))
_FOLDERS = ("config", "datasets", "metrics", "trackers", "workflow")
_SUFFIXES = {".json", ".py", ".safetensors", ".smk", ".yaml"}


def forget_verdict(root: Path = ROOT) -> None:
    """Remove the verdict of an earlier run, so that a failed run has none."""
    for path in VERDICT_FILES:
        (root / path).unlink(missing_ok=True)


def describe_inputs(extra_files: Iterable[str], root: Path = ROOT) -> dict[str, Any]:
    """Return the further files that a verdict depends on, and the digest of all its files.

    Args:
        extra_files: Files other than the repository's own: config overlays, a baseline.
    """
    names = sorted({Path(name).as_posix() for name in extra_files})
    total = hashlib.sha256()
    for name in (*_own_files(root), *names):
        path = root / name
        total.update(f"{name}\n".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"none")
    return {"files": names, "digest": total.hexdigest()[:16]}


def is_current(inputs: Any, root: Path = ROOT) -> bool:
    """Return whether the files of a verdict are unchanged.

    Args:
        inputs: Result of `describe_inputs` at the time of the verdict.
    """
    return bool(inputs) and inputs == describe_inputs(inputs["files"], root)


def _own_files(root: Path) -> list[str]:
    """Return the repository's own files, as paths relative to its root."""
    found = [p for folder in _FOLDERS for p in (root / folder).rglob("*") if p.suffix in _SUFFIXES]
    names = sorted(path.relative_to(root).as_posix() for path in found)
    return ["Snakefile", "requirements.lock", *names]
