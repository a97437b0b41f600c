"""Check values of a config against annotations, and describe annotations in words.

| annotation | accepted |
|---|---|
| `bool`, `str`, `None` | exactly that |
| `int` | an integer but no bool |
| `float` | an integer or a finite float |
| `Literal["a", "b"]` | one of these |
| `X | Y` | either |
| `list[X]`, `Sequence[X]`, `tuple[X, ...]` | a list, each item an X |
| `tuple[X, Y]` | a list of the same length, an X and a Y in this order |
| `Mapping[X, Y]` | a mapping, each key an X, each value a Y |
| `Annotated[X, Range(0, 1)]` | an X in this range, see `Range`, `Choices`, `Suffix` |
| any other | any value |
"""

from __future__ import annotations

import collections.abc
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin


@dataclass(frozen=True)
class Range:
    """The numbers from a minimum to a maximum.

    Args:
        minimum, maximum: Inclusive bounds; None for no bound.
        exclusive: Whether the minimum itself is excluded.
    """

    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a number is in the range."""
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return low <= value <= high and not (self.exclusive and value == low)

    def __str__(self) -> str:
        upper = "" if self.maximum is None else f"at most {self.maximum}"
        if self.minimum is None:
            return f"of {upper}" if upper else ""
        if self.exclusive:
            return f"above {self.minimum}" + (f" and {upper}" if upper else "")
        return f"from {self.minimum} to {self.maximum}" if upper else f"of at least {self.minimum}"


@dataclass(frozen=True)
class Choices:
    """A set of names that is looked up only when a value is checked.

    Args:
        names: Function that returns the names. Heavy imports belong inside the function.
    """

    names: Callable[[], Collection[str]]

    def holds(self, value: str) -> bool:
        """Return whether a name is one of the choices."""
        return value in self.names()


@dataclass(frozen=True)
class Suffix:
    """The texts that end in a suffix, such as names of files.

    Args:
        suffix: Suffix with its dot, such as `.yaml`.
    """

    suffix: str

    def holds(self, value: str) -> bool:
        """Return whether a text ends in the suffix."""
        return value.endswith(self.suffix)


PositiveInt = Annotated[int, Range(1)]
NonNegativeInt = Annotated[int, Range(0)]
PositiveFloat = Annotated[float, Range(0, exclusive=True)]
NonNegativeFloat = Annotated[float, Range(0)]
UnitInterval = Annotated[float, Range(0, 1)]


def accepts(kind: Any, value: Any) -> bool:
    """Return whether an annotation accepts a value."""
    check: Callable[..., bool] = _CHECKS.get(get_origin(kind) or kind, _anything)
    return check(value, *get_args(kind))


def describe(kind: Any, *, plural: bool = False) -> str:
    """Return a description of the accepted values, such as `a number from 0 to 1`."""
    origin, args = get_origin(kind) or kind, get_args(kind)
    if origin is Annotated:
        return _describe_annotated(*args, plural=plural)
    if origin in (Union, UnionType):
        return " or ".join(describe(each, plural=plural) for each in args)
    if origin is Literal:
        return f"one of {list(args)}"
    if origin in _LISTS:
        return _describe_list(origin, args, plural=plural)
    return _WORDS.get(origin, ("anything", "anything"))[plural]


def as_declared(kind: Any, value: Any) -> Any:
    """Return an accepted value, with a list converted to a tuple if a tuple is declared."""
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    declared = any(get_origin(each) is tuple for each in kinds)
    return tuple(value) if isinstance(value, list) and declared else value


def _describe_annotated(kind: Any, *limits: Any, plural: bool) -> str:
    words = describe(kind, plural=plural)
    for limit in limits:
        if isinstance(limit, Choices):
            words = f"one of {sorted(limit.names())}"
        elif isinstance(limit, Suffix):
            words = f"a file *{limit.suffix}"
        elif isinstance(limit, Range):
            words = f"{words} {limit}"
    return words


def _describe_list(origin: Any, args: tuple[Any, ...], *, plural: bool) -> str:
    lists = "lists" if plural else "a list"
    if origin is tuple and Ellipsis not in args:
        if len(set(args)) == 1:
            return f"{lists} of {len(args)} {describe(args[0], plural=True)}"
        return f"{lists} [{', '.join(map(describe, args))}]"
    return f"{lists} of {describe(args[0], plural=True)}" if args else lists


def _is_annotated(value: Any, kind: Any, *limits: Any) -> bool:
    checks = [each for each in limits if isinstance(each, Range | Choices | Suffix)]
    return accepts(kind, value) and all(each.holds(value) for each in checks)


def _is_any_of(value: Any, *kinds: Any) -> bool:
    return any(accepts(kind, value) for kind in kinds)


def _is_literal(value: Any, *known: Any) -> bool:
    return any(type(value) is type(each) and value == each for each in known)


def _is_list(value: Any, kind: Any = Any) -> bool:
    return isinstance(value, list | tuple) and all(accepts(kind, each) for each in value)


def _is_tuple(value: Any, *kinds: Any) -> bool:
    if not kinds or Ellipsis in kinds:
        return _is_list(value, *kinds[:1])
    if not isinstance(value, list | tuple) or len(value) != len(kinds):
        return False
    return all(map(accepts, kinds, value))


def _is_mapping(value: Any, key: Any = Any, kind: Any = Any) -> bool:
    return isinstance(value, Mapping) and all(
        accepts(key, name) and accepts(kind, each) for name, each in value.items()
    )


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def _anything(*_: Any) -> bool:
    return True


_LISTS = (list, tuple, collections.abc.Sequence)
_CHECKS: Mapping[Any, Callable[..., bool]] = {
    bool: lambda value: isinstance(value, bool),
    str: lambda value: isinstance(value, str),
    NoneType: lambda value: value is None,
    int: _is_integer,
    float: _is_number,
    Literal: _is_literal,
    Union: _is_any_of,
    UnionType: _is_any_of,
    Annotated: _is_annotated,
    list: _is_list,
    collections.abc.Sequence: _is_list,
    tuple: _is_tuple,
    dict: _is_mapping,
    collections.abc.Mapping: _is_mapping,
}
_WORDS: Mapping[Any, tuple[str, str]] = {
    bool: ("true or false", "true or false"),
    str: ("a string", "strings"),
    NoneType: ("null", "null"),
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    dict: ("a mapping", "mappings"),
    collections.abc.Mapping: ("a mapping", "mappings"),
}
