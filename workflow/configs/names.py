"""Check the names in a config that become folders: data sets, sequences, variants, models."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST = (
    200  # bytes: a file name has at most 255, and that of a log contains more than the sequence
)
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_REFUSED = "/{}<>"  # the path separator; Snakemake's wildcards and path variables
_REPEATED = re.compile(
    r"(.+?)\1{19,}\Z", re.DOTALL
)  # Snakemake takes such a name for an endless recursion
_RESERVED = {  # folders and files of the workflow in the same place
    "datasets": ("weights",),
    "engines": ("environments",),
    "variants": ("comparisons", "regression", "side_by_side"),
    "sequences": ("speed.json", "heatmap.json"),
}


def check_names(config: Mapping[str, Any]) -> None:
    """Raise ValueError for the first name that cannot name a folder or a file in Snakemake.

    Most names of sequences are allowed, with spaces and a leading dash too, because the data set
    chooses them. Data sets, variants and models are named by the author of the config.

    The message names the key, what was expected and what was found.
    """
    for kind in ("datasets", "engines", "variants"):
        names = {f"{kind}.{name}": name for name in config.get(kind, {})}
        for key, name in names.items():
            _check(key, name, _RESERVED[kind], _refuse_word(name))
        _check_alike(names)
    for dataset, entry in config["datasets"].items():
        place = f"datasets.{dataset}.sequences"
        names = {f"{place}[{number}]": name for number, name in enumerate(entry["sequences"])}
        for key, name in names.items():
            _check(key, name, _RESERVED["sequences"], _refuse_folder(name))
        _check_alike(names)


def _check(key: str, name: str, reserved: Iterable[str], expected: str) -> None:
    if name in reserved:
        expected = "a name that the workflow does not use itself"
    elif len(name.encode(errors="replace")) > _LONGEST:
        expected = f"a name of at most {_LONGEST} bytes"
    elif not expected and _REPEATED.search(name):
        expected = "a name that does not end in the same text 20 times"
    if expected:
        shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
        raise ValueError(f"{_escape(key)}: expected {expected}, found {shown!r}")


def _escape(key: str) -> str:
    """Return a key, shortened where it is long, with invisible characters escaped."""
    text = key if len(key) <= _LONGEST else f"{key[:_LONGEST]}..."
    return repr(text)[1:-1]


def _refuse_word(name: str) -> str:
    """Return what is expected instead, "" for a valid name."""
    if _WORD.fullmatch(name):
        return ""
    return "a name of A-Z, a-z, 0-9, _, . and - that does not begin with . or -"


def _refuse_folder(name: str) -> str:
    """Return what is expected instead, "" for a valid name."""
    if not name.isprintable():
        return "a name without control characters and other invisible ones"
    if any(each in name for each in _REFUSED):
        return f"a name without the characters {' '.join(_REFUSED)}"
    if name.startswith(".") or name != name.strip():
        return "a name without a leading dot and without spaces at its ends"
    return ""


def _check_alike(names: Mapping[str, str]) -> None:
    """Raise ValueError for two names that are equal on file systems that ignore case."""
    known: dict[str, str] = {}
    for key, name in names.items():
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in known:
            raise ValueError(
                f"{key}: expected a name that differs from {known[folded]!r} by more than case, "
                f"found {name!r}: on some file systems they are the same"
            )
        known[folded] = name
