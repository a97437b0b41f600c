"""Check a config against its schema: one line per error, with key, expected and found value."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

_ERRORS = 5  # errors listed
_TYPES = {
    "array": "a list", "boolean": "true or false", "integer": "a whole number",
    "number": "a number", "object": "keys with values", "string": "text",
}  # fmt: skip


def check_schema(config: Mapping[str, Any], schema: Path) -> None:
    """Raise ValueError if a config violates a schema, a YAML file."""
    lines = [
        f"{_key(place)}: expected text as key, found {key!r}: put it in quotes"
        for place, key in _non_text_keys(config, ())
    ]
    if not lines:
        validator = Draft202012Validator(yaml.safe_load(schema.read_text()))
        errors = sorted(validator.iter_errors(config), key=lambda error: list(map(str, error.path)))
        lines = list(dict.fromkeys(line for error in errors for line in describe(error, config)))
    if len(lines) > _ERRORS:
        lines[_ERRORS:] = [f"and {len(lines) - _ERRORS} more"]
    if lines:
        raise ValueError("\n".join(lines))


def describe(error: ValidationError, config: Mapping[str, Any]) -> list[str]:
    """Return a line for each key of a config that a schema error concerns."""
    if error.validator == "additionalProperties":
        return list(_unknown(error))
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return [f"{_key([*error.path, name])}: missing" for name in missing]
    if error.validator is None:
        return [f"{_key(path)}: this key is not allowed here" for path in _forbidden(error, config)]
    key, found = _key(error.path), _show(error.instance)
    if "propertyNames" in error.schema_path:
        return [f"{key}: key: expected {_expected(error)}, found {found}"]
    return [f"{key}: expected {_expected(error)}, found {found}"]


def _unknown(error: ValidationError) -> Iterator[str]:
    known = sorted(error.schema.get("properties", {}))
    for name in error.instance:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}? Known" if close else "expected one of"
            yield f"{_key([*error.path, name])}: unknown key, {hint}: {', '.join(known)}"


def _forbidden(error: ValidationError, config: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield the path of each key whose schema is `false`: the error names only its parent."""
    entry: Any = config
    for step in error.path:
        entry = entry[step]
    yield from ([*error.path, name] for name, value in entry.items() if value is error.instance)


_EXPECTED: dict[str, Callable[[Any], str]] = {
    "type": lambda value: _TYPES[value],
    "enum": lambda value: f"one of {', '.join(map(str, value))}",
    "const": repr,
    "minimum": lambda value: f"at least {value}",
    "exclusiveMinimum": lambda value: f"more than {value}",
    "minLength": lambda _: "some text",
    "minItems": lambda value: f"a list of at least {value}",
    "maxItems": lambda value: f"a list of at most {value}",
    "minProperties": lambda value: f"at least {value} of them",
    "uniqueItems": lambda _: "each only once",
    "contains": lambda value: f"{value.get('const', value)!r} among them",
    "pattern": lambda value: f"text that matches {value}",
}


def _expected(error: ValidationError) -> str:
    """Return what a schema expects: its description, else the meaning of its rule."""
    if "description" in error.schema:
        return str(error.schema["description"])
    means = _EXPECTED.get(str(error.validator))
    return means(error.validator_value) if means else f"{error.validator} {error.validator_value}"


def _key(path: Iterable[Any]) -> str:
    """Return the path of a key, such as `run[0].variants`; `config` for the config itself."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{_show_name(str(step))}"
    return text.removeprefix(".") or "config"


def _show_name(name: str) -> str:
    return name if len(name) <= reprlib.aRepr.maxstring * 2 else f"{name[:40]}..."


def _show(value: object) -> str:
    return "nothing" if value is None else reprlib.repr(value)


def _non_text_keys(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], object]]:
    """Yield each key that is not text: YAML reads `1`, `on` and `no` as other types."""
    if isinstance(value, Mapping):
        yield from ((place, key) for key in value if not isinstance(key, str))
    steps = value.items() if isinstance(value, Mapping) else _numbered(value)
    for step, inner in steps:
        yield from _non_text_keys(inner, (*place, step))


def _numbered(value: Any) -> Iterable[tuple[int, Any]]:
    return enumerate(value) if isinstance(value, list) else ()
