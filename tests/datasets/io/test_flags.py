from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from datasets.io.flags import json_mapping, json_value


def test_json_on_the_command_line_is_read():
    assert json_value('{"a": [1, 2.5, true, null, "x"]}') == {"a": [1, 2.5, True, None, "x"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{'a': 1}", "Expecting property name"),
        ("[" * 100_000, "recursion"),
        ("9" * 100_000, "digits"),
        ("[1e999]", "expected a finite number, found 1e999"),
        ("[NaN]", "expected a finite number, found NaN"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "duplicate key 'c'"),
    ],
)
def test_invalid_json_is_refused_in_one_short_line(text, message):
    with pytest.raises(
        ArgumentTypeError, match=f"expected valid JSON, found .*{message}"
    ) as caught:
        json_value(text)
    assert len(str(caught.value)) < 300


def test_json_other_than_an_object_is_refused_if_one_is_expected():
    assert json_mapping('{"a": 1}') == {"a": 1}
    with pytest.raises(ArgumentTypeError, match=r"expected a JSON object, found '\[1\]'"):
        json_mapping("[1]")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"keep": tru}',
            "expected valid JSON, found '{\"keep\": tru}': Expecting value at character 10, "
            "before 'tru}'",
        ),
        (
            '{"keep": 1',
            "expected valid JSON, found '{\"keep\": 1': Expecting ',' delimiter at character 11, "
            "before the end",
        ),
    ],
)
def test_an_error_shows_the_text_and_the_position_of_the_fault(text, message):
    with pytest.raises(ArgumentTypeError) as caught:
        json_value(text)
    assert str(caught.value) == message


def test_the_position_is_shown_even_in_a_long_text():
    text = f'{{"names": {["x"] * 100}, "keep": 1}}'
    with pytest.raises(ArgumentTypeError, match=r"at character 12, before \"'x', .*\.\.\.\"$"):
        json_value(text)
