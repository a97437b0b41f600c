"""Network cards, which the workflow reads for every variant before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.support.broken.by_nodes import BILLION_LAUGHS
from trackers.engines.card import CARD, card_files, read_fields, replace_networks


@dataclass(frozen=True)
class Card:
    file: str
    size: tuple[int, int] | None = None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        f"a0: &a0 [1, 1]\n{BILLION_LAUGHS}file: *a12\n",
        f"file: {'x' * 5000}",
        "file: [1]",
        "file: 1",
        "file: a\0b",
        "- file",
        "\ufffe",
        "a" * 300_000,
    ],
)
def test_an_invalid_card_does_not_stop_the_planning_of_variants(tmp_path, text):
    path = tmp_path / "card.yaml"
    path.write_text(text)
    assert card_files(str(path)) == [path]


def test_external_data_belongs_to_a_network(tmp_path):
    network, data = tmp_path / "a.onnx", tmp_path / "a.onnx.data"
    for path in (network, data):
        path.touch()
    (tmp_path / "card.yaml").write_text("file: a.onnx")
    assert card_files(str(tmp_path / "card.yaml")) == [tmp_path / "card.yaml", network, data]
    assert card_files(str(network)) == [network, data]


@pytest.mark.parametrize("text", ["[" * 200, f"a0: &a0 [1]\n{BILLION_LAUGHS}file: *a12\n"])
def test_a_card_that_would_exhaust_the_stack_or_memory_is_rejected(tmp_path, text):
    path = tmp_path / "card.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"card\.yaml: not valid YAML: line"):
        read_fields(path, Card, "a detector")


def test_a_folder_has_a_card_only_when_its_networks_are_complete(tmp_path):
    (tmp_path / CARD).write_text("old")
    (tmp_path / "detect.onnx").write_text("old")
    (tmp_path / "engines").mkdir()
    with replace_networks(tmp_path) as part:
        (part / "detect.onnx").write_text("new")
        (part / CARD).write_text("new")
        assert (tmp_path / CARD).read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {CARD, "detect.onnx", "engines"}
    assert (tmp_path / "detect.onnx").read_text() == (tmp_path / CARD).read_text() == "new"
    with pytest.raises(ZeroDivisionError), replace_networks(tmp_path):
        raise ZeroDivisionError
    assert (tmp_path / CARD).read_text() == "new"
