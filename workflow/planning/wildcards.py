"""Functions of values as functions of Snakemake's wildcards, which `input:` and `params:` take."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol


class Wildcards(Protocol):
    """Snakemake's: an attribute for each wildcard of a rule, all text."""

    def __getattr__(self, name: str) -> str:
        """Return the value of a wildcard."""


def from_wildcards(function: Callable[..., Any]) -> Callable[[Wildcards], Any]:
    """Return a function that gives `function` the wildcards that its arguments are named after.

    It is called once for equal values in a run, however many jobs ask, and must not depend on what
    jobs of the run make.

    Args:
        function: Of text alone; a generator's items become a list.
    """
    names = tuple(inspect.signature(function).parameters)

    @cache
    def call(*values: str) -> Any:
        found = function(*values)
        return list(found) if inspect.isgenerator(found) else found

    def of_wildcards(wildcards: Wildcards) -> Any:
        return call(*(getattr(wildcards, name) for name in names))

    # Snakemake asks for it a dozen times a job, and working it out is slow
    of_wildcards.__dict__["__signature__"] = inspect.signature(of_wildcards)
    return of_wildcards
