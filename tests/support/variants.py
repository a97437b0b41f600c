"""The variants of all configs, each with a data set it runs on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.utils import update_config

from tests.support.paths import ROOT
from trackers.contract import has_tracker

DEFAULT = ("datasets", "engines", "trackers", "config")  # in the order of the Snakefile
OTHER = "synthetic"  # the data set of variants that no config runs


@dataclass(frozen=True)
class Case:
    """A variant on a data set.

    Args:
        entry: Entry of the variant in the config.
        data: Entry of the data set in the config.
        overlay: Name of the config laid over the default; None for the default itself.
    """

    variant: str
    dataset: str
    entry: Mapping[str, Any]
    data: Mapping[str, Any]
    overlay: str | None = None

    @cached_property
    def stepped(self) -> bool:
        """Whether its tracker runs frame by frame; otherwise a rule of its method runs it."""
        return has_tracker(self.entry["method"])

    @property
    def method(self) -> Path:
        """The folder of its method."""
        return ROOT / "trackers" / "methods" / self.entry["method"]


def load_config(overlay: str | None = None) -> dict[str, Any]:
    """Return the default config, with config/<overlay>.yaml laid over it."""
    config: dict[str, Any] = {}
    for name in (*DEFAULT, *([overlay] if overlay else [])):
        update_config(config, deepcopy(_content(name)))
    return config


@cache
def _content(name: str) -> dict[str, Any]:
    """Return the content of config/<name>.yaml."""
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text()) or {}


def all_configs() -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Yield the default config, alone and with each other file of config/ laid over it."""
    names = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))
    yield None, load_config()
    for name in names:
        if name not in (*DEFAULT, "schema"):
            yield name, load_config(name)


@cache  # pytest asks for them once per test function
def all_cases() -> dict[str, Case]:
    """Return the variants run by the default config and every overlay, by name.

    A variant that an overlay redefines has the overlay in its name.
    """
    found: dict[str, Case] = {}
    for overlay, config in all_configs():
        for variant, dataset in _pairs(config):
            entry, data = config["variants"][variant], config["datasets"][dataset]
            case = Case(variant, dataset, entry, data, overlay)
            if variant not in found:
                found[variant] = case
            elif json.dumps(entry) != json.dumps(found[variant].entry):
                found[f"{variant}@{overlay}"] = case
    return found


def _pairs(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each variant with the first data set it runs on."""
    first: dict[str, str] = {}
    for run in config["run"]:
        for variant in run["variants"]:
            first.setdefault(variant, run["dataset"])
    return [*first.items()]


def chosen_cases(variant: str | None) -> dict[str, Case]:
    """Return all cases, or those of one variant, whether a config runs it or not.

    Raises:
        pytest.UsageError: No config defines it; lists the known variants.
    """
    found = all_cases()
    if variant is None:
        return found
    chosen = {name: case for name, case in found.items() if variant in (name, case.variant)}
    if chosen:
        return chosen
    known: set[str] = set()
    for overlay, config in all_configs():
        known |= set(config["variants"])
        if variant in config["variants"]:
            entry, data = config["variants"][variant], config["datasets"][OTHER]
            return {variant: Case(variant, OTHER, entry, data, overlay)}
    raise pytest.UsageError(f"--variant: expected one of {sorted(known)}, found {variant!r}")
