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
        (["run", 0, "dataset"], "mot71", r"run\[0\]\.dataset: \['mot71'\] found, expected some of"),
        (["run", 1, "variants"], ["sotr"], r"run\[1\]\.variants: \['sotr'\] found"),
        (["run", 0, "clock"], ["nowhere"], r"run\[0\]\.clock: \['nowhere'\] found"),
        (
            ["run", 1, "protocol"],
            "mot15",
            "expected each dataset once per protocol",
        ),
        (["run", 1, "protocol"], "mot71", r"run\[1\]\.protocol: \['mot71'\] found"),
        (["run", 1, "families"], ["hato"], r"run\[1\]\.families: \['hato'\] found"),
        (
            ["run", 1, "clock"],
            ["crowd"],
            r"run\[1\]\.clock: \['crowd'\] found, expected \['cro",
        ),
        (["variants", "sort", "method"], "srot", r"variants\.sort: method 'srot' is unknown"),
        (["datasets", "tud", "sequences"], ["TUD"], r"datasets\.tud: unknown sequence 'TUD'"),
        (["datasets", "tud", "reader"], "tdu", r"datasets\.tud: unknown reader 'tdu'"),
        (["datasets", "tud", "options"], {"a": 1}, r"datasets\.tud: options: \['a'\] found"),
        (
            ["datasets", "tud", "prompts"],
            "no/{sequence}.json",
            r"prompts: no/TUD-Campus\.json: no such",
        ),
        (["regression", "timed"], ["sotr"], r"regression\.timed: \['sotr'\] found"),
        (
            ["regression", "tolerances"],
            {"HOTTA": 0.1},
            r"regression\.tolerances: \['HOTTA'\] found",
        ),
        (["regression", "tolerances"], {"PTR": 0.1}, r"regression\.tolerances: \['PTR'\] found"),
        (["regression", "passes", "min"], 99, r"regression\.passes: min 99 found, expected at"),
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
