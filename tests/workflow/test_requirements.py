"""The lock files: everything, and the smaller sets of `make setup WITH=score` and `WITH=page`."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from workflow.environment import read_pins

SETS = {"score": "requirements-score", "page": "requirements-page", "all": "requirements"}
NAMES = SETS | {"tensorrt": "requirements-tensorrt"}  # in an environment of its own
LOCKS = {name: (ROOT / f"{stem}.lock").read_text() for name, stem in NAMES.items()}

# leaves only the packages of a lock file, then runs a program
RUN_WITH = """
import importlib.abc, importlib.metadata, runpy, sys

class OnlyThese(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if owners.get(name) and not owners[name] & packages:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

packages = set(sys.argv[1].split(","))
owners = {
    module: {name.lower().replace("_", "-") for name in names}
    for module, names in importlib.metadata.packages_distributions().items()
}
sys.meta_path.insert(0, OnlyThese())
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def required(name: str) -> set[str]:
    """Return the packages that a set asks for, those of the smaller ones included."""
    lines = (ROOT / f"{NAMES[name]}.in").read_text().splitlines()
    names = {line for line in lines if line and line[0] not in "#-"}
    smaller = [line.removeprefix("-r requirements-") for line in lines if line.startswith("-r")]
    return names.union(*(required(each.removesuffix(".in")) for each in smaller))


@pytest.mark.parametrize("name", NAMES)
def test_every_version_is_pinned_with_a_hash_and_no_index_is_named(name):
    for block in re.split(r"\n(?=\S)", LOCKS[name].strip()):
        assert re.match(r"[a-z0-9._-]+==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]
    assert "://" not in LOCKS[name]
    assert "--index" not in LOCKS[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_required_package_is_in_the_lock(name):
    assert required(name) <= read_pins(LOCKS[name]).keys()


def test_a_larger_set_has_the_packages_of_the_smaller_one_in_the_same_versions():
    score, page, everything = (read_pins(LOCKS[name]).items() for name in SETS)
    assert score < page < everything


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("score", "metrics.evaluate --protocol mot17 --truth {example}/truth "
                  "--results {example}/results --events {out}/events.csv"),
        ("score", "datasets.convert --from mot --to parquet {example}/results/street.txt "
                  "{out}/street.parquet --frames 4 --size 480 640 --classes 1=pedestrian"),
        ("page", "reports.render --help"),
        ("page", "trackers.run --help"),
    ],
)  # fmt: skip
def test_a_program_needs_no_package_outside_of_its_set(name, program, tmp_path):
    words = program.format(example=ROOT / "docs" / "example", out=tmp_path).split()
    done = subprocess.run(
        [sys.executable, "-c", RUN_WITH, ",".join(read_pins(LOCKS[name])), *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
