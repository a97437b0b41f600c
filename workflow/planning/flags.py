"""Flags of the programs that rules call, and their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from workflow.planning.plan import Plan


def repeat_flag(name: str, values: Iterable[object]) -> list[str]:
    """Return a flag once for each value, joined with `=`: a value may begin with a dash."""
    return [f"--{name}={value}" for value in values]


@dataclass(frozen=True)
class Flags:
    """What programs are told of data sets and variants: a list of flags, or the value of one."""

    plan: Plan

    def root(self, dataset: str) -> list[str]:
        """Return the folder of a data set, where its entry names one."""
        return self._given("root", dataset)

    def scene(self, dataset: str) -> list[str]:
        """Return the pattern of the scene in a sequence's name, where the entry has one."""
        return self._given("scene", dataset)

    def prompts(self, dataset: str, sequence: str) -> list[str]:
        """Return the file of first-frame boxes, where the entry names one."""
        return repeat_flag("prompts", self.plan.datasets[dataset].prompt_files(sequence))

    def sequences(self, dataset: str) -> list[str]:
        """Return the sequences of a data set."""
        return repeat_flag("sequences", self.plan.datasets[dataset].sequences)

    def titles(self, dataset: str) -> list[str]:
        """Return the titles of the variants that run on a data set."""
        names = self.plan.variants_on(dataset)
        return repeat_flag("titles", [self.plan.variants[name].title for name in names])

    def reader_options(self, dataset: str) -> str:
        """Return the options of a data set's reader, as JSON."""
        return json.dumps(self.plan.datasets[dataset].options)

    def method(self, variant: str) -> str:
        """Return the method of a variant."""
        return self.plan.variant(variant).method_name

    def options(self, variant: str) -> str:
        """Return the options that the config gives a variant, as JSON."""
        return json.dumps(self.plan.variant(variant).given_options)

    def options_of_run(self, variant: str, number: str) -> str:
        """Return the options of a further run, as JSON."""
        return json.dumps(self.plan.variant(variant).options_of_run(int(number)))

    def result_format(self, variant: str) -> str:
        """Return the format of the file that the rule of a variant's method makes."""
        return self.plan.variant(variant).result_format

    def option(self, name: str) -> Callable[[str], Any]:
        """Return a function that gives this option of a variant, or its default."""

        def of(variant: str) -> Any:
            return self.plan.variant(variant).options[name]

        return of

    def _given(self, key: str, dataset: str) -> list[str]:
        value = self.plan.datasets[dataset].entry.get(key)
        return repeat_flag(key, [value] if value else [])
