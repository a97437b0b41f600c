"""The entries of a config: data sets, variants and runs, with their readers and methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from datasets.prepare import Reader, load_reader
from trackers.contract import Method, fill_path, load_method
from trackers.engines.runner import cuda_ordinals
from trackers.named_files import made_files, named_files
from trackers.parts.result_files import check_format

_read_method = cache(load_method)  # once per run, not once per variant


@dataclass(frozen=True)
class Dataset:
    """An entry of `datasets`."""

    name: str
    entry: Mapping[str, Any]

    @property
    def sequences(self) -> list[str]:
        """The names of its sequences."""
        found: list[str] = self.entry["sequences"]
        return found

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of its reader in the config."""
        options: Mapping[str, Any] = self.entry.get("options", {})
        return options

    @cached_property
    def reader(self) -> Reader:
        """The module that reads it."""
        return load_reader(self.entry["reader"])

    @cached_property
    def root(self) -> Path | None:
        """The folder of the data set; None where it is generated."""
        return self.reader.locate(self.entry.get("root"))

    def label_files(self, sequence: str) -> list[Path]:
        """Return the files that a sequence is read from."""
        return self.reader.inputs(self.root, sequence, **self.options)

    def prompt_files(self, sequence: str) -> list[Path]:
        """Return the file of first-frame boxes; none where prompts come from the ground truth."""
        template = self.entry.get("prompts")
        return [fill_path(template, self.root, sequence)] if template else []


@dataclass(frozen=True)
class Variant:
    """An entry of `variants`."""

    name: str
    entry: Mapping[str, Any]

    @property
    def method_name(self) -> str:
        """The name of its method."""
        return str(self.entry["method"])

    @property
    def method(self) -> Method:
        """The description of its method, from method.yaml.

        Raises:
            ValueError: There is no such method, or its method.yaml is invalid.
        """
        try:
            return _read_method(self.method_name)
        except ValueError as error:
            raise ValueError(f"variants.{self.name}: {error}") from error

    @property
    def config_options(self) -> Mapping[str, Any]:
        """The options set in the config."""
        options: Mapping[str, Any] = self.entry.get("options", {})
        return options

    @cached_property
    def options(self) -> dict[str, Any]:
        """All options, with the defaults of the method."""
        return {**self.method.options, **self.config_options}

    @property
    def methods(self) -> list[str]:
        """The names of its method and of the methods that its options name."""
        return [self.method_name, *self.method.nested_methods(self.config_options)]

    @property
    def title(self) -> str:
        """The name shown to readers."""
        return str(self.entry.get("title", self.method.title))

    @property
    def source(self) -> str:
        """Paper or project."""
        return str(self.entry.get("source", self.method.source))

    @property
    def is_stepped(self) -> bool:
        """Whether its tracker runs frame by frame; otherwise a rule of its method runs it."""
        return not self.method.whole_sequences

    @property
    def has_result_file(self) -> bool:
        """Whether a rule of its method makes a result file to be converted into tracks."""
        return self.method.whole_sequences and self.method.format is not None

    @property
    def result_format(self) -> str:
        """The format of the result file that the rule of its method makes.

        Raises:
            ValueError: There is no such format, or reading it takes a ground truth.
        """
        name = str(self.method.format)
        check_format(name)
        return name

    @property
    def needs_prompts(self) -> bool:
        """Whether its method needs prompts."""
        return "prompts" in self.method.with_options(self.config_options).inputs

    @cached_property
    def cuda_ordinals(self) -> list[int]:
        """The numbers of the CUDA devices that its networks run on; none on a CPU."""
        return cuda_ordinals(self.options)

    @cached_property
    def network_files(self) -> list[Path]:
        """The networks and weights, made by rules, that an option or its default names."""
        return made_files(self.method, self.options)

    def files(self, root: Path | None, sequence: str) -> list[Path]:
        """Return the files that its options name for a sequence: results, weights, networks.

        Networks and published weights are named before they are made. Other missing files are left
        to the tracker, which fails for its variant alone.

        Args:
            root: Folder of the data set.
            sequence: Name of the sequence.
        """
        named = named_files(self.method, self.options, root, sequence)
        return list(dict.fromkeys([*self.network_files, *named]))

    def options_of_run(self, number: int) -> dict[str, Any]:
        """Return the options of a repeated run: a different seed, where the method takes one.

        Args:
            number: Number of the run; the first is 1.
        """
        options = dict(self.config_options)
        if "seed" in self.method.options:
            options["seed"] = self.options["seed"] + number - 1
        return options


@dataclass(frozen=True)
class Run:
    """An entry of `run`: variants on a data set, and how they are scored and timed.

    Args:
        dataset: Name of the data set.
        protocol: Name of the scoring protocol.
        variants: Names of the variants.
        clock: Names of the timed sequences; None where the entry has no `clock`.
        times: Number of runs of each variant.
        families: Metric families; None for those of the data set or the config.
    """

    dataset: str
    protocol: str
    variants: Sequence[str]
    clock: Sequence[str] | None = None
    times: int = 1
    families: Sequence[str] | None = None
