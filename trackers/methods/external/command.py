"""The command line of an external program, and the files of this repository in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from trackers.methods.external.options import Options

REPOSITORY = Path(__file__).parents[3]
_ENVIRONMENTS = "engines/environments"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_REQUIRED = ("{sequence}", "{output}")


def check_command(options: Options) -> None:
    """Raise ValueError if the command or the name of its environment is invalid."""
    words, name = options.command, options.environment
    for placeholder in _REQUIRED:
        if not any(placeholder in word for word in words):
            raise ValueError(
                f"command: expected {placeholder} in one of the words, found {list(words)}"
            )
    if name is not None and not _NAME.fullmatch(name):
        raise ValueError(f"environment: expected the name of a requirements file, found {name!r}")
    if name is None and any("{environment}" in word for word in words):
        raise ValueError(
            "environment: expected a name, because command has {environment}, found none"
        )


def fill_command(options: Options, sequence: Path, output: Path) -> list[str]:
    """Return the words of the command with their placeholders replaced by paths."""
    name = options.environment
    paths = {
        "{sequence}": sequence,
        "{output}": output,
        "{environment}": environment_folder(name).resolve() if name else "",
        "{repository}": REPOSITORY,
    }
    return [_fill(word, paths) for word in options.command]


def _fill(word: str, paths: Mapping[str, object]) -> str:
    pattern = "|".join(map(re.escape, paths))
    return re.sub(pattern, lambda found: str(paths[found[0]]), word)


def environment_folder(name: str) -> Path:
    """Return the folder of the virtual environment of a requirements file."""
    return Path(_ENVIRONMENTS, name)


def versions_path(name: str) -> Path:
    """Return the path of an environment's package list, which is written once it is complete."""
    return environment_folder(name) / "versions.txt"


def list_files(options: Options) -> list[str]:
    """Return the files of this repository that a command names, relative to its root."""
    named = [
        word.removeprefix("{repository}/")
        for word in options.command
        if word.startswith("{repository}/")
    ]
    return [name for name in named if (REPOSITORY / name).is_file()]
