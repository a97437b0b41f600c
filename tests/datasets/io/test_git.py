"""Which commit runs, and whether it is what runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from datasets.io.git import NO_REPOSITORY, git_commit, is_tracked


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", *identity, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A repository of one commit that ignores data/."""
    root = tmp_path / "checkout"
    for name in ("datasets/__init__.py", "trackers/run.py", "config/config.yaml", "README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / ".gitignore").write_text("/data/\n/results/\n")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "All")
    return root


def write(root: Path, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("changed")


def test_an_unchanged_checkout_is_its_commit(checkout):
    assert git_commit(checkout) == git(checkout, "rev-parse", "--short=12", "HEAD")


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "trackers/methods/mine/tracker.py",
        "trackers/methods/mine/template.txt",
        "config/mine.yaml",
        "config/card.json",
        "mine.yaml",
        "experiments/overlay.yaml",
        "workflow/rules/mine.smk",
    ],
)
def test_a_changed_file_or_untracked_code_makes_it_dirty(checkout, name):
    write(checkout, name)
    assert git_commit(checkout) == git(checkout, "rev-parse", "--short=12", "HEAD") + "-dirty"


@pytest.mark.parametrize("name", ["walk.parquet", "notes.txt", "data/x/run.py", "results/a.yaml"])
def test_untracked_results_and_ignored_files_do_not(checkout, name):
    write(checkout, name)
    assert "dirty" not in git_commit(checkout)


def test_an_archive_is_no_checkout(checkout):
    shutil.rmtree(checkout / ".git")
    assert git_commit(checkout) == NO_REPOSITORY


def test_an_archive_inside_another_checkout_does_not_take_its_commit(checkout, tmp_path):
    inside = checkout / "vendor" / "archive"
    shutil.copytree(checkout, inside, ignore=shutil.ignore_patterns(".git", "vendor"))
    assert git_commit(inside) == NO_REPOSITORY


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert git_commit(checkout) == NO_REPOSITORY


def test_a_file_is_tracked_once_it_is_in_the_index(checkout, tmp_path):
    assert is_tracked(checkout / "config" / "config.yaml")
    write(checkout, "config/mine.yaml")
    assert not is_tracked(checkout / "config" / "mine.yaml")
    assert not is_tracked(tmp_path / "elsewhere.yaml")
