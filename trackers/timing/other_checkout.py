"""Time a tracker of another checkout with the clock of this one.

    cd OTHER && PYTHONPATH=HERE python -P -m trackers.timing.other_checkout
        --root OTHER --inputs image (flags of trackers.timing.calibrated_clock)

Clock, fixed work, frames and checks come from this checkout: if each side were timed by its own
program, differences between the programs would show as differences in speed. The tracker and all it
imports come from the other checkout. Both need to share only `load_tracker` and the contract:
`start`, `step`, the fields of a frame and of a tracker output.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from datasets.formats.parquet import read_tracks
from datasets.io.program import run_main
from datasets.masks.mask_set import Masks
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Frame, Sequence
from trackers.contract import INPUTS, Method, Tracker, TrackerOutput
from trackers.timing.calibrated_clock import add_flags, measure
from trackers.timing.clock import TimedRun

_PACKAGES = ("datasets", "trackers")


class AdaptedTracker:
    """A tracker of another checkout, whose output is converted to this checkout's types."""

    def __init__(self, tracker: Any) -> None:
        self._tracker = tracker

    def start(self, sequence: Sequence) -> None:
        self._tracker.start(sequence)

    def step(self, frame: Frame) -> TrackerOutput:
        output = self._tracker.step(frame)
        mask = output.mask
        if mask is not None and not isinstance(mask, np.ndarray):
            mask = Masks(mask.runs, mask.height, mask.width)
        return TrackerOutput(output.track, output.box, output.score, output.class_id, mask)


def load_tracker_from(root: Path, method: str, options: Mapping[str, Any]) -> Tracker:
    """Return a tracker of the checkout in `root`; later imports load that checkout's packages.

    Raises:
        ImportError, AttributeError, ValueError: The checkout has no such tracker.
    """
    for name in [name for name in sys.modules if name.split(".")[0] in _PACKAGES]:
        del sys.modules[name]  # this program has already imported what it needs
    sys.path.insert(0, str(root))
    contract = importlib.import_module("trackers.contract")
    return AdaptedTracker(contract.load_tracker(method, options))


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    parser.add_argument("--root", type=Path, required=True, help="folder of the other checkout")
    parser.add_argument(
        "--inputs", nargs="*", choices=sorted(INPUTS), default=[], help="what each frame carries"
    )
    args = parser.parse_args()
    prepared, expected = open_sequence(args.sequence), read_tracks(args.expect)
    method = Method(args.method, source=str(args.root), inputs=tuple(args.inputs))
    tracker = load_tracker_from(args.root, args.method, args.options)
    measure(TimedRun(tracker, method, prepared, expected, args.frames), args)


if __name__ == "__main__":
    sys.exit(run_main(main))
