from __future__ import annotations

import copy

import pytest
import yaml

from tests.support.paths import ROOT
from workflow.configs.checks import check_config


@pytest.fixture
def config() -> dict:
    files = ("datasets", "trackers", "config")
    merged: dict = {}
    for name in files:
        merged |= yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    return copy.deepcopy(merged)


def test_the_default_config_passes(config):
    check_config(config)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (
            ["run", 0, "dataset"],
            "mot71",
            r"run\[0\]\.dataset: expected some of .*, found \['mot71'\]",
        ),
        (
            ["run", 1, "variants"],
            ["sotr"],
            r"run\[1\]\.variants: expected some of .*, found \['sotr'\]",
        ),
        (
            ["run", 0, "clock"],
            ["nowhere"],
            r"run\[0\]\.clock: expected some of .*, found \['nowhere'\]",
        ),
        (
            ["run", 1, "protocol"],
            "mot15",
            "expected each dataset once per protocol",
        ),
        (
            ["run", 1, "protocol"],
            "mot71",
            r"run\[1\]\.protocol: expected some of .*, found \['mot71'\]",
        ),
        (
            ["run", 1, "families"],
            ["hato"],
            r"run\[1\]\.families: expected some of .*, found \['hato'\]",
        ),
        (
            ["run", 1, "clock"],
            ["crowd"],
            r"run\[1\]\.clock: expected \['cro.*, found \['crowd'\]",
        ),
        (
            ["variants", "sort", "method"],
            "srot",
            r"variants\.sort: method: expected .*, found 'srot'",
        ),
        (["datasets", "tud", "sequences"], ["TUD"], r"datasets\.tud: unknown sequence 'TUD'"),
        (["datasets", "tud", "reader"], "tdu", r"datasets\.tud: unknown reader 'tdu'"),
        (
            ["datasets", "tud", "options"],
            {"a": 1},
            r"datasets\.tud: options: expected some of .*, found \['a'\]",
        ),
        (
            ["datasets", "tud", "prompts"],
            "no/{sequence}.json",
            r"prompts: no/TUD-Campus\.json: no such",
        ),
        (
            ["regression", "timed"],
            ["sotr"],
            r"regression\.timed: expected some of .*, found \['sotr'\]",
        ),
        (
            ["regression", "tolerances"],
            {"HOTTA": 0.1},
            r"regression\.tolerances: expected some of .*, found \['HOTTA'\]",
        ),
        (
            ["regression", "tolerances"],
            {"PTR": 0.1},
            r"regression\.tolerances: expected some of .*, found \['PTR'\]",
        ),
        (
            ["regression", "passes", "min"],
            99,
            r"regression\.passes: expected a min of at .*, found 99",
        ),
        (["datasets", "synthetic", "root"], "x", r"datasets\.synthetic: root: expected none"),
    ],
)
def test_a_wrong_name_is_reported_with_its_key(config, place, value, message):
    *way, last = place
    entry = config
    for step in way:
        entry = entry[step]
    entry[last] = value
    with pytest.raises(ValueError, match=message):
        check_config(config)
