"""Options of a method: types, ranges and defaults, and the check of values against them.

Options are read from the fields of a frozen dataclass or from the signature of a function `build`.
A field whose type is a dataclass is a group that several methods share; the fields of the group are
options like the others.

    @dataclass(frozen=True, kw_only=True)
    class Options:
        iou_threshold: UnitInterval = 0.3
        memory: Literal["sam2", "present"] = "sam2"
        engine: Runner = Runner(device="cuda")  # a group with a default changed
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

REQUIRED = Parameter.empty  # stands for the default of an option that has none

_T = TypeVar("_T")
# names that annotations of `build` may use: its module is not imported, other names are ignored
_NAMES = {"typing": typing} | vars(typing) | vars(collections.abc) | vars(option_types)


@dataclass(frozen=True)
class Option:
    """An option of a method.

    Args:
        kind: Type of the option, as an annotation; Any if none is declared.
        default: Default of the option, or REQUIRED. From a signature, a default that is not a
            literal is kept as an expression.
    """

    kind: Any = Any
    default: Any = REQUIRED


def options_of_class(cls: type[Any], defaults: Any = REQUIRED) -> dict[str, Option]:
    """Return the options that the fields of a dataclass declare, including those of its groups.

    Args:
        defaults: An instance whose values replace the defaults of the fields.

    Raises:
        TypeError: Two fields have the same name.
    """
    found: dict[str, Option] = {}
    for name, kind, default in _fields(cls, defaults):
        group = dataclasses.is_dataclass(kind)
        more = options_of_class(kind, default) if group else {name: Option(kind, default)}
        if found.keys() & more.keys():
            twice = sorted(found.keys() & more.keys())
            raise TypeError(f"{cls.__module__}: expected each option once, found {twice} twice")
        found |= more
    return found


def options_of_function(function: ast.FunctionDef) -> dict[str, Option]:
    """Return the options that the arguments of a parsed function declare."""
    plain, named = function.args.args, function.args.kwonlyargs
    required = [None] * (len(plain) - len(function.args.defaults))
    defaults = [*required, *function.args.defaults, *function.args.kw_defaults]
    pairs = zip([*plain, *named], defaults, strict=True)
    return {each.arg: Option(_kind(each.annotation), _value(default)) for each, default in pairs}


def check_values(place: str, values: Any, known: Mapping[str, Option]) -> None:
    """Raise ValueError for the first option that is unknown, missing or has an invalid value.

    Args:
        place: Location of the options for the message, such as `variants.sort.options`.
        values: Values by the name of the option.
        known: Declared options by name.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"{place}: expected a mapping of options, found {values!r}")
    unknown = sorted(set(values) - set(known), key=str)
    if unknown:
        raise ValueError(f"{place}: expected some of {sorted(known)}, found {unknown}")
    missing = sorted(name for name in known.keys() - values if known[name].default is REQUIRED)
    if missing:
        raise ValueError(f"{place}: {missing} are missing")
    for name, value in values.items():
        kind = known[name].kind
        if not accepts(kind, value):
            raise ValueError(f"{place}.{name}: expected {describe(kind)}, found {value!r}")


def make_options(cls: type[_T], values: Mapping[str, Any], defaults: Any = REQUIRED) -> _T:
    """Return an instance of an options dataclass from checked values.

    Args:
        values: Values by the name of the option; the others have their defaults.
        defaults: As in `options_of_class`.
    """
    fields = {}
    for name, kind, default in _fields(cls, defaults):
        if dataclasses.is_dataclass(kind):
            fields[name] = make_options(typing.cast(type[Any], kind), values, default)
        elif name in values:
            fields[name] = as_declared(kind, values[name])
        elif default is not REQUIRED:
            fields[name] = default
    return cls(**fields)


def _fields(cls: type[Any], defaults: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name, type and default of each field."""
    kinds = typing.get_type_hints(cls, include_extras=True)
    for each in dataclasses.fields(cls):
        default = REQUIRED if each.default is dataclasses.MISSING else each.default
        if defaults is not REQUIRED:
            default = getattr(defaults, each.name)
        yield each.name, kinds[each.name], default


def _kind(annotation: ast.expr | None) -> Any:
    """Return the type of an annotation; Any without one or if it uses names not in `_NAMES`."""
    if annotation is None:
        return Any
    annotated = SimpleNamespace(__annotations__={"option": ast.unparse(annotation)})
    hints: Callable[..., dict[str, Any]] = typing.get_type_hints
    try:
        return hints(annotated, _NAMES, include_extras=True)["option"]
    except (NameError, AttributeError, TypeError, SyntaxError):
        return Any


def _value(default: ast.expr | None) -> Any:
    """Return the value of a default, or the expression itself if it is not a literal."""
    if default is None:
        return REQUIRED
    try:
        return ast.literal_eval(default)
    except ValueError:
        return default
