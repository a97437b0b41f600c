"""Digests of a job's code: they change when code that the job imports changes, and only then.

Snakemake tracks the command of a rule, not the modules behind it. Each rule that runs a module
therefore has a digest of everything that this module imports from the repository in its params.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_LOCK = "requirements.lock"
_METHOD_MODULES = ("tracker", "run")
_PACKAGES = ("datasets", "trackers", "metrics", "reports", "workflow")


@dataclass(frozen=True)
class _Code:
    """The parsed content of one module.

    Args:
        imports: Dotted names imported from this repository, with their parent packages.
        meaning: Source without comments and layout.
    """

    imports: frozenset[str]
    meaning: str


def clear_caches() -> None:
    """Forget the files read so far: they are cached for the life of the process."""
    for cached in (_read, _file, _closure, code_digest):
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
def _read(path: Path) -> _Code:
    """Parse a module. Its tree is not kept: garbage collection would walk it."""
    tree = ast.parse(path.read_text(), str(path))
    names = {
        ".".join(parts[:length])
        for node in _statements(tree)
        for name in _names(node)
        if (parts := name.split("."))[0] in _PACKAGES
        for length in range(1, len(parts) + 1)
    }
    return _Code(frozenset(names), ast.dump(tree))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements, nested ones included, without descending into expressions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, name, ())
        yield node


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _file(module: str) -> Path | None:
    """Return a module's file; None for a name inside a module."""
    stem = _ROOT / module.replace(".", "/")
    package = stem / "__init__.py"
    return package if package.is_file() else _existing(stem.with_suffix(".py"))


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None
