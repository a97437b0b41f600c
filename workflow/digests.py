"""What a job's code is: a digest that changes when code it imports changes, and only then.

Snakemake sees the command of a rule, not the modules behind it. Each rule that runs a module has
the digest of everything that module imports from this repository among its params.
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
_OF_A_METHOD = ("tracker", "run")
_OURS = ("datasets", "trackers", "metrics", "reports", "workflow")


@dataclass(frozen=True)
class _Code:
    """What a file says.

    Args:
        imports: The dotted names it imports of ours, packages on the way included.
        meaning: Its text but for comments and layout.
    """

    imports: frozenset[str]
    meaning: str


def forget() -> None:
    """Read files anew: what was read of them is kept for as long as the process runs."""
    for kept in (_read, _file, _closure, code_digest):
        kept.cache_clear()


def digest(*parts: object) -> str:
    """Return a digest of values that JSON can hold; the order of keys does not count."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@cache
def code_digest(*modules: str, files: tuple[str, ...] = ()) -> str:
    """Return a digest of modules, of all modules of ours they import, and of other files.

    Comments and layout do not count; the versions of the libraries do, and so does YAML that lies
    beside a module: it reads it, or its method is described by it.

    Args:
        modules: Dotted names. One that is found by name at run time must be named too.
        files: Paths from the root of the repository, such as templates.

    Raises:
        ValueError: There is no such module.
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
    """Return a digest of a program and of methods, with what runs one where it has its own.

    Of a method that has no such module all files of its folder count.
    """
    modules, files = [program], []
    for method in methods:
        places = [f"trackers.methods.{method}.{name}" for name in _OF_A_METHOD]
        found = [place for place in places if _file(place)]
        modules += found
        files += [] if found else _files_of(_ROOT / "trackers" / "methods" / method)
    return code_digest(*modules, files=tuple(files))


def _files_of(folder: Path) -> list[str]:
    """Return the files of a folder, from the root of the repository, but for what Python caches."""
    return sorted(
        path.relative_to(_ROOT).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    )


@cache
def _closure(modules: tuple[str, ...]) -> frozenset[Path]:
    """Return the files of the modules and of all they import of ours."""
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
    """Return what a file says; its tree is not kept, as collecting garbage would walk it."""
    tree = ast.parse(path.read_text(), str(path))
    names = {
        ".".join(parts[:length])
        for node in _statements(tree)
        for name in _names(node)
        if (parts := name.split("."))[0] in _OURS
        for length in range(1, len(parts) + 1)
    }
    return _Code(frozenset(names), ast.dump(tree))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements, those within others too; expressions, the most of a tree, hold none."""
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
    """Return a module's file; None for a name that is not a module but something in one."""
    stem = _ROOT / module.replace(".", "/")
    package = stem / "__init__.py"
    return package if package.is_file() else _existing(stem.with_suffix(".py"))


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None
