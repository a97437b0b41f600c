"""What the compiler made of each network: the JSON file of `bench.compiler.compile`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

UNPADDED = "_unpadded"  # in the name of a model whose values are as narrow as before


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--compiled", type=Path, required=True, help="JSON file of bench.compiler.compile"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each network as it is exported (`record`), or for the others."""
    for argument, unpadded in (("record", False), ("unpadded", True)):
        if argument in metafunc.fixturenames:
            found = [each for each in _read(metafunc.config) if is_unpadded(each) == unpadded]
            names = ["-".join((r["model"], r["network"], r["precision"])) for r in found]
            metafunc.parametrize(argument, found, ids=names)


@pytest.fixture(scope="session")
def compiled(pytestconfig: pytest.Config) -> list[dict[str, Any]]:
    """The record of every network."""
    return _read(pytestconfig)


def is_unpadded(record: dict[str, Any]) -> bool:
    return record["model"].endswith(UNPADDED)


def _read(config: pytest.Config) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(config.getoption("--compiled").read_text())["networks"]
    return found
