"""Check that config files are readable YAML: Snakemake's own error names neither file nor line.

python -m workflow.configs.files mine.yaml
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from datasets.io.program import run_main

_FLAGS = ("--configfile", "--configfiles")


def check_files(paths: Iterable[str]) -> None:
    """Raise ValueError for the first file that is missing, not YAML, or without keys."""
    for path in map(Path, paths):
        _read(path)


def read_configs(paths: Iterable[str]) -> dict[str, Any]:
    """Return the config of several files, each laid over those before it as by Snakemake.

    Raises:
        ValueError: As `check_files`.
    """
    config: Mapping[str, Any] = {}
    for path in paths:
        config = _laid_over(config, _read(Path(path)))
    return dict(config)


def _laid_over(config: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config with replaced values; mappings are merged key by key."""
    merged = dict(config)
    for key, value in overlay.items():
        before = config.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            merged[key] = _laid_over(before, value)
        else:
            merged[key] = value
    return merged


def config_files(arguments: Iterable[str]) -> list[str]:
    """Return the files that follow `--configfile` in the arguments of a command."""
    found, taking = [], False
    for argument in arguments:
        name, has_value, value = argument.partition("=")
        if argument.startswith("-"):
            taking = name in _FLAGS
            found += [value] if taking and has_value else []
        elif taking:
            found.append(argument)
    return found


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ValueError(f"{path}: no such config file") from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"{path}{_place(error)}: not YAML: {_problem(error)}") from error
    if not isinstance(content, Mapping):
        found = "nothing" if content is None else type(content).__name__
        raise ValueError(f"{path}: expected keys with values, such as `run: [...]`, found {found}")
    return content


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    parts = [getattr(error, name, None) for name in ("context", "problem")]
    return ": ".join(part for part in parts if part) or str(error).splitlines()[0]


def main() -> None:
    """Run the command line program."""
    check_files(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run_main(main))
