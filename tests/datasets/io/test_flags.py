from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from datasets.io.flags import json_mapping, json_value


def test_json_of_the_command_line_is_read():
    assert json_value('{"a": [1, 2.5, true, null, "x"]}') == {"a": [1, 2.5, True, None, "x"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{'a': 1}", "Expecting property name"),
        ("[" * 100_000, "recursion"),
        ("9" * 100_000, "digits"),
        ("[1e999]", "1e999 found, expected a finite number"),
        ("[NaN]", "NaN found, expected a finite number"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' found twice"),
    ],
)
def test_what_is_no_json_is_refused_in_one_short_line(text, message):
    with pytest.raises(ArgumentTypeError, match=f"not valid JSON: .*{message}") as caught:
        json_value(text)
    assert len(str(caught.value)) < 300


def test_what_is_no_mapping_is_refused_where_one_is_expected():
    assert json_mapping('{"a": 1}') == {"a": 1}
    with pytest.raises(ArgumentTypeError, match=r"'\[1\]' found, expected values by name"):
        json_mapping("[1]")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"keep": tru}',
            "'{\"keep\": tru}' found: not valid JSON: Expecting value at character 10, "
            "where 'tru}' is",
        ),
        (
            '{"keep": 1',
            "'{\"keep\": 1' found: not valid JSON: Expecting ',' delimiter at character 11, "
            "where the end is",
        ),
    ],
)
def test_an_error_says_what_was_found_and_where_it_broke(text, message):
    with pytest.raises(ArgumentTypeError) as caught:
        json_value(text)
    assert str(caught.value) == message


def test_the_place_is_shown_of_a_text_too_long_to_be_shown():
    text = f'{{"names": {["x"] * 100}, "keep": 1}}'
    with pytest.raises(ArgumentTypeError, match=r"at character 12, where \"'x', .*\.\.\.\" is$"):
        json_value(text)
