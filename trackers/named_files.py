"""Find the files that a tracker's options name: weights, network cards, results, engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from trackers.contract import Method, fill_path
from trackers.engines.card import CARD, card_files

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
