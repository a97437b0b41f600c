"""Checks of a config beyond its schema: names are defined, and options known."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from datasets.prepare import load_reader
from metrics.family import list_families, list_protocols, load_family
from trackers.contract import check_options, fill_path, load_method
from workflow.configs.names import check_names


def check_config(config: Mapping[str, Any]) -> None:
    """Raise ValueError for the first invalid or undefined name in the config.

    The message names the key, what was expected and what was found.
    """
    check_names(config)
    _one_of("families", config["families"], list_families())
    for number, entry in enumerate(config["run"]):
        key = f"run[{number}]"
        _one_of(f"{key}.dataset", [entry["dataset"]], config["datasets"])
        _one_of(f"{key}.variants", entry["variants"], config["variants"])
        sequences = config["datasets"][entry["dataset"]]["sequences"]
        _one_of(f"{key}.clock", entry.get("clock", []), sequences)
        _one_of(f"{key}.families", entry.get("families", []), list_families())
        if "protocol" in entry:
            _one_of(f"{key}.protocol", [entry["protocol"]], list_protocols())
        _check_dataset(entry["dataset"], config["datasets"][entry["dataset"]])
        for name in entry["variants"]:
            _check_variant(name, config["variants"][name])
    _check_together(config)
    _check_gate(config["regression"], config["variants"])


def _check_gate(entry: Mapping[str, Any], variants: Mapping[str, Any]) -> None:
    columns = [each for name in list_families() for each in load_family(name).columns]
    compared = [each.name for each in columns if each.better]
    _one_of("regression.tolerances", entry["tolerances"], compared)
    _one_of("regression.timed", entry["timed"], variants)
    for key, limits in (("regression", entry), ("regression.networks", entry["networks"])):
        passes = {**entry["passes"], **limits.get("passes", {})}
        if passes["min"] > passes["max"]:
            low, high = passes["min"], passes["max"]
            raise ValueError(f"{key}.passes: expected a min of at most {high}, found {low}")


def _check_together(config: Mapping[str, Any]) -> None:
    """Check that no two runs write the same files or time different sequences."""
    default = {name: each["protocol"] for name, each in config["datasets"].items()}
    kinds = [(each["dataset"], each.get("protocol")) for each in config["run"]]
    names = [f"{name} by {protocol or default[name]}" for name, protocol in kinds]
    if len(set(names)) < len(names):
        raise ValueError(f"run: expected each dataset once per protocol, found {names}")
    timed: dict[str, list[str]] = {}
    for number, entry in enumerate(config["run"]):
        clock, first = entry.get("clock"), timed.get(entry["dataset"])
        if clock and first and clock != first:
            raise ValueError(
                f"run[{number}].clock: expected {first} as in an earlier run, found {clock}"
            )
        timed[entry["dataset"]] = first or clock or []


def _check_dataset(name: str, entry: Mapping[str, Any]) -> None:
    """Check that the reader accepts the options and finds every sequence."""
    key = f"datasets.{name}"
    _one_of(f"{key}.families", entry.get("families", []), list_families())
    _one_of(f"{key}.protocol", [entry["protocol"]], list_protocols())
    try:
        reader = load_reader(entry["reader"])
        taken = inspect.signature(reader.read).parameters.values()
        known = [each.name for each in taken if each.kind is inspect.Parameter.KEYWORD_ONLY]
        _one_of("options", entry.get("options", {}), known)
        root = reader.locate(entry.get("root"))
        for sequence in entry["sequences"]:
            reader.inputs(root, sequence, **entry.get("options", {}))
            _check_prompts(entry, root, sequence)
    except (ValueError, OSError) as error:
        raise ValueError(f"{key}: {error}") from error


def _check_prompts(entry: Mapping[str, Any], root: Path | None, sequence: str) -> None:
    if "prompts" in entry:
        path = fill_path(entry["prompts"], root, sequence)
        if not path.is_file():
            raise FileNotFoundError(f"prompts: {path}: no such file")


def _check_variant(name: str, entry: Mapping[str, Any]) -> None:
    try:
        load_method(entry["method"])
    except ValueError as error:
        raise ValueError(f"variants.{name}: {error}") from error
    check_options(entry["method"], entry.get("options", {}), f"variants.{name}.options")


def _one_of(key: str, found: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise ValueError(f"{key}: expected some of {sorted(set(known))}, found {unknown}")
