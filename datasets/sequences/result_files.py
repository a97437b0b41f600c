"""Text files of results: <results>/<sequence>.txt, or in <results>/data/ as in TrackEval."""

from __future__ import annotations

from collections.abc import Iterable
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
    plain, data = (each / f"{sequence}.txt" for each in (results, results / _DATA))
    if plain.is_file() and data.is_file():
        raise ValueError(f"{results}: expected one file of results, found {plain} and {data}")
    if not plain.is_file() and not data.is_file():
        where = f"results are read from {plain.name} or {_DATA}/{plain.name} in this folder"
        raise FileNotFoundError(f"{plain}: no such file: {where}")
    return plain if plain.is_file() else data


def results_folder(results: Path, sequences: Iterable[str]) -> Path:
    """Return the folder `data` below the results if the sequences have their results there."""
    data = results / _DATA
    return data if any((data / f"{each}.txt").is_file() for each in sequences) else results
