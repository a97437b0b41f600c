"""A verdict as an exit code and as a line of a history."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import ROOT

from datasets.files import write_json
from metrics.checks import Check
from metrics.gate import append_line, history_line

VERDICT = {
    "verdict": "regression",
    "exit": 1,
    "commit": "def",
    "date": "now",
    "config": "e",
    "baseline": {"path": "b.json", "commit": "abc", "date": "then", "config": "d"},
    "checks": [vars(Check("d/mot15", "a", "HOTA", "WORSE", found=0.5, low=-0.1, high=0.0))],
}


def run_gate(tmp_path, code, *arguments):
    write_json(tmp_path / "verdict.json", VERDICT | {"exit": code})
    command = [sys.executable, "-m", "metrics.gate", "--verdict", str(tmp_path / "verdict.json")]
    return subprocess.run([*command, *arguments], check=False, cwd=ROOT, capture_output=True)


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_exit_code_is_the_verdicts(tmp_path, code):
    assert run_gate(tmp_path, code).returncode == code
    assert not (tmp_path / "history.jsonl").exists()


def test_a_verdict_is_one_line_of_the_history_however_often_it_is_told(tmp_path):
    path = tmp_path / "folder" / "history.jsonl"
    for _ in range(2):
        run_gate(tmp_path, 1, "--history", str(path))
    lines = path.read_text().splitlines()
    assert len(lines) == 1
    found = json.loads(lines[0])
    assert (found["commit"], found["baseline"], found["verdict"]) == ("def", "abc", "regression")
    assert found["checks"][0]["found"] == 0.5


def test_a_line_that_was_cut_off_takes_no_other_along(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"one": 1}\n{"cut')
    assert append_line(path, '{"two": 2}')
    assert path.read_text().splitlines() == ['{"one": 1}', '{"cut', '{"two": 2}']


def test_lines_that_are_added_at_once_are_all_there(tmp_path):
    path = tmp_path / "history.jsonl"
    lines = [json.dumps({"number": number, "long": "x" * 10_000}) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda line: append_line(path, line), lines))
    assert sorted(path.read_text().splitlines()) == sorted(lines)


def test_a_line_holds_no_line_break():
    check = vars(Check("d", "a\nb", "HOTA", "SAME"))
    assert "\n" not in history_line(VERDICT | {"checks": [check]})
