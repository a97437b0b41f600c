"""External programs in the workflow: own rules, commands, environments, failures."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.formats.parquet import read_tracks
from tests.support.paths import ROOT
from tests.support.workflow.workdir import Workdir

pytestmark = pytest.mark.slow

CONFIG = """
run:
  - dataset: synthetic
    variants: [sort, alone, alone_sure, external, crashes, homeless]
    clock: [crossing]
datasets:
  synthetic:
    sequences: [crossing]
clock: {frames: 30, warm_up: 5, repeats: 2}
variants:
  external:
    method: external
    title: External
    options: &options
      environment: empty
      command:
        - "{environment}/bin/python"
        - "{repository}/mine/alone.py"
        - "{sequence}"
        - "{output}"
        - "0.5"
  crashes:
    method: external
    options: {command: [sh, -c, "echo 'no <GPU>' >&2; exit 3", "{sequence}", "{output}"]}
  homeless:
    method: external
    options: {<<: *options, environment: missing}
"""
PLACE = "trackers/methods/external/environments"


EXAMPLE = "trackers/methods/alone"


def example() -> dict[str, str]:
    """Return the files of the documentation's complete method with its own rule."""
    text = (ROOT / "docs" / "adding_a_tracker.md").read_text()
    files = re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)```", text, re.MULTILINE | re.DOTALL)
    return {name: body for name, body in files if "nearest" not in name}


@pytest.fixture(scope="module")
def workdir(made_once, small_run) -> Workdir:
    """A working directory in which a run has finished with two failed programs. Never changed."""

    def make(path: Path) -> None:
        workdir = small_run.copy(path)
        for name, body in example().items():
            workdir.write(name, body)
        _, variants = example()["config/mine.yaml"].split("variants:\n")
        workdir.write("config/small.yaml", CONFIG + variants)
        workdir.write("mine/alone.py", example()[f"{EXAMPLE}/alone.py"])
        workdir.write(f"{PLACE}/empty.txt", "# nothing but Python\n")
        workdir.write(f"{PLACE}/missing.txt", f"no-such-package==1.0 --hash=sha256:{64 * '0'}\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("UV_OFFLINE", "1")
            patch.setenv("UV_CACHE_DIR", str(path / ".cache" / "uv"))
            done = workdir.snakemake("--keep-going")
        assert done.returncode != 0
        assert "Error in rule external" in done.stdout + done.stderr

    return Workdir(made_once("external", make))


def test_failed_programs_are_on_the_page_with_their_reason_beside_the_others(workdir):
    page = workdir.page()
    assert "error: exit code 3; printed last as error: no &lt;GPU&gt;" in page
    assert "homeless on synthetic/crossing: environment" in page
    assert "missing.txt: uv pip install: exit code 1" in page
    row = page.split('">External', 1)[1].split("</tr>", 1)[0]
    assert re.search(r"<td[^>]*>\d+\.\d+</td>", row)
    assert '<small class="mark">whole process</small>' in row
    assert "marked “whole process”: Alone, Alone and sure, External." in page


def test_the_rule_of_the_documentation_is_timed_contract_tested_and_on_the_page(workdir, tmp_path):
    found = {
        name: read_tracks(workdir.path / f"results/{name}/synthetic/crossing/tracks.parquet")
        for name in ("alone", "alone_sure", "external")
    }
    assert found["alone"].same(found["external"])
    assert 0 < len(found["alone_sure"]) < len(found["alone"])
    assert found["alone_sure"].score.min() >= 0.8
    rows = [row.split("</tr>", 1)[0] for row in workdir.page().split('">Alone')[1:3]]
    assert all('<small class="mark">whole process</small>' in row for row in rows)
    assert all(re.search(r"<td[^>]*>\d+\.\d+</td>", row) for row in rows)
    workdir = workdir.copy(tmp_path / "workdir")
    assert workdir.jobs("--configfile", "config/mine.yaml")["alone"] > 0  # on the other sequences
    workdir.edit(f"{EXAMPLE}/alone.py", "track, row", "track,row")
    assert {"alone": 2, "adopt": 2}.items() <= workdir.jobs().items()
    subprocess.run(["git", "init", "--quiet"], cwd=workdir.path, check=True)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "tests/contract/test_contract.py",
            "--variant=alone",
            "-rA",
        ],
        cwd=workdir.path,
        env=workdir.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_an_edit_of_a_program_or_its_environment_reruns_only_its_jobs(workdir, tmp_path):
    workdir = workdir.copy(tmp_path / "workdir")
    workdir.edit("config/small.yaml", "alone, alone_sure, external, crashes, homeless", "external")
    assert workdir.snakemake().returncode == 0
    assert workdir.jobs() == {}
    rerun = {"external": 1, "score": 1, "combine": 1, "compare": 1, "speed": 1}
    rerun |= {"gallery": 1, "heatmap": 1, "report": 1}
    workdir.edit("mine/alone.py", "row.split", "str(row).split")
    assert workdir.jobs() == rerun
    workdir.edit("mine/alone.py", "str(row).split", "row.split")
    workdir.edit(f"{PLACE}/empty.txt", "nothing but", "only")
    assert workdir.jobs() == {"environment": 1, **rerun}
