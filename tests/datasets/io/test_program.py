from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.io import program
from datasets.io.files import RUN
from datasets.io.program import run_main
from tests.support.paths import ROOT
from trackers.contract import load_tracker

TRACEBACK = "Traceback (most recent call last)"


@pytest.fixture
def end(monkeypatch, capsys):
    """A function that runs a main function and returns exit code and standard error."""
    monkeypatch.delenv(RUN, raising=False)
    monkeypatch.delenv(program.DEBUG, raising=False)

    def run(main, *flags, **more):
        monkeypatch.setattr(sys, "argv", ["x", *flags])
        return run_main(main, **more), capsys.readouterr().err

    return run


def refuse():
    raise ValueError("a.txt, line 3: expected a number,\nfound 'x'")


def fail():
    error = None
    try:
        {}["speed"]
    except KeyError as caught:
        error = caught
        error.add_note("in frame 3 of crowd")
        raise


def miss():
    Path("/nowhere/a.txt").read_text()


def import_something():
    import no_such_library  # noqa: F401


def parse():
    json.loads("{")


NAME = f"python -m {refuse.__module__}: error: "


def test_invalid_input_is_reported_in_one_line(end):
    line = "a.txt, line 3: expected a number, found 'x'"
    assert end(refuse) == (2, f"{NAME}{line}\n")
    assert end(miss) == (2, f"{NAME}/nowhere/a.txt: No such file or directory\n")


@pytest.mark.parametrize(
    ("main", "message"),
    [
        (fail, "KeyError: 'speed', in frame 3 of crowd (tests/datasets/io/test_program.py:"),
        (import_something, "ModuleNotFoundError: No module named 'no_such_library' (tests/"),
        (parse, "JSONDecodeError: Expecting property name"),
    ],
)
def test_a_fault_is_reported_in_one_line_with_type_and_location(end, main, message):
    code, printed = end(main)
    assert code == 1
    assert printed.startswith(f"{NAME}{message}")
    assert printed.count("\n") == 1
    assert printed.endswith(f"in {main.__name__}); use --debug to show the traceback\n")


def test_an_error_of_a_method_in_a_step_is_shown_with_type_and_location(end):
    tracker = load_tracker("imported", {"results": "a.txt"})

    def step():
        tracker.step(None)

    line = "RuntimeError: step was called before start (trackers/methods/imported/tracker.py:"
    code, printed = end(step)
    assert code == 1
    assert printed.startswith(f"{NAME}{line}")
    assert printed.endswith("in step)\n")


def test_a_missing_library_of_a_program_is_reported_in_one_line(tmp_path):
    missing = "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n"
    (tmp_path / "torch.py").write_text(missing)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def run(*flags):
        command = [sys.executable, "-m", "trackers.sam2.export", *flags]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    done = run()
    assert done.returncode == 1
    line = "python -m trackers.sam2.export: error: ModuleNotFoundError: No module named 'torch' "
    assert done.stderr.startswith(f"{line}(trackers/sam2/export.py:")
    assert done.stderr.count("\n") == 1
    assert run("--debug").stderr.startswith(TRACEBACK)


def test_importing_our_packages_leaves_the_exception_hook_unchanged():
    code = "import sys, datasets, trackers, metrics, reports; print(sys.excepthook.__module__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "sys\n"


def test_a_syntax_error_is_named_with_file_and_line(end, tmp_path, monkeypatch):
    (tmp_path / "broken_tracker.py").write_text("def step(:\n")
    monkeypatch.syspath_prepend(tmp_path)

    def load():
        import broken_tracker  # noqa: F401

    assert f"({tmp_path / 'broken_tracker.py'}:1)" in end(load)[1]


@pytest.mark.parametrize("main", [refuse, fail])
def test_the_traceback_is_shown_on_request(end, monkeypatch, main):
    _, printed = end(main, "--debug")
    assert printed.startswith(TRACEBACK)
    assert printed.splitlines()[-1].startswith(NAME)
    monkeypatch.setenv(program.DEBUG, "1")
    assert end(main)[1].startswith(TRACEBACK)


def test_the_log_of_a_job_has_the_traceback_of_a_fault(end, monkeypatch):
    monkeypatch.setenv(RUN, "1")
    assert end(fail)[1].startswith(TRACEBACK)
    assert end(fail)[1].splitlines()[-1].startswith(f"{NAME}KeyError: 'speed', in frame 3 of crowd")
    assert TRACEBACK not in end(refuse)[1]


def test_every_program_accepts_the_debug_flag(end):
    received = []
    assert end(lambda: received.append(sys.argv[1:]), "--debug", "--a=1") == (0, "")
    assert received == [["--a=1"]]


def test_a_program_may_define_the_exit_code_of_a_fault(end):
    assert end(fail, crashed=7)[0] == 7
    assert end(lambda: 3) == (3, "")


def test_control_characters_are_escaped(end):
    def main():
        raise ValueError("name \x1b[2J\u202e\udcff: no such")

    assert end(main) == (2, f"{NAME}name \\x1b[2J\\u202e\\udcff: no such\n")


def test_an_interrupted_program_ends_silently(end):
    def main():
        raise KeyboardInterrupt

    assert end(main) == (130, "")


@pytest.mark.slow
def test_a_closed_output_pipe_is_not_an_error():
    command = [sys.executable, "-m", "trackers.run", "--help"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == program.BROKEN_PIPE
