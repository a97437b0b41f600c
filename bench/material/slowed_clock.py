"""Time an artificially slowed tracker: each step is followed by work for a share of its time.

python -m bench.material.slowed_clock --slower 0.1 (flags of trackers.timing.other_checkout)
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time_ns
from typing import Any
from unittest import mock

import numpy as np

from datasets.io.program import run_main
from datasets.types import Frame, Sequence
from trackers.contract import Tracker, TrackerOutput
from trackers.timing import other_checkout
from trackers.timing.other_checkout import load_tracker_from

_BOXES = np.arange(48, dtype=float).reshape(12, 4)


class Slowed:
    """A tracker with longer steps.

    Args:
        tracker: The tracker to slow down.
        share: Additional work, as a share of the processor time of each step.
    """

    def __init__(self, tracker: Tracker, share: float) -> None:
        self._tracker, self._share = tracker, share

    def start(self, sequence: Sequence) -> None:
        self._tracker.start(sequence)

    def step(self, frame: Frame) -> TrackerOutput:
        begin = process_time_ns()
        output = self._tracker.step(frame)
        stepped = process_time_ns()
        until = stepped + self._share * (stepped - begin)
        while process_time_ns() < until:
            np.maximum(_BOXES[:, 0], _BOXES[:, 1])
        return output


def slowed(share: float) -> Callable[[Path, str, Mapping[str, Any]], Tracker]:
    """Return a function that loads slowed trackers."""

    def load(root: Path, method: str, options: Mapping[str, Any]) -> Tracker:
        return Slowed(load_tracker_from(root, method, options), share)

    return load


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slower", type=float, required=True, help="share of each step")
    args, remaining = parser.parse_known_args()
    with (
        mock.patch.object(sys, "argv", [sys.argv[0], *remaining]),
        mock.patch.object(other_checkout, "load_tracker_from", slowed(args.slower)),
    ):
        other_checkout.main()


if __name__ == "__main__":
    sys.exit(run_main(main))
