from __future__ import annotations

import time

import pytest

from datasets.io.yaml_text import read_yaml
from tests.support.broken.by_nodes import LAUGHS


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "card.yaml").write_text(text)
        return read_yaml(tmp_path / "card.yaml")

    return read


def test_plain_values_are_read(read):
    assert read("") is None
    assert read("\ufeffa: [1, 2.5, yes, x]\nb: {c: null}\n") == {
        "a": [1, 2.5, True, "x"],
        "b": {"c": None},
    }
    assert read('{"file": "a.onnx", "sizes": [[1, 2], [3]]}')["sizes"] == [[1, 2], [3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200, "line 1: nested more than 32 deep"),
        ("a: " + "{a: " * 40, "line 1: nested more than 32 deep"),
        ("".join(f"{' ' * n}a{n}:\n" for n in range(300)), "line 33: nested more than 32 deep"),
        (f"a0: &a0 [1, 1]\n{LAUGHS}file: *a12\n", r"line 2: alias \*a0 found"),
        ("file: x\nsize: &a [1, *a]\n", r"line 2: alias \*a found"),
        ("file: x\nlayout: y\nfile: z\n", "line 1: key 'file' found twice"),
        ("a:\n  b: [{c: 1, c: 2}]\n", "line 2: key 'c' found twice"),
        ("a: 1\nb: " + "9" * 10_000, "line 2: a number of 10000 letters found"),
        ("a: 0x" + "f" * 10_000, "line 1: a number of 10002 letters found"),
        ("a: " + "9:" * 10_000 + "9", "line 1: a number of 20001 letters found"),
        ("a: 1\nb: [", "line 2: while parsing a flow node: expected the node content"),
        ("a: !!python/object/apply:os.getcwd []", "line 1: could not determine a constructor"),
        ("a: 2001-99-99", "month must be in 1..12"),
    ],
)
def test_what_would_take_time_memory_or_the_stack_is_refused_by_line(read, text, message):
    began = time.process_time()
    with pytest.raises(ValueError, match=rf"card\.yaml: not valid YAML: {message}") as caught:
        read(text)
    assert time.process_time() - began < 2
    assert len(str(caught.value)) < 800
