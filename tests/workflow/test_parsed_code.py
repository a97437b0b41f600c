"""Parsed modules kept for the next process: never out of date, and never needed."""

from __future__ import annotations

import ast

import pytest

from workflow.parsed_code import ParsedCode

SOURCE = "from datasets.io import files\nimport numpy\n"


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def kept(tmp_path, module):
    """The file that a process which has read the module leaves behind."""
    path = tmp_path / ".cache" / "parsed_code.json"
    parsed = ParsedCode(path)
    parsed.read(module)
    parsed.save()
    return path


def test_a_module_read_by_an_earlier_process_is_not_parsed_again(kept, module, monkeypatch):
    expected = ParsedCode(module.with_name("none.json")).read(module)
    assert expected.imports == {"datasets", "datasets.io", "datasets.io.files"}
    monkeypatch.delattr(ast, "parse")
    assert ParsedCode(kept).read(module) == expected


def test_an_edited_module_is_parsed_again(kept, module):
    before = ParsedCode(kept).read(module)
    module.write_text(SOURCE.replace("numpy", "metrics.score"))
    after = ParsedCode(kept).read(module)
    assert after.meaning != before.meaning
    assert after.imports == before.imports | {"metrics", "metrics.score"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": [1, "b"]}', '{"a": []}'])
def test_a_file_that_cannot_be_used_is_replaced(kept, module, content):
    good = kept.read_text()
    kept.write_text(content)
    parsed = ParsedCode(kept)
    parsed.read(module)
    parsed.save()
    assert kept.read_text() == good


def test_a_cache_that_cannot_be_written_is_no_error(module):
    parsed = ParsedCode(module / "a file is no folder.json")
    assert parsed.read(module).imports
    parsed.save()
