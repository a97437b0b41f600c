"""Values of the command line that several programs take."""

from __future__ import annotations

import argparse

_FASTEST = 1000


def frames_per_second(text: str) -> float:
    """Return a frame rate; ArgumentTypeError for what is none."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= _FASTEST:
        raise argparse.ArgumentTypeError(f"{text!r} found, expected frames per second")
    return rate
