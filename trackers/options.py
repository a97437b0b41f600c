"""The options of a method: their types, ranges and defaults, and what is wrong with given values.

They are read from the fields of a frozen dataclass, or from the signature of a function `build`. A
field whose type is a dataclass is a group: several methods share it, and its fields are options
like the others.

    @dataclass(frozen=True, kw_only=True)
    class Options:
        iou_threshold: UnitInterval = 0.3
        memory: Literal["sam2", "present"] = "sam2"
        engine: Runner = Runner(device="cuda")  # a group, with another default
"""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter
from types import SimpleNamespace
from typing import Any, TypeVar

from trackers import option_types
from trackers.option_types import accepts, as_declared, describe

REQUIRED = Parameter.empty  # in place of the default of an option that has none

_T = TypeVar("_T")
# what annotations of `build` may name: its module is not imported, and other names say nothing
_NAMES = {"typing": typing} | vars(typing) | vars(collections.abc) | vars(option_types)


@dataclass(frozen=True)
class Option:
    """An option of a method.

    Args:
        kind: Its type, as an annotation: Any where nothing is said of it.
        default: Its default, or REQUIRED. Of a signature it is the expression where that is no
            literal.
    """

    kind: Any = Any
    default: Any = REQUIRED


def options_of_class(cls: type[Any], defaults: Any = REQUIRED) -> dict[str, Option]:
    """Return the options that the fields of a dataclass declare, those of its groups among them.

    Args:
        defaults: An instance whose values are the defaults, instead of those of the fields.

    Raises:
        TypeError: Two fields have one name.
    """
    found: dict[str, Option] = {}
    for name, kind, default in _fields(cls, defaults):
        group = dataclasses.is_dataclass(kind)
        more = options_of_class(kind, default) if group else {name: Option(kind, default)}
        if found.keys() & more.keys():
            raise TypeError(f"{cls.__module__}: {sorted(found.keys() & more.keys())} found twice")
        found |= more
    return found


def options_of_function(function: ast.FunctionDef) -> dict[str, Option]:
    """Return the options that the arguments of a function declare; it is parsed, not imported."""
    plain, named = function.args.args, function.args.kwonlyargs
    required = [None] * (len(plain) - len(function.args.defaults))
    defaults = [*required, *function.args.defaults, *function.args.kw_defaults]
    pairs = zip([*plain, *named], defaults, strict=True)
    return {each.arg: Option(_kind(each.annotation), _value(default)) for each, default in pairs}


def check_values(place: str, given: Any, known: Mapping[str, Option]) -> None:
    """Raise ValueError for the first given option that is unknown, missing or has a wrong value.

    Args:
        place: Where the options stand, for the message: `variants.sort.options`.
    """
    if not isinstance(given, Mapping):
        raise ValueError(f"{place}: {given!r} found, expected a mapping of options")
    unknown = sorted(set(given) - set(known), key=str)
    if unknown:
        raise ValueError(f"{place}: {unknown} found, expected some of {sorted(known)}")
    missing = sorted(name for name in known.keys() - given if known[name].default is REQUIRED)
    if missing:
        raise ValueError(f"{place}: {missing} are missing")
    for name, value in given.items():
        kind = known[name].kind
        if not accepts(kind, value):
            raise ValueError(f"{place}.{name}: {value!r} found, expected {describe(kind)}")


def make_options(cls: type[_T], given: Mapping[str, Any], defaults: Any = REQUIRED) -> _T:
    """Return an instance of a dataclass with given options, which have been checked.

    Args:
        defaults: As in `options_of_class`.
    """
    values = {}
    for name, kind, default in _fields(cls, defaults):
        if dataclasses.is_dataclass(kind):
            values[name] = make_options(typing.cast(type[Any], kind), given, default)
        elif name in given:
            values[name] = as_declared(kind, given[name])
        elif default is not REQUIRED:
            values[name] = default
    return cls(**values)


def _fields(cls: type[Any], defaults: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name, type and default of each field."""
    kinds = typing.get_type_hints(cls, include_extras=True)
    for each in dataclasses.fields(cls):
        default = REQUIRED if each.default is dataclasses.MISSING else each.default
        if defaults is not REQUIRED:
            default = getattr(defaults, each.name)
        yield each.name, kinds[each.name], default


def _kind(annotation: ast.expr | None) -> Any:
    """Return the type that an annotation means, Any where there is none or it uses other names."""
    if annotation is None:
        return Any
    told = SimpleNamespace(__annotations__={"it": ast.unparse(annotation)})
    hints: Callable[..., dict[str, Any]] = typing.get_type_hints
    try:
        return hints(told, _NAMES, include_extras=True)["it"]
    except (NameError, AttributeError, TypeError, SyntaxError):
        return Any


def _value(default: ast.expr | None) -> Any:
    """Return what a default is, the expression itself where it is no literal."""
    if default is None:
        return REQUIRED
    try:
        return ast.literal_eval(default)
    except ValueError:
        return default
