"""The layout interface, and how layouts are found: each is a module of datasets/layouts."""

from __future__ import annotations

import importlib
from inspect import signature
from pathlib import Path
from typing import Any, Protocol, cast

from datasets.needs import Needs
from datasets.types import Tracks


class Layout(Protocol):
    """Ground truth and results of many sequences, arranged as a benchmark's own tools expect."""

    def list_sequences(self, truth: Path) -> list[str]:
        """Return the sorted names of the sequences that have ground truth."""

    def read_pair(
        self, truth: Path, results: Path, sequence: str, **options: Any
    ) -> tuple[Tracks, Tracks]:
        """Return ground truth and prediction of one sequence.

        Args:
            options: Options that the layout accepts: see `accepts`. `frames`: number of frames,
                where the files do not provide it. `ends`: whether the first and the last frame are
                scored. `counted_with`: sequence with which what is skipped or mended is counted,
                where a file holds several.

        Raises:
            OSError: A file is missing or cannot be read.
            ValueError: A file is invalid. Names file and line.
        """


def accepts(layout: Layout, option: str) -> bool:
    """Return whether the `read_pair` of a layout accepts an option."""
    return option in signature(layout.read_pair).parameters


def list_layouts() -> list[str]:
    """Return the names of all layouts."""
    return sorted(path.stem for path in Path(__file__).parent.glob("layouts/[!_]*.py"))


def load_layout(name: str, needs: Needs | None = None) -> Layout:
    """Return the module datasets/layouts/<name>.py; ValueError lists the known layouts.

    Args:
        needs: What is used of the files, for layouts with a function `with_needs`; by default all.
    """
    if name not in list_layouts():
        raise ValueError(f"unknown layout {name!r}: expected one of {list_layouts()}")
    module = importlib.import_module(f"datasets.layouts.{name}")
    adapt = getattr(module, "with_needs", None)
    return cast(Layout, module if needs is None or adapt is None else adapt(needs))
