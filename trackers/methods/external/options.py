"""Options of an external program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from trackers.option_types import Range
from trackers.parts.options import ResultFormat

_LONGEST = 10**6  # seconds: eleven days


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        command: The program and its arguments, a word each. In the words {sequence} becomes the
            folder it reads, {output} the file or folder it is to make, {environment} the folder of
            its virtual environment, {repository} the folder of this repository.
        format: Format of the result, one that `datasets.convert` reads without a ground truth.
        only_class: Name of the class of all objects, where the sequence has several and the result
            does not say which.
        environment: Name of a file in environments/, without .txt, that pins what a virtual
            environment is made of; None for a program that brings its own.
        timeout_s: Seconds after which the program and all it has started are stopped.
        copy_images: Whether it is given copies of images, for a container; else links.
    """

    command: tuple[str, ...]
    format: ResultFormat = "mot"
    only_class: str | None = None
    environment: str | None = None
    timeout_s: Annotated[float, Range(0, _LONGEST, exclusive=True)] = 3600
    copy_images: bool = False
