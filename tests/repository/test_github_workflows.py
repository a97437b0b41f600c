"""The GitHub workflows: what they keep, and that they fail if the gate does not pass."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml

from tests.support.paths import ROOT

FOLDER = ROOT / ".github" / "workflows"
GATES = ["regression", "regression-gpu"]
OLD = "## No regression, from an earlier run\n"


def workflow(name):
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text())


def steps(name):
    (job,) = workflow(name)["jobs"].values()
    return job["steps"]


def using(name, action):
    return [step for step in steps(name) if step.get("uses", "").startswith(f"{action}@")]


def run_steps(name, workdir, python, **environment):
    """Run the shell steps of a workflow as GitHub does; return their exit codes and the summary.

    Args:
        python: Shell code that stands in for the interpreter.
    """
    programs = workdir / ".venv" / "bin"
    programs.mkdir(parents=True)
    for program, text in {"make": "exit 2", "mamba": python, "python": python}.items():
        (programs / program).write_text(f"#!/bin/sh\n{text}\n")
        (programs / program).chmod(0o755)
    known = {"GITHUB_STEP_SUMMARY": "summary.md", "ALLOW_UNDECIDED": "", "CONFIG": ""}
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    codes = [
        subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=workdir,
            env=os.environ | known | {"PATH": path} | environment,
            capture_output=True,
            check=False,
        ).returncode
        for step in steps(name)
        if "run" in step
    ]
    return codes, (workdir / "summary.md").read_text()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yml")), ids=lambda path: path.stem)
def test_a_workflow_has_read_permission_only(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}


def test_the_page_is_uploaded_with_its_media():
    (step,) = using("ci", "actions/upload-artifact")
    assert step["with"]["path"].split() == ["reports/summary.html", "reports/media"]


def test_history_is_saved_for_every_verdict_and_on_main():
    (restored,), (saved,) = (
        using("regression", f"actions/cache/{each}") for each in ("restore", "save")
    )
    assert saved["if"] == "always()"
    assert saved["with"]["path"] == restored["with"]["path"] == "results/regression/history.jsonl"
    assert saved["with"]["key"] == restored["with"]["key"]
    assert restored["with"]["key"].startswith(restored["with"]["restore-keys"])
    triggers = workflow("regression")[True]  # `on` is a boolean of YAML
    assert triggers["push"] == {"branches": ["main"]}
    assert "pull_request" in triggers


def test_a_pull_request_is_compared_with_its_fetched_base():
    assert "github.event.pull_request.base.sha" in workflow("regression")["env"]["AGAINST"]
    (checkout,) = using("regression", "actions/checkout")
    assert checkout["with"]["fetch-depth"] == 0


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize(
    ("code", "allowed", "expected"),
    [(0, "", 0), (1, "", 1), (1, "true", 1), (2, "", 2), (2, "true", 0), (127, "true", 127)],
)
def test_a_workflow_fails_unless_the_gate_passes_or_may_be_undecided(
    tmp_path, name, code, allowed, expected
):
    python = f'case "$*" in *metrics.gate*) exit {code};; esac'
    codes, _ = run_steps(name, tmp_path, python, ALLOW_UNDECIDED=allowed)
    assert codes == [0] * (len(codes) - 1) + [expected]


def test_a_verdict_of_an_earlier_run_is_not_shown(tmp_path):
    old = tmp_path / "results" / "regression" / "verdict.md"
    old.parent.mkdir(parents=True)
    old.write_text(OLD)
    codes, summary = run_steps("regression-gpu", tmp_path, "exit 2")
    assert codes[-1] == 2
    assert summary == "## Undecided: the run ended without a verdict\n"
