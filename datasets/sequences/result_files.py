"""Results of sequences: <results>/<sequence>.txt or a folder of masks, or in <results>/data/.

Source: the folders of a tracker in TrackEval 1.3.0, where `data` holds its results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

_DATA = "data"  # folder of a tracker's files in TrackEval's layout


def list_texts(folder: Path) -> list[str]:
    """Return the sorted names of the sequences with a text file, without hidden files."""
    return sorted(path.stem for path in folder.glob("[!.]*.txt"))


def find_result(results: Path, sequence: str) -> Path:
    """Return the text file with the results of a sequence.

    Raises:
        FileNotFoundError: There is none.
        ValueError: There are two.
    """
    return _find(results, f"{sequence}.txt", Path.is_file, "file")


def find_result_folder(results: Path, sequence: str) -> Path:
    """Return the folder with the results of a sequence; errors as for `find_result`."""
    return _find(results, sequence, Path.is_dir, "folder")


def _find(results: Path, name: str, exists: Callable[[Path], bool], kind: str) -> Path:
    plain, data = results / name, results / _DATA / name
    if exists(plain) and exists(data):
        raise ValueError(f"{results}: expected one {kind} of results, found {plain} and {data}")
    if not exists(plain) and not exists(data):
        where = f"results are read from {name} or {_DATA}/{name} in this folder"
        raise FileNotFoundError(f"{plain}: no such {kind}: {where}")
    return plain if exists(plain) else data


def results_folder(results: Path, sequences: Iterable[str]) -> Path:
    """Return the folder `data` below the results if the sequences have their results there."""
    data = results / _DATA
    names = [name for each in sequences for name in (f"{each}.txt", each)]
    return data if any((data / name).exists() for name in names) else results
