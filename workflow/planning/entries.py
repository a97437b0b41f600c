"""The entries of a config: data sets, variants, runs, with what readers and methods say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from datasets.prepare import Reader, load_reader
from trackers.contract import Method, fill_path, load_method
from trackers.engines.card import files_of
from trackers.named_files import named_files
from trackers.parts.result_files import check_format

_read_method = cache(load_method)  # once a run, not once a variant


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
        """The options of its reader, as the config gives them."""
        given: Mapping[str, Any] = self.entry.get("options", {})
        return given

    @cached_property
    def reader(self) -> Reader:
        """The module that reads it."""
        return load_reader(self.entry["reader"])

    @cached_property
    def root(self) -> Path | None:
        """The folder it is in; None where it is generated."""
        return self.reader.locate(self.entry.get("root"))

    def label_files(self, sequence: str) -> list[Path]:
        """Return the files that one sequence is read from."""
        return self.reader.inputs(self.root, sequence, **self.options)

    def prompt_files(self, sequence: str) -> list[Path]:
        """Return the file of first-frame boxes that the entry names; none where truth prompts."""
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
        """What method.yaml of its method says.

        Raises:
            ValueError: There is no such method, or its method.yaml is not as it should be.
        """
        try:
            return _read_method(self.method_name)
        except ValueError as error:
            raise ValueError(f"variants.{self.name}: {error}") from error

    @property
    def given_options(self) -> Mapping[str, Any]:
        """The options that the config gives."""
        options: Mapping[str, Any] = self.entry.get("options", {})
        return options

    @cached_property
    def options(self) -> dict[str, Any]:
        """All options, the defaults of the method included."""
        return {**self.method.options, **self.given_options}

    @property
    def methods(self) -> list[str]:
        """Its method, and those that its options name."""
        return [self.method_name, *self.method.nested_methods(self.given_options)]

    @property
    def title(self) -> str:
        """The name people read."""
        return str(self.entry.get("title", self.method.title))

    @property
    def source(self) -> str:
        """Paper or project."""
        return str(self.entry.get("source", self.method.source))

    @property
    def is_stepped(self) -> bool:
        """Whether its tracker is stepped through frames; else a rule of its method runs it."""
        return not self.method.whole_sequences

    @property
    def has_result_file(self) -> bool:
        """Whether a rule of its method makes a file that has yet to become tracks."""
        return self.method.whole_sequences and self.method.format is not None

    @property
    def result_format(self) -> str:
        """The format of the file that the rule of its method makes.

        Raises:
            ValueError: There is no such format, or it cannot be read without a truth.
        """
        name = str(self.method.format)
        check_format(name)
        return name

    @property
    def asks_for_prompts(self) -> bool:
        """Whether each sequence must have prompts."""
        return "prompts" in self.method.with_options(self.given_options).inputs

    @cached_property
    def network_files(self) -> list[Path]:
        """What rules make of the networks that an option or its default names."""
        named = [self.options[name] for name in self.method.engines]
        return [path for each in named if isinstance(each, str) for path in files_of(each)]

    def files(self, root: Path | None, sequence: str) -> list[Path]:
        """Return the files that its options name for one sequence: results, weights, networks.

        Networks are named before they are made. Of the others one that is missing is left to the
        tracker, which fails for its variant alone.

        Args:
            root: The folder of the data set.
            sequence: Its name.
        """
        named = named_files(self.method, self.options, root, sequence)
        return list(dict.fromkeys([*self.network_files, *named]))

    def options_of_run(self, number: int) -> dict[str, Any]:
        """Return the options of a further run: another seed, where the method takes one.

        Args:
            number: Of the run, from 1 for the first.
        """
        options = dict(self.given_options)
        if "seed" in self.method.options:
            options["seed"] = self.options["seed"] + number - 1
        return options


@dataclass(frozen=True)
class Run:
    """An entry of `run`: variants on a data set, and how they are scored and timed.

    Args:
        dataset: Name of the data set.
        protocol: By which it is scored.
        variants: Names of the variants.
        clock: Names of the sequences that are timed; None where nothing is said of it.
        times: How often each variant runs.
        families: Of metrics, None where the data set or the config says which.
    """

    dataset: str
    protocol: str
    variants: Sequence[str]
    clock: Sequence[str] | None = None
    times: int = 1
    families: Sequence[str] | None = None
