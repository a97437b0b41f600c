"""Digests of a job's code: they change when code that the job imports changes, and only then.

Snakemake tracks the command of a rule, not the modules behind it. Each rule that runs a module
therefore has a digest of everything that this module imports from the repository in its params.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from workflow.parsed_code import Code, ParsedCode

_ROOT = Path(__file__).parent.parent
_LOCK = "requirements.lock"
_PARSED = ".cache/parsed_code.json"
_METHOD_MODULES = ("tracker", "run")


def clear_caches() -> None:
    """Forget the files read so far: they are cached for the life of the process."""
    for cached in (_parsed, _read, _file, _closure, code_digest):
        cached.cache_clear()


def digest(*parts: object) -> str:
    """Return a digest of JSON values; the order of keys does not matter."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@cache
def code_digest(*modules: str, files: tuple[str, ...] = ()) -> str:
    """Return a digest of modules, of the repository's modules they import, and of other files.

    Comments and layout are ignored. The versions of the libraries count, and so do YAML files
    beside a module, which the module reads or which describe its method.

    Args:
        modules: Dotted names, those of modules imported by name at run time included.
        files: Paths relative to the root of the repository, such as templates.

    Raises:
        ValueError: A module does not exist.
    """
    missing = [module for module in modules if _file(module) is None]
    if missing:
        raise ValueError(f"no such modules: {missing}")
    total = hashlib.sha256((_ROOT / _LOCK).read_bytes())
    closure = _closure(modules)
    for path in sorted(closure):
        total.update(f"{path.relative_to(_ROOT)}\n{_read(path).meaning}\n".encode())
    for beside in sorted({each for folder in _folders(closure) for each in folder.glob("*.yaml")}):
        total.update(f"{beside.relative_to(_ROOT)}\n".encode() + beside.read_bytes())
    for name in files:
        total.update(name.encode() + (_ROOT / name).read_bytes())
    _parsed(_ROOT).save()
    return total.hexdigest()[:16]


def method_digest(program: str, *methods: str) -> str:
    """Return a digest of a program and of the tracker or run module of each method.

    For a method without such a module, all files of its folder count.
    """
    modules, files = [program], []
    for method in methods:
        places = [f"trackers.methods.{method}.{name}" for name in _METHOD_MODULES]
        found = [place for place in places if _file(place)]
        modules += found
        files += [] if found else _files_of(_ROOT / "trackers" / "methods" / method)
    return code_digest(*modules, files=tuple(files))


def _files_of(folder: Path) -> list[str]:
    """Return the files of a folder relative to the repository's root, without Python's caches."""
    return sorted(
        path.relative_to(_ROOT).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    )


@cache
def _closure(modules: tuple[str, ...]) -> frozenset[Path]:
    """Return the files of the modules and of everything they import from the repository."""
    found: set[Path] = set()
    waiting = [_file(module) for module in modules]
    while waiting:
        path = waiting.pop()
        if path is None or path in found:
            continue
        found.add(path)
        waiting += [_file(name) for name in _read(path).imports]
    return frozenset(found)


def _folders(paths: Iterable[Path]) -> set[Path]:
    return {path.parent for path in paths}


@cache
def _read(path: Path) -> Code:
    return _parsed(_ROOT).read(path)


@cache
def _parsed(root: Path) -> ParsedCode:
    return ParsedCode(root / _PARSED)


@cache
def _file(module: str) -> Path | None:
    """Return a module's file; None for a name inside a module."""
    stem = _ROOT / module.replace(".", "/")
    package = stem / "__init__.py"
    return package if package.is_file() else _existing(stem.with_suffix(".py"))


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None
