from __future__ import annotations

import pytest
import yaml

from datasets.io.yaml_text import read_yaml
from tests.support.broken.by_nodes import BILLION_LAUGHS


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "file.yaml").write_text(text)
        return read_yaml(tmp_path / "file.yaml")

    return read


def test_plain_values_are_read(read):
    assert read("") is None
    assert read("\ufeffa: [1, 2.5, yes, x]\nb: {c: null}\n") == {
        "a": [1, 2.5, True, "x"],
        "b": {"c": None},
    }
    assert read('{"file": "a.onnx", "sizes": [[1, 2], [3]]}')["sizes"] == [[1, 2], [3]]


def check_refused(read, text, message):
    with pytest.raises(ValueError, match=rf"file\.yaml: not valid YAML: {message}") as caught:
        read(text)
    assert len(str(caught.value)) < 800


def build_nothing(loader, node):
    raise AssertionError(f"a value is built from {node.start_mark}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200, "line 1: nested more than 32 levels deep"),
        ("a: " + "{a: " * 40, "line 1: nested more than 32 levels deep"),
        (
            "".join(f"{' ' * n}a{n}:\n" for n in range(300)),
            "line 33: nested more than 32 levels deep",
        ),
        (f"a0: &a0 [1, 1]\n{BILLION_LAUGHS}file: *a12\n", r"line 2: .*, found alias \*a0"),
        ("file: x\nsize: &a [1, *a]\n", r"line 2: expected the value itself, found alias \*a"),
        ("file: x\nlayout: y\nfile: z\n", "line 1: duplicate key 'file'"),
        ("a:\n  b: [{c: 1, c: 2}]\n", "line 2: duplicate key 'c'"),
        ("a: 1\nb: " + "9" * 10_000, "line 2: .* at most 64 characters, found 10000"),
        ("a: 0x" + "f" * 10_000, "line 1: .* at most 64 characters, found 10002"),
        ("a: " + "9:" * 10_000 + "9", "line 1: .* at most 64 characters, found 20001"),
    ],
)
def test_yaml_that_would_exhaust_time_or_memory_is_refused_before_any_value_is_built(
    read, text, message, monkeypatch
):
    monkeypatch.setattr(yaml.SafeLoader, "construct_document", build_nothing)
    check_refused(read, text, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: [", "line 2: while parsing a flow node: expected the node content"),
        ("a: !!python/object/apply:os.getcwd []", "line 1: could not determine a constructor"),
        ("a: 2001-99-99", "month must be in 1..12"),
    ],
)
def test_text_that_is_not_yaml_of_plain_values_is_refused_by_line(read, text, message):
    check_refused(read, text, message)
