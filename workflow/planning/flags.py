"""Flags of the programs that the rules call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workflow.planning.converted_files import converted_results, converted_truth
from workflow.planning.plan import Plan


def repeat_flag(name: str, values: Iterable[object]) -> list[str]:
    """Return the flag once per value, joined with `=`: a value may begin with a dash."""
    return [f"--{name}={value}" for value in values]


def gpu_launcher(ordinals: Sequence[int]) -> list[str]:
    """Return the program that takes GPUs for a job, and its flags, before the job's own program.

    Args:
        ordinals: Numbers of the CUDA devices of the job. The device 0 alone stands for any; others
            are devices that the user chose.
    """
    if not ordinals:
        return []
    chosen = [] if list(ordinals) == [0] else repeat_flag("device", ordinals)
    return ["workflow.on_gpu", *chosen]


@dataclass(frozen=True)
class Flags:
    """Flags about data sets and variants: lists of flags, or the value of one."""

    plan: Plan

    def root(self, dataset: str) -> list[str]:
        """Return the folder of a data set, if its entry names one."""
        return self._entry_value("root", dataset)

    def scene(self, dataset: str) -> list[str]:
        """Return the pattern of the camera scene in a sequence's name, if the entry has one."""
        return self._entry_value("scene", dataset)

    def prompts(self, dataset: str, sequence: str) -> list[str]:
        """Return the file of first-frame boxes, if the entry names one."""
        return repeat_flag("prompts", self.plan.datasets[dataset].prompt_files(sequence))

    def sequences(self, dataset: str) -> list[str]:
        """Return the sequences of a data set."""
        return repeat_flag("sequences", self.plan.datasets[dataset].sequences)

    def converted(self, variant: str, dataset: str, protocol: str) -> list[str]:
        """Return the files that ground truth and tracks were converted from, where known."""
        truth = converted_truth(self.plan, dataset, protocol)
        results = converted_results(self.plan, variant, dataset, protocol)
        return repeat_flag("converted-truth", truth) + repeat_flag("converted-results", results)

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
        """Return the options of a variant in the config, as JSON."""
        return json.dumps(self.plan.variant(variant).config_options)

    def options_of_run(self, variant: str, number: str) -> str:
        """Return the options of a repeated run, as JSON."""
        return json.dumps(self.plan.variant(variant).options_of_run(int(number)))

    def result_format(self, variant: str) -> str:
        """Return the format of the result file that the rule of a variant's method makes."""
        return self.plan.variant(variant).result_format

    def gpus(self, variant: str) -> int:
        """Return the number of GPUs that a job of a variant uses."""
        return len(self.plan.variant(variant).cuda_ordinals)

    def launcher(self, variant: str) -> list[str]:
        """Return the program before that of a job: one that takes its GPUs, if it uses any."""
        return gpu_launcher(self.plan.variant(variant).cuda_ordinals)

    def option(self, name: str) -> Callable[[str], Any]:
        """Return a function from a variant to the value of this option, or its default."""

        def of(variant: str) -> Any:
            return self.plan.variant(variant).options[name]

        return of

    def _entry_value(self, key: str, dataset: str) -> list[str]:
        value = self.plan.datasets[dataset].entry.get(key)
        return repeat_flag(key, [value] if value else [])
