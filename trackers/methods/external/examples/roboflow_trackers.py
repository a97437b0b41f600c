"""Run a box tracker of Roboflow's package `trackers` (Apache-2.0) on a MOTChallenge folder.

    python roboflow_trackers.py bytetrack FOLDER RESULT.txt

Runs in its own environment and imports nothing from this repository. Each tracker uses the
package's defaults and the frame rate of the sequence. Detections without a track, whose id is -1,
are left out.
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
    """Return the detections (N, 7): frame, left, top, right, bottom, score, class."""
    if not path.read_text().strip():
        return np.zeros((0, 7))
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    corner = rows[:, 2:4]
    return np.column_stack([rows[:, 0], corner, corner + rows[:, 4:6], rows[:, 6:8]])


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
    detections = read_detections(args.sequence / "det" / "det.txt")
    with args.output.open("w") as file:
        for frame in range(1, frames + 1):
            rows = detections[detections[:, 0] == frame]
            in_frame = Detections(
                rows[:, 1:5], confidence=rows[:, 5], class_id=rows[:, 6].astype(int)
            )
            output = tracker.update(in_frame)
            for each in np.flatnonzero(output.tracker_id >= 0):
                left, top, right, bottom = output.xyxy[each].tolist()
                file.write(
                    f"{frame},{output.tracker_id[each]},{left},{top},{right - left},{bottom - top},"
                    f"{output.confidence[each]},{output.class_id[each]},-1,-1\n"
                )


if __name__ == "__main__":
    main()
