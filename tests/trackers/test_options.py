"""Options declared by annotations: accepted values, their description and the defaults."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import pytest

from tests.support.paths import ROOT
from trackers.option_types import Choices, NonNegativeInt, Range, UnitInterval, accepts, describe
from trackers.options import (
    REQUIRED,
    Option,
    check_values,
    make_options,
    options_of_class,
    options_of_function,
)
from trackers.sam2 import architecture, options, policies


@pytest.mark.parametrize(
    ("kind", "good", "bad", "words"),
    [
        (int, [0, -3], [True, 1.0, "1", None], "an integer"),
        (float, [1, 0.5], [True, float("nan"), float("inf"), "1"], "a number"),
        (bool, [True, False], [0, 1, "true"], "true or false"),
        (str, ["", "a"], [1, None, ["a"]], "a string"),
        (int | None, [1, None], [False, "a"], "an integer or null"),
        (Literal["a", 1], ["a", 1], ["b", True, 1.0], "one of ['a', 1]"),
        (Sequence[int], [[], [1, 2], (3,)], ["12", [1.5], 1], "a list of integers"),
        (list[list[str]], [[["a"]]], [["a"]], "a list of lists of strings"),
        (tuple[str, ...], [["a"], ()], ["a", [1]], "a list of strings"),
        (tuple[float, float], [[1, 2.5]], [[1], [1, 2, 3], [1, "a"]], "a list of 2 numbers"),
        (tuple[int, str], [[1, "a"]], [["a", 1]], "a list [an integer, a string]"),
        (Mapping[str, int], [{}, {"a": 1}], [[], {"a": "b"}, {1: 1}], "a mapping"),
        (UnitInterval, [0, 0.5, 1], [-0.01, 1.01, "a"], "a number from 0 to 1"),
        (NonNegativeInt | None, [0, None], [-1, 0.5], "an integer of at least 0 or null"),
        (Annotated[float, Range(0, exclusive=True)], [0.1], [0, -1], "a number above 0"),
        (Annotated[int, Range(maximum=4)], [4, -9], [5], "an integer of at most 4"),
        (Annotated[str, Choices(lambda: ["b", "a"])], ["a"], ["c", 1], "one of ['a', 'b']"),
        (Any, [1, None, "a"], [], "anything"),
    ],
)
def test_an_annotation_accepts_and_describes_values(kind, good, bad, words):
    assert [accepts(kind, value) for value in good] == [True] * len(good)
    assert [accepts(kind, value) for value in bad] == [False] * len(bad)
    assert describe(kind) == words


@dataclass(frozen=True, kw_only=True)
class Group:
    age: int = 1
    hits: int = 3


@dataclass(frozen=True, kw_only=True)
class Whole:
    file: str
    life: Group = Group(age=30)
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Clash:
    age: float = 0.5
    life: Group = Group()


def test_the_fields_of_a_group_are_options():
    found = options_of_class(Whole)
    defaults = {name: each.default for name, each in found.items()}
    assert defaults == {"file": REQUIRED, "age": 30, "hits": 3, "words": ()}
    assert found["age"].kind is int


def test_values_replace_defaults_and_lists_become_tuples():
    made = make_options(Whole, {"file": "a", "hits": 1, "words": ["b"]})
    assert made == Whole(file="a", life=Group(age=30, hits=1), words=("b",))


def test_two_options_of_the_same_name_are_rejected():
    with pytest.raises(TypeError, match=r"expected each option once, found \['age'\] twice"):
        options_of_class(Clash)


def declared(text: str) -> dict[str, Option]:
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    return options_of_function(function)


def test_a_signature_declares_options_without_being_imported():
    found = declared("""def build(*, model: str, score: UnitInterval = 0.5, other=nowhere.VALUE,
        size: Literal["a", "b"] | None = None, kind: nowhere.Kind = 3) -> "Tracker": ...""")
    assert found["model"] == Option(str, REQUIRED)
    assert found["score"] == Option(UnitInterval, 0.5)
    assert found["size"] == Option(Literal["a", "b"] | None, None)
    assert found["kind"] == Option(Any, 3), "a name of another module is ignored"
    assert found["other"].kind is Any
    with pytest.raises(ValueError, match=r"mine\.score: expected a number from 0 to 1, found 2"):
        check_values("mine", {"model": "a", "score": 2}, found)


def test_the_options_in_the_documentation_behave_as_documented(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "adding_a_tracker.md").read_text()
    (shown,) = re.findall(r"```python\n([^`]*class Options:.*?)```", text, re.DOTALL)
    (tmp_path / "shown_options.py").write_text(shown)
    monkeypatch.syspath_prepend(tmp_path)
    found = options_of_class(importlib.import_module("shown_options").Options)
    assert found["engine"].default == "onnxruntime"
    assert found["device"].default == "cpu"
    with pytest.raises(ValueError, match=r"o\.decay: expected a number from 0\.5 to 1, found 0\.4"):
        check_values("o", {"decay": 0.4}, found)


def test_options_are_read_without_importing_heavy_libraries():
    names = sorted(
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in (ROOT / "trackers").rglob("options.py")
    )
    assert len(names) > 12
    code = f"import sys, {', '.join(names)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not set(done.stdout.split()) & {"numpy", "torch", "cv2", "onnxruntime", "pyarrow"}


def test_the_names_that_an_option_accepts_are_those_that_exist():
    assert set(get_args(options.Size)) == set(architecture.CONFIGS)
    for name in get_args(options.MemoryPolicy):
        policies.make_write_policy(name)
