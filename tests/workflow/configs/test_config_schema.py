"""Messages for a config that violates its schema: short, with the key."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT
from workflow.configs.schema import check_schema

SCHEMA = ROOT / "config" / "schema.yaml"


@pytest.fixture
def config() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in ("datasets", "engines", "trackers", "config"):
        merged |= yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    return merged


def message(config: dict[str, Any]) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        check_schema(config, SCHEMA)
    return str(raised.value)


def test_the_default_config_is_valid(config):
    check_schema(config, SCHEMA)


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("clokc", {}, "clokc: unknown key, did you mean clock? Known: clock, datasets,"),
        ("speed", 1, "speed: unknown key, expected one of: clock, datasets, engines,"),
        (
            "variants.sort.option",
            {},
            "variants.sort.option: unknown key, did you mean options? Known: method, options,",
        ),
        ("run.0.clocks", [], "run[0].clocks: unknown key, did you mean clock?"),
        ("clock.frames", "many", "clock.frames: expected a whole number, found 'many'"),
        ("clock.frames", None, "clock.frames: expected a whole number, found nothing"),
        ("clock.frames", 0, "clock.frames: expected at least 1, found 0"),
        ("variants", ["sort"], "variants: expected keys with values, found ['sort']"),
        ("run", [], "run: expected a list of at least 1, found []"),
        ("families", ["hota", "hota"], "families: expected each only once, found ['hota', 'hota']"),
        (
            "clock.scenarios",
            ["single_stream", "streaming"],
            "clock.rates: missing",
        ),
        (
            "clock.scenarios",
            ["offline"],
            "clock.scenarios: expected 'single_stream' among them, found ['offline']",
        ),
        ("engines.x", {"kind": "onnx"}, "engines.x.weights: missing"),
        (
            "engines.x",
            {"kind": "onnx", "weights": "w"},
            "engines.x.kind: expected one of sam2, yolox, osnet, masktrack_rcnn, onnx_detector, "
            "onnx_embedding, found 'onnx'",
        ),
        (
            "engines.x",
            {"kind": "masktrack_rcnn", "weights": "w", "size": "s"},
            "engines.x.size: this key is not allowed here",
        ),
        ("variants.1", None, "variants.1: expected keys with values, found nothing"),
    ],
)
def test_an_error_names_its_key_and_what_was_expected(config, place, value, expected):
    *way, last = place.split(".")
    entry: Any = config
    for step in way:
        entry = entry[int(step) if isinstance(entry, list) else step]
    entry[last] = value
    lines = message(config).splitlines()
    assert any(line.startswith(expected) for line in lines), lines
    assert len(lines) <= 2


def test_a_key_that_yaml_reads_as_a_number_or_boolean_must_be_quoted(config):
    config["variants"][True] = {"method": "sort"}
    assert message(config) == "variants: expected text as key, found True: put it in quotes"


def test_many_errors_are_few_lines(config):
    config |= {f"key{number}": number for number in range(40)}
    lines = message(config).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "and 35 more"


def test_a_long_value_is_shortened(config):
    config["clock"]["frames"] = "x" * 9999
    assert len(message(config)) < 120
