"""Find the options a method declares: in options.py, the signature of `build`, or method.yaml."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trackers.options import REQUIRED, Option, options_of_class, options_of_function

IN_YAML = frozenset({"options", "required"})  # keys of method.yaml


def declared_options(folder: Path, content: Mapping[str, Any]) -> dict[str, Option]:
    """Return the options of a method.

    Args:
        folder: Folder of the method.
        content: Content of its method.yaml.

    Raises:
        ValueError: The declaration is invalid.
    """
    kind, path = options_class(folder), folder / "method.yaml"
    if kind is None and content.get("whole_sequences"):
        return _options_of_yaml(path, content)
    if kind is None:
        return _options_of_build(folder / "tracker.py")
    duplicated = sorted(content.keys() & IN_YAML)
    if duplicated:
        raise ValueError(f"{path}: expected the options only in options.py, found {duplicated}")
    return options_of_class(kind)


def options_class(folder: Path) -> type[Any] | None:
    """Return the dataclass `Options` of a method's options.py; None if there is no such file.

    Raises:
        ValueError: The file defines no class `Options`.
    """
    path = folder / "options.py"
    if not path.is_file():
        return None
    module = importlib.import_module(f"trackers.methods.{folder.name}.options")
    kind: type[Any] | None = getattr(module, "Options", None)
    if kind is None:
        raise ValueError(f"{path}: expected a dataclass Options, found none")
    return kind


def _options_of_yaml(path: Path, content: Mapping[str, Any]) -> dict[str, Option]:
    """Return the options that a method.yaml names, without types.

    Raises:
        ValueError: The options are not declared as names with defaults.
    """
    defaults, required = content.get("options", {}), content.get("required", [])
    if not isinstance(defaults, dict) or not all(isinstance(name, str) for name in defaults):
        raise ValueError(f"{path}: options: expected defaults by name, found {defaults}")
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        raise ValueError(f"{path}: required: expected a list of names, found {required}")
    named = {**dict.fromkeys(required, REQUIRED), **defaults}
    return {name: Option(default=default) for name, default in named.items()}


def _options_of_build(path: Path) -> dict[str, Option]:
    """Return the options of `build`.

    The file is parsed, not imported: the workflow reads the options of every variant before it
    starts, and a method may import heavy libraries.
    """
    for node in ast.parse(path.read_text(), str(path)).body:
        if isinstance(node, ast.FunctionDef) and node.name == "build":
            return options_of_function(node)
    raise ValueError(
        f"{path}: expected a function build(**options) that returns a tracker, found none"
    )
