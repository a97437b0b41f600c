"""The worktree of another commit, whatever an earlier run left there."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from workflow.gate.other_worktree import (
    check_out,
    hold_comparison_lock,
    interpreter,
    resolve_commit,
)


def git(root, *arguments):
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """Two commits, in which a file is `one` and `two`."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / ".gitignore").write_text(".cache/\nresults/\n")
    for text in ("one", "two"):
        (root / "file").write_text(text)
        (root / "requirements.lock").write_text("same")
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message", text)
    return root


def test_a_commit_is_checked_out_once_and_its_results_are_kept(repository):
    commit = resolve_commit(repository, "HEAD~1")
    folder = check_out(repository, commit)
    assert (folder / "file").read_text() == "one"
    (folder / "results").mkdir()
    assert check_out(repository, commit) == folder
    assert (folder / "results").is_dir()
    assert (repository / "file").read_text() == "two"
    assert git(repository, "status", "--porcelain") == ""


def changed(folder):
    (folder / "file").write_text("changed")


def half_made(folder):
    (folder / ".git").unlink()


def gone(folder):
    shutil.rmtree(folder)


def unregistered(folder):
    shutil.rmtree(folder.parents[2] / ".git" / "worktrees")


@pytest.mark.parametrize("harm", [changed, half_made, gone, unregistered])
def test_an_incomplete_worktree_is_made_anew(repository, harm):
    commit = resolve_commit(repository, "HEAD~1")
    harm(check_out(repository, commit))
    assert (check_out(repository, commit) / "file").read_text() == "one"


def test_the_worktree_of_another_commit_is_removed(repository):
    first = check_out(repository, resolve_commit(repository, "HEAD~1"))
    second = check_out(repository, resolve_commit(repository, "HEAD"))
    assert (second / "file").read_text() == "two"
    assert not first.exists()


@pytest.mark.parametrize("name", ["no_such_branch", "--all", ""])
def test_a_name_that_is_not_a_commit_is_refused_in_one_line(repository, name):
    with pytest.raises(
        ValueError, match=f"AGAINST: expected a branch, .*, found {name!r}"
    ) as found:
        resolve_commit(repository, name)
    assert "\n" not in str(found.value)


def test_the_message_for_a_shallow_clone_explains_how_to_fetch_the_rest(repository, tmp_path):
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", "shallow")
    with pytest.raises(ValueError, match="`git fetch --unshallow`"):
        resolve_commit(tmp_path / "shallow", "HEAD~1")


def test_outside_git_nothing_can_be_compared(tmp_path):
    with pytest.raises(ValueError, match="is not a git repository"):
        resolve_commit(tmp_path, "HEAD")


def test_two_comparisons_at_once_are_refused(repository):
    with (
        hold_comparison_lock(repository),
        pytest.raises(ValueError, match=r"another `make regression AGAINST=\.\.\.` is running"),
        hold_comparison_lock(repository),
    ):
        pass


def test_the_environment_is_shared_if_the_libraries_are_equal(repository):
    other = check_out(repository, resolve_commit(repository, "HEAD~1"))
    assert interpreter(repository, other) == sys.executable
    (repository / "requirements.lock").write_text("another")
    (other / "Makefile").write_text("setup:\n\t@false\n")
    with pytest.raises(ValueError, match="`make setup` failed"):
        interpreter(repository, other)
    (other / "Makefile").write_text("setup:\n\t@true\n")
    assert interpreter(repository, other) == str(other / ".venv" / "bin" / "python")
