"""The import graph of the repository, and the imports that each subpackage declares.

    python tests/import_graph.py

prints the number of imports between subpackages, the modules in each folder, and cycles.
A part is a subpackage, such as `datasets.masks`, or a module at the top of a stage, such as
`datasets.types`. A subpackage declares its imports in the docstring of its `__init__.py`; there
`datasets` allows all parts of that stage, because plug-ins may import whatever they need of it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
STAGES = ("datasets", "trackers", "metrics", "reports", "workflow", "bench")
NOTHING = "nothing of ours"


def imports(path: Path) -> set[str]:
    """Return the dotted names that a file imports anywhere.

    Raises:
        ValueError: An import is relative.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{path}: relative import")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def subpackages(root: Path = ROOT) -> list[str]:
    """Return the dotted names of the packages one level below a stage."""
    found = [path for stage in STAGES for path in root.glob(f"{stage}/*/__init__.py")]
    return sorted(".".join(path.parent.relative_to(root).parts) for path in found)


def part_of(name: str, root: Path = ROOT) -> str | None:
    """Return the part that a dotted name belongs to; None for a name outside the repository."""
    parts = name.split(".")
    if parts[0] not in STAGES or len(parts) < 2:
        return None
    place = root / parts[0] / parts[1]
    known = place.is_dir() or place.with_suffix(".py").is_file()
    return ".".join(parts[:2]) if known else None


def graph(root: Path = ROOT) -> dict[str, dict[str, set[Path]]]:
    """Return the parts that each part imports, with the importing files."""
    found: dict[str, dict[str, set[Path]]] = defaultdict(lambda: defaultdict(set))
    for stage in STAGES:
        for path in sorted((root / stage).rglob("*.py")):
            place = path.relative_to(root)
            here = part_of(".".join(place.with_suffix("").parts), root)
            for name in imports(path):
                there = part_of(name, root)
                if here and there and here != there:
                    found[here][there].add(place)
    return {here: dict(there) for here, there in found.items()}


def allowed(package: str, root: Path = ROOT) -> set[str] | None:
    """Return the parts that a subpackage declares as imports; None if it declares none."""
    path = root / package.replace(".", "/") / "__init__.py"
    text = ast.get_docstring(ast.parse(path.read_text()))
    match = re.search(r"May import: (.*)\.\Z", " ".join((text or "").split()))
    if not match:
        return None
    return set() if match[1] == NOTHING else set(re.split(r", | and ", match[1]))


def violations(root: Path = ROOT) -> list[str]:
    """Return undeclared imports, and declared ones that do not occur."""
    edges, found = graph(root), []
    for package in subpackages(root):
        permitted, parts = allowed(package, root), edges.get(package, {})
        if permitted is None:
            found.append(f"{package}: its docstring does not declare its imports")
            continue
        for there in sorted(parts):
            if not permitted & {there, there.split(".")[0]}:
                found += [f"{path} imports {there}" for path in sorted(parts[there])]
        unused = sorted(permitted - {*parts} - {*STAGES})
        found += [f"{package}: {each} is declared and not imported" for each in unused]
    return found


def cycles(edges: dict[str, dict[str, set[Path]]]) -> list[list[str]]:
    """Return groups of parts that import each other, directly or indirectly."""
    found: list[list[str]] = []
    reach = {part: _reachable(part, edges) for part in edges}
    for part in sorted(edges):
        group = sorted(each for each in reach[part] if part in reach.get(each, ()))
        if group and group not in found:
            found.append(group)
    return found


def _reachable(part: str, edges: dict[str, dict[str, set[Path]]]) -> set[str]:
    found: set[str] = set()
    waiting = list(edges.get(part, ()))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += edges.get(each, ())
    return found


def modules(root: Path = ROOT) -> dict[str, int]:
    """Return the number of modules in each folder of the stages, without `__init__.py`."""
    counts: dict[str, int] = defaultdict(int)
    for stage in STAGES:
        for path in (root / stage).rglob("*.py"):
            if path.name != "__init__.py":
                counts[path.parent.relative_to(root).as_posix()] += 1
    return dict(counts)


def main() -> None:
    """Print the structure of this repository, or of the one given as argument."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    edges = graph(root)
    inner = {
        (here, there): files
        for here, parts in edges.items()
        for there, files in parts.items()
        if len(here.split(".")) == 2
    }
    print(f"imports between subpackages: {sum(map(len, inner.values()))}")
    for folder, count in sorted(modules(root).items(), key=lambda each: -each[1])[:12]:
        print(f"{count:4d} modules in {folder}")
    for group in cycles(edges) or [["none"]]:
        print("cycle:", ", ".join(group))


if __name__ == "__main__":
    main()
