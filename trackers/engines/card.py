"""Network cards: YAML or JSON files beside a network that describe its inputs and outputs."""

from __future__ import annotations

import difflib
import reprlib
import typing
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from datasets.io.files import file_in
from datasets.io.folders import replacing_folder
from datasets.io.yaml_text import read_yaml
from trackers.option_types import accepts, as_declared, describe

CARD = "networks.json"  # name of the network card in a folder made by `export`
_ONNX, _CARDS = ".onnx", (".yaml", ".yml", ".json")  # suffixes
PerChannel = float | tuple[float, float, float]  # one number for all channels, or one for each
# of the pixels of ImageNet, red first, from 0 to 255
IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_DEVIATION = (58.395, 57.12, 57.375)


@contextmanager
def replace_networks(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder for networks and their card, whose files then move to `folder`.

    The caller writes the card last, and the old card is removed first: a card in `folder` always
    belongs to complete networks.
    """
    with replacing_folder(folder) as part:
        yield part
        (folder / CARD).unlink(missing_ok=True)


def read_fields(path: Path, card: type, whose: str) -> dict[str, Any]:
    """Return the keys and values of a network card, without `origin`, which `export` adds.

    Args:
        path: Path of the card, or of a folder made by `export`.
        card: Dataclass whose fields are the allowed keys, with their types and ranges; those
            without default are required.
        whose: Kind of network, for the message.

    Raises:
        FileNotFoundError: There is no card.
        ValueError: A key is missing or unknown, or its value is invalid. Names the file and the
            key.
    """
    path = file_in(path, CARD)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected the network card of {whose}, found no file")
    content = read_yaml(path)
    kinds = typing.get_type_hints(card, include_extras=True)
    needed = [field.name for field in fields(card) if field.default is MISSING]
    if not isinstance(content, dict) or not set(needed) <= content.keys():
        raise ValueError(
            f"{path}: expected the keys {', '.join(needed)}, found {reprlib.repr(content):.200}"
        )
    content.pop("origin", None)
    for name, value in content.items():
        if name not in kinds:
            raise ValueError(f"{path}: {name!r:.80}: {_unknown(name, kinds)}")
        if not accepts(kinds[name], value):
            raise ValueError(
                f"{path}: {name}: expected {describe(kinds[name])}, found {value!r:.200}"
            )
    return {name: as_declared(kinds[name], value) for name, value in content.items()}


def _unknown(name: object, known: Collection[str]) -> str:
    """Return what is wrong with an unknown key, with the nearest known key."""
    close = difflib.get_close_matches(str(name), known, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"expected one of the keys {', '.join(known)}, found an unknown key{hint}"


def network_path(path: Path, file: str) -> Path:
    """Return the path of the network file that a card names.

    Args:
        path: Path of the card or of its folder.
        file: Value of the key `file` of the card.
    """
    return (path if path.is_dir() else path.parent) / file


def card_files(option: str) -> list[Path]:
    """Return the files behind an option whose value is a network, its card or its folder.

    For a folder it is the card alone, since a rule makes the networks together with it. For a card
    written by hand it is the card and, if the card is readable and the network exists, the network
    with its external data. Errors are left to the tracker to report.
    """
    path = Path(option)
    if not path.suffix:
        return [path / CARD]
    if path.suffix == _ONNX:
        return [path, *_external_data(path)]
    network = network_of_card(path)
    try:
        exists = network is not None and network.is_file()
    except OSError:  # too long for a file name
        exists = False
    return [path, network, *_external_data(network)] if network and exists else [path]


def network_of_card(path: Path) -> Path | None:
    """Return the network file that a card written by hand names, whether or not it exists.

    None for a file that is no readable card.
    """
    if path.suffix not in _CARDS:
        return None
    try:
        return network_path(path, read_yaml(path)["file"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _external_data(network: Path) -> list[Path]:
    """Return the files of weights beside a network, as `a.onnx.data` or `a.onnx_data`."""
    names = (f"{network.name}.data", f"{network.name}_data")
    return [path for path in map(network.with_name, names) if path.is_file()]
