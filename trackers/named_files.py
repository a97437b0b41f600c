"""The files that the options of a tracker name: weights, cards, result files, engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from trackers.contract import Method, fill_path
from trackers.engines.card import CARD, files_of

_NETWORK = (".onnx", ".engine")  # in the names of networks and of what stands beside them


def named_files(
    method: Method, options: Mapping[str, Any], root: Path | str | None, sequence: str
) -> list[Path]:
    """Return the files that options name for a sequence, defaults included, and result folders.

    Any text that names a file counts, as in the options of a tracker within another; what is not
    there is left to the tracker.

    Args:
        root: Folder of the data set.
        sequence: Its name.
    """
    known = {**method.options, **options}
    declared = [known[name] for name in method.files if isinstance(known[name], str)]
    paths = [fill_path(text, root, sequence) for text in declared]
    texts = [fill_path(text, root, sequence) for text in _texts(known)]
    maybe = [path for text in texts if _like_a_path(text) for path in files_of(str(text))]
    return [*dict.fromkeys(path for path in [*paths, *maybe] if _counts(path, paths))]


def split_engines(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Return files that stand alone, and those of the folders that have a card in them."""
    alone, engines = [], []
    for path in paths:
        if path.name == CARD:
            engines += [path, *_beside(path)]
        else:
            alone.append(path)
    return alone, engines


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _like_a_path(path: Path) -> bool:
    return len(path.parts) > 1 or bool(path.suffix)


def _counts(path: Path, declared: list[Path]) -> bool:
    try:
        return path.is_file() or (path in declared and path.is_dir())
    except OSError:  # longer than a name may be: a script in a word of a command
        return False


def _beside(card: Path) -> list[Path]:
    return sorted(
        path
        for path in card.parent.iterdir()
        if path.is_file() and any(kind in path.suffixes for kind in _NETWORK)
    )
