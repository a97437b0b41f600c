"""A copy of the repository in which the workflow runs as for a user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.workflow.forks import run_forked

BIN = Path(sys.executable).parent
TARGET = "reports/summary.html"
KEPT = ("parsed_code.json", "vega_*.js")

SMALL = """
run:
  - dataset: synthetic
    variants: [sort, bytetrack]
    clock: [crossing]
datasets:
  synthetic:
    sequences: [crossing]
clock: {frames: 30, warm_up: 5, repeats: 2}
"""


@dataclass(frozen=True)
class Workdir:
    """A copy of the repository with a small config laid over the default."""

    path: Path

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the README's command with the small config."""
        return self.run(*self.command(*arguments)[1:])

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Snakemake with only these arguments, in a fork that need not import it."""
        return run_forked([str(BIN / "snakemake"), *arguments], self.path, self.environment())

    def start_and_wait(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the README's command as a user does: in a process of its own."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *, alone: bool = False) -> subprocess.Popen[bytes]:
        """Start the same command in the background, in its own process group if `alone`."""
        return subprocess.Popen(
            self.command(),
            cwd=self.path,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=alone,
        )

    def command(self, *arguments: str) -> list[str]:
        return [
            str(BIN / "snakemake"), "--cores", "all", TARGET,
            "--configfile", "config/small.yaml", *arguments,
        ]  # fmt: skip

    def environment(self) -> dict[str, str]:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        cache = self.path / ".cache"
        temporary = (
            cache / "tmp"
        )  # leftovers of a killed run are removed with the working directory
        temporary.mkdir(parents=True, exist_ok=True)
        return os.environ | {
            "PATH": path, "XDG_CACHE_HOME": str(cache), "TMPDIR": str(temporary),
        }  # fmt: skip

    def jobs(self, *arguments: str) -> dict[str, int]:
        """Return the number of jobs of each rule in a dry run."""
        done = self.snakemake("--dry-run", *arguments)
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed
        stats = re.search(r"job +count\n[- ]+\n(.*?)\ntotal", printed, re.DOTALL)
        return dict(_count(line) for line in stats[1].splitlines()) if stats else {}

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.path / name
        text = path.read_text()
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1))

    def append_code(self, name: str) -> str:
        """Append a statement without effect to a module; return its text before."""
        text = (self.path / name).read_text()
        self.write(name, f"{text}\n_ADDED_BY_A_TEST = None\n")
        return text

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)

    def copy(self, path: Path) -> Workdir:
        shutil.copytree(self.path, path, symlinks=True)
        return Workdir(path)

    def page(self) -> str:
        return (self.path / TARGET).read_text()


def make_workdir(path: Path) -> Workdir:
    """Return a copy of all files that git does not ignore, with the small config.

    What was compiled, parsed and bundled is copied with it, or each copy would do it again.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
            _copy_compiled(name, path)
    (path / ".cache").mkdir(exist_ok=True)
    for kept in (each for pattern in KEPT for each in ROOT.glob(f".cache/{pattern}")):
        shutil.copy2(kept, path / ".cache")
    workdir = Workdir(path)
    workdir.write("config/small.yaml", SMALL)
    return workdir


def _copy_compiled(name: str, path: Path) -> None:
    """Copy what Python and pytest have compiled of a file, valid as long as it is not edited."""
    source, target = ((root / name).parent / "__pycache__" for root in (ROOT, path))
    if name.endswith(".py"):
        for compiled in source.glob(f"{Path(name).stem}.*.pyc"):
            target.mkdir(exist_ok=True)
            shutil.copy2(compiled, target / compiled.name)


def _count(line: str) -> tuple[str, int]:
    name, count = line.split()
    return name, int(count)
