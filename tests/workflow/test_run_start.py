"""The start of a run: old verdicts and config files."""

from __future__ import annotations

import pytest

from metrics.gate.subject import VERDICT_FILES
from workflow.run_start import start_run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with the verdict of an earlier run."""
    monkeypatch.chdir(tmp_path)
    for path in VERDICT_FILES:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return tmp_path


def test_a_command_with_a_broken_config_ends_with_one_line_and_removes_the_verdict(folder):
    with pytest.raises(SystemExit, match=r"^error: no\.yaml: no such config file$"):
        start_run(["snakemake", "regression", "--configfile", "no.yaml"])
    assert not any(path.exists() for path in VERDICT_FILES)


@pytest.mark.parametrize("words", ["-n regression", "regression --dry-run", "all", ""])
def test_a_command_without_the_gate_keeps_the_verdict(folder, words):
    start_run(["snakemake", *words.split()])
    assert all(path.exists() for path in VERDICT_FILES)
