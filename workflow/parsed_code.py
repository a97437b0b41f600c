"""What Python modules import and mean, kept in a file so that the next process parses less.

Parsing the 200 modules behind a plan takes some 0.4 s, at every start of Snakemake.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from datasets.io.files import read_json, write_json

_MAX_MODULES = 3000  # versions of modules kept; then only those that this process has read
_PACKAGES = ("datasets", "trackers", "metrics", "reports", "workflow")


@dataclass(frozen=True)
class Code:
    """The parsed content of one module.

    Args:
        imports: Dotted names imported from this repository, with their parent packages.
        meaning: Digest of the source without comments and layout.
    """

    imports: frozenset[str]
    meaning: str


class ParsedCode:
    """Modules parsed in this process and in earlier ones, by digest of their source.

    Args:
        path: JSON file that is read and written. One that cannot be used is replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._read, self._has_new = path, dict[str, Code](), False
        # another Python, or another version of this module, can parse in another way
        self._prefix = f"{sys.version}\n{Path(__file__).read_text()}\n".encode()
        try:
            self._kept = {key: Code(frozenset(i), m) for key, (i, m) in read_json(path).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            self._kept = {}

    def read(self, path: Path) -> Code:
        """Return the content of a module, which is parsed if its source is new."""
        source = path.read_bytes()
        key = hashlib.sha256(self._prefix + source).hexdigest()
        if key not in self._kept:
            self._kept[key], self._has_new = _parse(source, path), True
        self._read[key] = self._kept[key]
        return self._kept[key]

    def save(self) -> None:
        """Write what was parsed, if anything was; a folder that is read-only is left as it is."""
        if self._has_new:
            kept = self._kept if len(self._kept) <= _MAX_MODULES else self._read
            content = {key: [sorted(code.imports), code.meaning] for key, code in kept.items()}
            with suppress(OSError):
                write_json(self._path, content, indent=None)
            self._has_new = False


def _parse(source: bytes, path: Path) -> Code:
    """Parse a module. Its tree is not kept: garbage collection would walk it."""
    tree = ast.parse(source, str(path))
    names = {
        ".".join(parts[:length])
        for node in _statements(tree)
        for name in _names(node)
        if (parts := name.split("."))[0] in _PACKAGES
        for length in range(1, len(parts) + 1)
    }
    return Code(frozenset(names), hashlib.sha256(ast.dump(tree).encode()).hexdigest())


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
