"""Turn functions of values into functions of Snakemake's wildcards, for `input:` and `params:`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol


class Wildcards(Protocol):
    """Snakemake's wildcards of a job: one text attribute each."""

    def __getattr__(self, name: str) -> str:
        """Return the value of a wildcard."""


def from_wildcards(function: Callable[..., Any]) -> Callable[[Wildcards], Any]:
    """Return a function that calls `function` with the wildcards named like its arguments.

    It is called once per combination of values in a run, and must not depend on files that jobs of
    the run make.

    Args:
        function: A function of text; a generator's items become a list.
    """
    names = tuple(inspect.signature(function).parameters)

    @cache
    def call(*values: str) -> Any:
        found = function(*values)
        return list(found) if inspect.isgenerator(found) else found

    def of_wildcards(wildcards: Wildcards) -> Any:
        return call(*(getattr(wildcards, name) for name in names))

    # Snakemake inspects it a dozen times per job, and computing it is slow
    of_wildcards.__dict__["__signature__"] = inspect.signature(of_wildcards)
    return of_wildcards
