"""The card of a network: a file in YAML or JSON beside it that says how it is used."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from datasets.io.files import file_in
from datasets.io.folders import replacing_folder
from datasets.io.yaml_text import read_yaml

CARD = "networks.json"  # in a folder that `export` made


@contextmanager
def replacing_networks(folder: Path) -> Iterator[Path]:
    """Yield a folder for networks and, written last, their card, which then appear in `folder`.

    The card that was there goes first: where there is a card, its networks are whole and its own.
    """
    with replacing_folder(folder) as part:
        yield part
        (folder / CARD).unlink(missing_ok=True)


def read_fields(path: Path, card: type, whose: str) -> dict[str, Any]:
    """Return what a card says, by the fields of a dataclass; `origin`, which `export` adds, goes.

    Args:
        path: Of the card, or of the folder that `export` made.
        card: A dataclass: a field without default must be there, and no other key may be.
        whose: The kind of network, for the messages.

    Raises:
        FileNotFoundError: There is no card.
        ValueError: It is not as it should be. Names the file and the key.
    """
    path = file_in(path, CARD)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such card of {whose}")
    content = read_yaml(path)
    known = [field.name for field in fields(card)]
    needed = [field.name for field in fields(card) if field.default is MISSING]
    if not isinstance(content, dict) or not set(needed) <= content.keys():
        raise ValueError(
            f"{path}: {', '.join(needed)} expected, found {reprlib.repr(content):.200}"
        )
    content.pop("origin", None)
    unknown = sorted(map(str, content.keys() - known))
    if unknown:
        raise ValueError(f"{path}: {unknown!r:.200} found, expected some of {sorted(known)}")
    return content


def network_path(path: Path, file: str) -> Path:
    """Return where the network is that the card in or at `path` calls `file`."""
    return (path if path.is_dir() else path.parent) / file


def files_of(option: str) -> list[Path]:
    """Return the files behind an option that names a card, or a folder that a rule makes.

    What the folder's card names a rule makes with it; what a card by hand names, if it can be read
    and is there, is a file of its own. What is wrong is left to the tracker, which says so.
    """
    path = Path(option)
    if not path.suffix:
        return [path / CARD]
    try:
        network = network_path(path, read_yaml(path)["file"])
        return [path, network] if network.is_file() else [path]
    except (OSError, ValueError, TypeError, KeyError):
        return [path]
