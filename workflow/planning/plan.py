"""What a config asks for: runs, variants and data sets, and how each is scored and timed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workflow.planning.entries import Dataset, Run, Variant


def any_of(names: Iterable[str]) -> str:
    """Return a pattern of any of the names, of nothing where there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


@dataclass(frozen=True)
class Plan:
    """A config that has passed its checks."""

    config: Mapping[str, Any]

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """The data sets by name, those that no run has included."""
        return {name: Dataset(name, entry) for name, entry in self.config["datasets"].items()}

    @cached_property
    def variants(self) -> dict[str, Variant]:
        """The variants by name, those that no run has included."""
        return {name: Variant(name, entry) for name, entry in self.config["variants"].items()}

    @cached_property
    def runs(self) -> list[Run]:
        """What is to be run."""
        return [self._run(entry) for entry in self.config["run"]]

    def variant(self, name: str) -> Variant:
        """Return a variant by the name of its results: of `sort@25fps` it is `sort`."""
        return self.variants[name.partition("@")[0]]

    @cached_property
    def stepped(self) -> list[str]:
        """The variants that are stepped through frames."""
        return [name for name, variant in self.variants.items() if variant.is_stepped]

    @cached_property
    def with_result_file(self) -> list[str]:
        """The variants of whose results a rule of their method makes a file."""
        return [name for name, variant in self.variants.items() if variant.has_result_file]

    def variants_of(self, method: str) -> list[str]:
        """Return the variants of a method."""
        return [name for name, each in self.variants.items() if each.method_name == method]

    def pairs(self) -> Iterator[tuple[Run, str]]:
        """Yield each run with each of its variants."""
        for run in self.runs:
            for name in run.variants:
                yield run, name

    def runs_by(self, dataset: str, protocol: str) -> list[Run]:
        """Return the runs that score a data set by a protocol: none where a file is asked alone."""
        return [run for run in self.runs if (run.dataset, run.protocol) == (dataset, protocol)]

    def families(self, dataset: str, protocol: str) -> list[str]:
        """Return what a data set is scored by: as its run, its entry, or else the config says."""
        of_runs = [run.families for run in self.runs_by(dataset, protocol)]
        of_others = [each.get("families") for each in (self.datasets[dataset].entry, self.config)]
        return list(next(each for each in [*of_runs, *of_others] if each is not None))

    def variants_by(self, dataset: str, protocol: str) -> list[str]:
        """Return the variants that are compared on a data set by a protocol."""
        return [name for run in self.runs_by(dataset, protocol) for name in run.variants]

    def runs_again(self, dataset: str, protocol: str) -> list[str]:
        """Return further runs of the variants that are stepped, as `sort@run2`."""
        return [
            f"{name}@run{number}"
            for run in self.runs_by(dataset, protocol)
            for name in run.variants
            if self.variants[name].is_stepped
            for number in range(2, run.times + 1)
        ]

    def variants_on(self, dataset: str) -> list[str]:
        """Return the variants that run on a data set, each once."""
        return list(dict.fromkeys(name for run, name in self.pairs() if run.dataset == dataset))

    def protocols_of(self, dataset: str, variant: str) -> list[str]:
        """Return the protocols by which a variant is scored on a data set."""
        found = [run for run, name in self.pairs() if (run.dataset, name) == (dataset, variant)]
        return [run.protocol for run in found]

    def timed_sequences(self, dataset: str) -> list[str]:
        """Return the sequences of a data set that are timed.

        Raises:
            ValueError: No run says which.
        """
        for run in self.runs:
            if run.dataset == dataset and run.clock is not None:
                return list(run.clock)
        raise ValueError(f"run: {dataset} without clock found, expected the sequences to be timed")

    def is_timed(self, run: Run, variant: str) -> bool:
        """Return whether a variant is timed: where its run names sequences and its time counts."""
        return bool(run.clock) and self.variants[variant].method.timed

    def real_time_names(self, run: Run, variant: str) -> list[str]:
        """Return what a variant is called at each rate its frames come at, as `sort@25fps`.

        It must have single steps.
        """
        clock = self.config["clock"]
        asked = "real_time" in clock["scenarios"] and self.is_timed(run, variant)
        rates = clock.get("rates", []) if asked and self.variants[variant].is_stepped else []
        return [f"{variant}@{rate}fps" for rate in rates]

    def is_paced(self, run: Run, variant: str) -> bool:
        """Return whether the gate takes its pace: where it is asked for, and has single steps."""
        asked = variant in self.config["regression"]["timed"] and self.is_timed(run, variant)
        return asked and self.variants[variant].is_stepped

    def clock_scenarios(self) -> list[str]:
        """Return what the rule `clock` times; `real_time` is a rule of its own."""
        return [name for name in self.config["clock"]["scenarios"] if name != "real_time"]

    def _run(self, entry: Mapping[str, Any]) -> Run:
        dataset = entry["dataset"]
        return Run(
            dataset=dataset,
            protocol=entry.get("protocol", self.config["datasets"][dataset]["protocol"]),
            variants=entry["variants"],
            clock=entry.get("clock"),
            times=entry.get("runs", 1),
            families=entry.get("families"),
        )
