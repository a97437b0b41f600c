"""The plan of a config: runs, variants and data sets, and how each is scored and timed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workflow.planning.entries import Dataset, Run, Variant


def any_of(names: Iterable[str]) -> str:
    """Return a regular expression for any of the names; it matches nothing if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


@dataclass(frozen=True)
class Plan:
    """A config that has passed its checks."""

    config: Mapping[str, Any]

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """The data sets by name, including those without a run."""
        return {name: Dataset(name, entry) for name, entry in self.config["datasets"].items()}

    @cached_property
    def variants(self) -> dict[str, Variant]:
        """The variants by name, including those without a run."""
        return {name: Variant(name, entry) for name, entry in self.config["variants"].items()}

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of the config."""
        return [self._run(entry) for entry in self.config["run"]]

    def variant(self, name: str) -> Variant:
        """Return a variant by the name of its results: `sort` for `sort@25fps`."""
        return self.variants[name.partition("@")[0]]

    @cached_property
    def stepped(self) -> list[str]:
        """The variants that run frame by frame."""
        return [name for name, variant in self.variants.items() if variant.is_stepped]

    @cached_property
    def with_result_file(self) -> list[str]:
        """The variants whose result file a rule of their method makes."""
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
        """Return the runs that score a data set by a protocol; none if only a file is requested."""
        return [run for run in self.runs if (run.dataset, run.protocol) == (dataset, protocol)]

    def families(self, dataset: str, protocol: str) -> list[str]:
        """Return the metric families of a data set: those of its run, its entry, or the config."""
        of_runs = [run.families for run in self.runs_by(dataset, protocol)]
        defaults = [each.get("families") for each in (self.datasets[dataset].entry, self.config)]
        return list(next(each for each in [*of_runs, *defaults] if each is not None))

    def variants_by(self, dataset: str, protocol: str) -> list[str]:
        """Return the variants compared on a data set by a protocol."""
        return [name for run in self.runs_by(dataset, protocol) for name in run.variants]

    def repeated_runs(self, dataset: str, protocol: str) -> list[str]:
        """Return the names of repeated runs of frame-by-frame variants, such as `sort@run2`."""
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
            ValueError: No run names them.
        """
        for run in self.runs:
            if run.dataset == dataset and run.clock is not None:
                return list(run.clock)
        raise ValueError(
            f"run: {dataset}: clock: expected the names of the timed sequences, found none"
        )

    def is_timed(self, run: Run, variant: str) -> bool:
        """Return whether a variant is timed: its run has `clock`, and its method can be timed."""
        return bool(run.clock) and self.variants[variant].method.timed

    def streaming_names(self, run: Run, variant: str) -> list[str]:
        """Return the names of a variant at each frame rate, such as `sort@25fps`.

        Only a variant that runs frame by frame has them.
        """
        clock = self.config["clock"]
        wanted = "streaming" in clock["scenarios"] and self.is_timed(run, variant)
        rates = clock.get("rates", []) if wanted and self.variants[variant].is_stepped else []
        return [f"{variant}@{rate}fps" for rate in rates]

    def is_timed_by_gate(self, run: Run, variant: str) -> bool:
        """Return whether the gate times a variant: it is listed, and runs frame by frame."""
        listed = variant in self.config["regression"]["timed"] and self.is_timed(run, variant)
        return listed and self.variants[variant].is_stepped

    def clock_scenarios(self) -> list[str]:
        """Return the scenarios of the rule `clock`; `streaming` is a rule of its own."""
        return [name for name in self.config["clock"]["scenarios"] if name != "streaming"]

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
