"""Options of an external program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from trackers.option_types import Range
from trackers.parts.options import ResultFormat

_MAX_TIMEOUT_S = 10**6  # seconds: eleven days


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of an external program.

    Args:
        command: Program and arguments, one word each. Placeholders in the words are replaced:
            {sequence} by the sequence folder to read, {output} by the file or folder to write,
            {environment} by the folder of the virtual environment, {repository} by the folder of
            this repository.
        format: Format of the result, one that `datasets.convert` reads without ground truth.
        only_class: Name of the class of all objects, required where the sequence has several
            classes and the result does not name them.
        environment: Name of a file in environments/, without .txt, that pins the packages of the
            program's virtual environment; None for a program that needs none.
        timeout_s: Seconds after which the program and all processes started by it are stopped.
        copy_images: Whether the sequence folder contains copies of the images, as a container
            needs, instead of links to them.
    """

    command: tuple[str, ...]
    format: ResultFormat = "mot"
    only_class: str | None = None
    environment: str | None = None
    timeout_s: Annotated[float, Range(0, _MAX_TIMEOUT_S, exclusive=True)] = 3600
    copy_images: bool = False
