"""The commit that runs, and whether the working tree differs from it."""

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
def repository(tmp_path) -> Path:
    """A repository with one commit that ignores data/ and results/."""
    root = tmp_path / "repository"
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


def test_an_unchanged_working_tree_is_its_commit(repository):
    assert git_commit(repository) == git(repository, "rev-parse", "--short=12", "HEAD")


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
def test_a_changed_file_or_untracked_code_makes_the_tree_dirty(repository, name):
    write(repository, name)
    assert git_commit(repository) == git(repository, "rev-parse", "--short=12", "HEAD") + "-dirty"


@pytest.mark.parametrize("name", ["walk.parquet", "notes.txt", "data/x/run.py", "results/a.yaml"])
def test_untracked_results_and_ignored_files_do_not_make_it_dirty(repository, name):
    write(repository, name)
    assert "dirty" not in git_commit(repository)


def test_an_archive_is_no_repository(repository):
    shutil.rmtree(repository / ".git")
    assert git_commit(repository) == NO_REPOSITORY


def test_an_archive_inside_another_repository_does_not_take_its_commit(repository, tmp_path):
    inside = repository / "vendor" / "archive"
    shutil.copytree(repository, inside, ignore=shutil.ignore_patterns(".git", "vendor"))
    assert git_commit(inside) == NO_REPOSITORY


def test_without_git_there_is_no_commit(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert git_commit(repository) == NO_REPOSITORY


def test_a_file_is_tracked_once_it_is_in_the_index(repository, tmp_path):
    assert is_tracked(repository / "config" / "config.yaml")
    write(repository, "config/mine.yaml")
    assert not is_tracked(repository / "config" / "mine.yaml")
    assert not is_tracked(tmp_path / "elsewhere.yaml")
