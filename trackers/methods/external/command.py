"""The command of an external program: its words, and the files of this repository in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from trackers.methods.external.options import Options

REPOSITORY = Path(__file__).parents[3]
_ENVIRONMENTS = "engines/environments"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_NEEDED = ("{sequence}", "{output}")


def check_command(options: Options) -> None:
    """Raise ValueError if the options cannot be a command and its environment."""
    words, name = options.command, options.environment
    for place in _NEEDED:
        if not any(place in word for word in words):
            raise ValueError(f"command: {list(words)} found, expected {place} in one of the words")
    if name is not None and not _NAME.fullmatch(name):
        raise ValueError(f"environment: {name!r} found, expected the name of a requirements file")
    if name is None and any("{environment}" in word for word in words):
        raise ValueError("command: {environment} found, but no option environment")


def fill_command(options: Options, sequence: Path, output: Path) -> list[str]:
    """Return the words of the command with its folders and files filled in."""
    name = options.environment
    places = {
        "{sequence}": sequence,
        "{output}": output,
        "{environment}": environment_folder(name).resolve() if name else "",
        "{repository}": REPOSITORY,
    }
    return [_fill(word, places) for word in options.command]


def _fill(word: str, places: Mapping[str, object]) -> str:
    pattern = "|".join(map(re.escape, places))
    return re.sub(pattern, lambda found: str(places[found[0]]), word)


def environment_folder(name: str) -> Path:
    """Return where the virtual environment of a requirements file is made."""
    return Path(_ENVIRONMENTS, name)


def versions_path(name: str) -> Path:
    """Return the list of what is in an environment; it is there once the environment is whole."""
    return environment_folder(name) / "versions.txt"


def list_files(options: Options) -> list[str]:
    """Return the files of this repository that a command names, from its root."""
    named = [
        word.removeprefix("{repository}/")
        for word in options.command
        if word.startswith("{repository}/")
    ]
    return [name for name in named if (REPOSITORY / name).is_file()]
