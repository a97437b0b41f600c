"""Read YAML written by hand: small files of plain values, in bounded time and memory.

YAML can repeat values (aliases) and nest without limit: 446 bytes can expand to gigabytes, and
60,000 brackets exhaust the stack. Both are refused before any value is built.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from datasets.io.errors import shorten
from datasets.io.files import read_small_text

_MAX_DEPTH = 32
_MAX_DIGITS = 64  # characters of a number
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not YAML, larger than 2^18 bytes, nested more than 32 levels deep, or has
            an alias, a duplicate key, or a number of more than 64 characters. Names file and line.
    """
    text = read_small_text(path)
    try:
        return _load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path}: not valid YAML: {_reason(error)}") from error


def _load(text: str) -> Any:
    _check_events(text)
    node = yaml.compose(text, yaml.SafeLoader)
    if node is None:
        return None
    for each in _walk(node):
        _check_node(each)
    return yaml.SafeLoader("").construct_document(node)


def _check_events(text: str) -> None:
    """Raise ValueError for the first alias or value nested too deeply."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        line = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"line {line}: expected the value itself, found alias *{event.anchor}")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ValueError(f"line {line}: nested more than {_MAX_DEPTH} levels deep")


def _walk(node: yaml.Node) -> Iterator[yaml.Node]:
    yield node
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for each in pair:
                yield from _walk(each)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _walk(each)


def _check_node(node: yaml.Node) -> None:
    """Raise ValueError for a duplicate key or a number that is too long."""
    line = _line(node.start_mark)
    if node.tag in _NUMBERS and len(node.value) > _MAX_DIGITS:
        expected = f"a number of at most {_MAX_DIGITS} characters"
        raise ValueError(f"line {line}: expected {expected}, found {len(node.value)}")
    if isinstance(node, yaml.MappingNode):
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for key, times in keys.items():
            if times > 1:
                raise ValueError(f"line {line}: duplicate key {key[:40]!r}")


def _line(mark: Any) -> int:
    """Return the line number, from one, of a position."""
    return int(mark.line) + 1


def _reason(error: Exception) -> str:
    """Return the reason of an error on one line, starting with the line of the file."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        context = f"{error.context}: " if error.context else ""
        return shorten(f"line {_line(error.problem_mark)}: {context}{error.problem}")
    return " ".join(shorten(str(error)).split())
