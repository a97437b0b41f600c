"""The box trackers of Roboflow's package `trackers` (Apache-2.0) on a folder of MOTChallenge.

    python roboflow_trackers.py bytetrack FOLDER RESULT.txt

Runs in its own environment and stands alone: of this repository it imports nothing. Each tracker
has the package's defaults and is told the frame rate. What it has no identity for, which it marks
with -1, is left out.
"""

from __future__ import annotations

import argparse
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import numpy as np
from supervision import Detections

CLASSES = {"sort": "SORTTracker", "bytetrack": "ByteTrackTracker", "oc_sort": "OCSORTTracker"}


def read_detections(path: Path) -> np.ndarray:
    """Return frame, left, top, right, bottom, score and class of each row."""
    if not path.read_text().strip():
        return np.zeros((0, 7))
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    near = rows[:, 2:4]
    return np.column_stack([rows[:, 0], near, near + rows[:, 4:6], rows[:, 6:8]])


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tracker", choices=CLASSES)
    parser.add_argument("sequence", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    info = ConfigParser()
    info.read(args.sequence / "seqinfo.ini")
    rate, frames = (info.getfloat("Sequence", "frameRate"), info.getint("Sequence", "seqLength"))
    tracker = getattr(import_module("trackers"), CLASSES[args.tracker])(frame_rate=rate)
    found = read_detections(args.sequence / "det" / "det.txt")
    with args.output.open("w") as file:
        for frame in range(1, frames + 1):
            rows = found[found[:, 0] == frame]
            seen = Detections(rows[:, 1:5], confidence=rows[:, 5], class_id=rows[:, 6].astype(int))
            told = tracker.update(seen)
            for each in np.flatnonzero(told.tracker_id >= 0):
                left, top, right, bottom = told.xyxy[each].tolist()
                file.write(
                    f"{frame},{told.tracker_id[each]},{left},{top},{right - left},{bottom - top},"
                    f"{told.confidence[each]},{told.class_id[each]},-1,-1\n"
                )


if __name__ == "__main__":
    main()
