"""A verdict as an exit code and as a line of the history."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from datasets.io.files import write_json
from metrics.gate.checks import Check
from metrics.gate.outcome import append_line, history_line
from metrics.gate.subject import VERDICT_FILES, describe_inputs, forget_verdict, is_current
from tests.support.paths import ROOT

VERDICT = {
    "verdict": "regression",
    "exit": 1,
    "commit": "def",
    "date": "now",
    "config": "e",
    "baseline": {"path": "b.json", "commit": "abc", "date": "then", "config": "d"},
    "checks": [vars(Check("d/mot15", "a", "HOTA", "WORSE", found=0.5, low=-0.1, high=0.0))],
}


def run_gate(tmp_path, code, *arguments, **changed):
    content = VERDICT | {"exit": code, "inputs": describe_inputs([])} | changed
    write_json(tmp_path / "verdict.json", content)
    return run_command(tmp_path, *arguments)


def run_command(tmp_path, *arguments):
    command = [sys.executable, "-m", "metrics.gate", "--verdict", str(tmp_path / "verdict.json")]
    return subprocess.run(
        [*command, *arguments], check=False, cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_exit_code_is_that_of_the_verdict(tmp_path, code):
    assert run_gate(tmp_path, code).returncode == code
    assert not (tmp_path / "history.jsonl").exists()


@pytest.mark.slow
def test_without_a_verdict_the_gate_is_undecided_and_reports_it(tmp_path):
    done = run_command(tmp_path)
    assert done.returncode == 2
    assert done.stdout.startswith("undecided: ")
    assert "verdict.json: no such file, the run ended before there was a verdict" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("inputs", [None, {"files": [], "digest": "of other code"}])
def test_a_verdict_on_other_code_does_not_pass(tmp_path, inputs):
    done = run_gate(tmp_path, 0, "--history", str(tmp_path / "history.jsonl"), inputs=inputs)
    assert done.returncode == 2
    assert "have changed since this verdict of now: run the gate again" in done.stdout
    assert not (tmp_path / "history.jsonl").exists()


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_file_that_is_not_a_verdict_does_not_pass(tmp_path, text):
    (tmp_path / "verdict.json").write_text(text)
    assert run_command(tmp_path).returncode == 2


@pytest.mark.parametrize("name", ["Snakefile", "trackers/methods/a/tracker.py", "mine.yaml"])
def test_a_verdict_is_outdated_after_a_file_is_changed_or_removed(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("one")
    inputs = json.loads(json.dumps(describe_inputs(["mine.yaml"], tmp_path)))
    assert is_current(inputs, tmp_path)
    path.write_text("other")
    assert not is_current(inputs, tmp_path)
    path.unlink()
    assert not is_current(inputs, tmp_path)


def test_forgetting_a_verdict_removes_its_files_and_keeps_the_history(tmp_path):
    history = tmp_path / VERDICT_FILES[0].with_name("history.jsonl")
    history.parent.mkdir(parents=True)
    for path in (history, *(tmp_path / each for each in VERDICT_FILES)):
        path.touch()
    forget_verdict(tmp_path)
    forget_verdict(tmp_path)
    assert list(history.parent.iterdir()) == [history]


def test_the_same_verdict_on_another_day_adds_no_line(tmp_path):
    path = tmp_path / "history.jsonl"
    assert append_line(path, history_line(VERDICT))
    assert not append_line(path, history_line(VERDICT | {"date": "later"}))
    assert append_line(path, history_line(VERDICT | {"commit": "other"}))
    assert append_line(path, history_line(VERDICT | {"date": "later"}))


@pytest.mark.slow
def test_a_verdict_that_is_reported_twice_is_one_line_of_the_history(tmp_path):
    path = tmp_path / "folder" / "history.jsonl"
    for _ in range(2):
        run_gate(tmp_path, 1, "--history", str(path))
    lines = path.read_text().splitlines()
    assert len(lines) == 1
    found = json.loads(lines[0])
    assert (found["commit"], found["baseline"], found["verdict"]) == ("def", "abc", "regression")
    assert found["checks"][0]["found"] == 0.5


def test_appending_after_a_truncated_line_loses_no_other_line(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"one": 1}\n{"cut')
    assert append_line(path, '{"two": 2}')
    assert path.read_text().splitlines() == ['{"one": 1}', '{"cut', '{"two": 2}']


def test_concurrently_appended_lines_are_all_kept(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = [json.dumps({"number": number, "long": "x" * 10_000}) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda line: append_line(path, line), lines))
    assert sorted(path.read_text().splitlines()) == sorted(lines)


def test_a_history_line_contains_no_line_break():
    check = vars(Check("d", "a\nb", "HOTA", "SAME"))
    assert "\n" not in history_line(VERDICT | {"checks": [check]})
