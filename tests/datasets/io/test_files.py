from __future__ import annotations

import os
import subprocess
import sys

import pytest

from datasets.io.files import RUN, read_json, replacing, sha256, sha256_of, write_json


def write_half(path):
    with replacing(path) as part:
        part.write_text("tw")
        raise KeyError


def test_a_file_is_replaced_completely_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with replacing(path) as part:
        part.write_text("one")
    with pytest.raises(KeyError):
        write_half(path)
    assert path.read_text() == "one"
    assert list(path.parent.iterdir()) == [path]


def test_a_job_of_an_ended_workflow_writes_nothing(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    monkeypatch.setenv(RUN, str(os.getppid()))
    with replacing(path) as part:
        part.write_text("of this run")
    monkeypatch.setenv(RUN, "1")
    with (
        pytest.raises(RuntimeError, match="the workflow that started this job has ended"),
        replacing(path) as part,
    ):
        part.write_text("of an earlier run")
    assert path.read_text() == "of this run"


def test_json_keeps_numbers_bit_for_bit_and_refuses_nan(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"x": 0.1 + 0.2})
    assert read_json(path) == {"x": 0.1 + 0.2}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"x": float("nan")})
    assert read_json(path) == {"x": 0.1 + 0.2}


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
def test_invalid_json_is_named(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.json: not valid JSON"):
        read_json(path)


def test_the_digest_is_that_of_the_file_content(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert sha256(tmp_path / "empty").startswith("e3b0c44298fc1c14")


def test_temporary_files_of_killed_processes_are_removed(tmp_path):
    path = tmp_path / "a.txt"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, alive = (tmp_path / f".a.txt.{pid}.part" for pid in (ended.pid, os.getppid()))
    for part in (dead, alive):
        part.write_text("half")
    with replacing(path) as part:
        part.write_text("whole")
    assert path.read_text() == "whole"
    assert not dead.exists()
    assert alive.exists()


def test_the_digest_of_a_folder_is_that_of_its_sha256sum_list(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/2.png", "a.png", ".hidden"):
        (tmp_path / name).write_text(name)
    listed = "sha256sum a.png b/2.png | sha256sum"
    expected = subprocess.run(
        ["sh", "-c", listed], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert sha256_of(tmp_path) == expected.stdout.split()[0]
    assert sha256_of(tmp_path / "a.png") == sha256(tmp_path / "a.png")
    (tmp_path / "b" / "2.png").rename(tmp_path / "b" / "3.png")
    assert sha256_of(tmp_path) != expected.stdout.split()[0]
