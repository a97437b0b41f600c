"""Find the files that a tracker's options name: weights, network cards, results, engines."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from trackers.contract import Method, fill_path, load_method
from trackers.engines.card import CARD, card_files, network_of_card
from trackers.weights.fetch import read_catalogue

_WEIGHTS = Path("data", "weights")  # folder of downloaded weights
_NETWORK = (".onnx", ".engine")  # suffixes of network files and of the files that describe them


def named_files(
    method: Method, options: Mapping[str, Any], root: Path | str | None, sequence: str
) -> list[Path]:
    """Return the files and result folders that options and their defaults name for a sequence.

    Every text that is the path of an existing file counts, also in the options of a nested method.
    Missing files are left to the tracker to report.

    Args:
        root: Folder of the data set.
        sequence: Name of the sequence.
    """
    known = {**method.options, **options}
    declared = [known[name] for name in method.files if isinstance(known[name], str)]
    paths = [fill_path(text, root, sequence) for text in declared]
    texts = [fill_path(text, root, sequence) for text in _texts(known)]
    candidates = [
        path for text in texts if _looks_like_path(text) for path in card_files(str(text))
    ]
    return [*dict.fromkeys(path for path in [*paths, *candidates] if _is_input(path, paths))]


def made_files(method: Method, options: Mapping[str, Any]) -> list[Path]:
    """Return the files that options and their defaults name and rules make, also before they exist.

    These are the network cards of exported or built networks, and published weights, whether an
    option names them or a network card. Options of nested methods count too.
    """
    known = {**method.options, **options}
    found = []
    for name in method.engines:
        found += network_files(known[name]) if isinstance(known[name], str) else []
    texts = [text for text in known.values() if isinstance(text, str)]
    found += [_from_here(Path(text)) for text in texts if _is_published(Path(text))]
    for name, nested in method.methods.items():
        if isinstance(known[name], str):
            found += made_files(load_method(known[name]), known[nested] or {})
    return list(dict.fromkeys(found))


def network_files(option: str) -> list[Path]:
    """Return the files behind an option whose value is a network, its card or its folder.

    Those that exist, see `card_files`, and the published network of a card, also before it exists.
    """
    network = network_of_card(Path(option))
    published = [network] if network and _is_published(network) else []
    return list(dict.fromkeys(_from_here(path) for path in [*card_files(option), *published]))


def _is_published(path: Path) -> bool:
    """Return whether the rule `fetch_weights` makes a file."""
    return _from_here(path).parent == _WEIGHTS and path.name in read_catalogue()


def _from_here(path: Path) -> Path:
    """Return a path as rules name it: relative to the working directory if the file is in it."""
    relative = Path(os.path.relpath(path))
    return path if relative.parts[:1] == ("..",) else relative


def split_engines(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return single files, and the network cards of folders with the network files beside them."""
    single, engines = [], []
    for path in paths:
        if path.name == CARD:
            engines += [path, *_networks_beside(path)]
        else:
            single.append(path)
    return single, engines


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _looks_like_path(path: Path) -> bool:
    return len(path.parts) > 1 or bool(path.suffix)


def _is_input(path: Path, declared: list[Path]) -> bool:
    try:
        return path.is_file() or (path in declared and path.is_dir())
    except OSError:  # too long for a file name, as a script in an argument of a command
        return False


def _networks_beside(card: Path) -> list[Path]:
    return sorted(
        path
        for path in card.parent.iterdir()
        if path.is_file() and any(kind in path.suffixes for kind in _NETWORK)
    )
