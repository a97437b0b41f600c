"""Compare the numbers of two folders of results, to the last bit.

    python -m workflow.result_diff before/results results
    python -m workflow.result_diff before.json after.json

Compares tracks.parquet, score.json and combined.json of all variants, or two files, except for
`origin`, the digest of config and code in a score. The exit code is 1 where something differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets.io.files import read_json
from datasets.io.program import run_main
from datasets.run_layout import COMBINED, SCORE, TRACKS

_COMPARED = (TRACKS, SCORE, COMBINED)
_NOT_COMPARED = "origin"  # a digest of config and code


def compare_results(before: Path, after: Path) -> tuple[int, list[str]]:
    """Return the number of compared files, and a line for each that differs.

    Raises:
        ValueError: Neither side has a result.
    """
    if before.is_file() and after.is_file():
        pairs = {before.name: (before, after)}
    else:
        names = sorted({*_names(before), *_names(after)})
        pairs = {name: (before / name, after / name) for name in names}
    if not pairs:
        raise ValueError(f"{before}: expected some of {list(_COMPARED)}, found none")
    found = ((name, _difference(*paths)) for name, paths in pairs.items())
    return len(pairs), [f"{name}: {difference}" for name, difference in found if difference]


def _names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.name in _COMPARED:
            yield path.relative_to(folder).as_posix()


def _difference(before: Path, after: Path) -> str:
    """Return the first difference, empty where there is none."""
    for path in (before, after):
        if not path.is_file():
            return f"not in {path.parent}"
    if before.read_bytes() == after.read_bytes():
        return ""
    if before.suffix != ".json":
        return "different bytes"
    return next(_values(read_json(before), read_json(after), ""), "")


def _values(before: Any, after: Any, key: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after} - {_NOT_COMPARED}):
            yield from _values(before.get(name), after.get(name), f"{key}.{name}".strip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, both in enumerate(zip(before, after, strict=True)):
            yield from _values(*both, f"{key}[{number}]")
    elif before != after:
        yield f"{key}: {before!r:.60} before, {after!r:.60} after"


def main() -> int:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="folder of results, or one file of numbers")
    parser.add_argument("after", type=Path)
    args = parser.parse_args()
    count, lines = compare_results(args.before, args.after)
    print("\n".join([*lines, f"{count} files compared, {len(lines)} differ"]))
    return bool(lines)


if __name__ == "__main__":
    sys.exit(run_main(main))
