"""Any program in an environment of its own: see `run.py`, which the workflow calls."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import NoReturn


def build(
    *,
    command: Many[str],
    format: str = "mot",
    environment: str | None = None,
    timeout_s: float = 3600,
    copy_images: bool = False,
) -> NoReturn:
    """Raise RuntimeError: the program is given whole sequences, not frames.

    Args:
        command: The program and its arguments, a word each. In the words `{sequence}` becomes the
            folder it reads, `{output}` the file or folder it is to make, `{environment}` the folder
            of its virtual environment, `{repository}` the folder of this repository.
        format: Of what it makes, one that `datasets.convert` reads without a truth.
        environment: Name of a file in `environments/`, without `.txt`, that pins what a virtual
            environment is made of; None for a program that brings its own.
        timeout_s: Seconds after which it and all it has started are stopped.
        copy_images: Whether it is given copies of images, for a container; else links.
    """
    del command, format, environment, timeout_s, copy_images
    raise RuntimeError(
        "external runs a program on whole sequences: make its tracks by the workflow, or by "
        "python -m trackers.methods.external.run"
    )
