"""Plot the training of the demo SAM 2.

python -m trackers.training.curve --log trackers/weights/sam2_demo.json --plot docs/sam2_demo.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from datasets.io.files import read_json
from datasets.io.program import run_main

_COLOURS = ("#0a5fa8", "#d97706", "#15803d", "#a21caf")
_FRAMES = (0, 1, 3, 7)  # frames of a clip that are plotted


def draw(record: dict[str, Any], path: Path) -> None:
    """Plot the loss, and the mask IoU in some frames of a clip, over training steps."""
    from matplotlib.figure import Figure

    log, ends, end = record["log"], [], 0
    for stage in record["stages"]:
        end += stage["steps"]
        ends.append(end)
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    loss, iou = figure.subplots(1, 2)
    loss.plot([each["step"] for each in log], [each["loss"] for each in log], color=_COLOURS[0])
    loss.set(xlabel="step", ylabel="loss, mean of 100 steps", ylim=(0, None))
    for frame, colour in zip(_FRAMES, _COLOURS, strict=True):
        points = [(each["step"], each["iou"][frame]) for each in log if len(each["iou"]) > frame]
        if points:
            label = "prompted frame" if frame == 0 else f"{frame} frames later"
            iou.plot(*zip(*points, strict=True), ".", color=colour, label=label, markersize=5)
    iou.set(xlabel="step", ylabel="mask IoU in one batch", ylim=(0, 1))
    iou.legend(frameon=False, loc="lower right")
    for axes in (loss, iou):
        axes.spines[["top", "right"]].set_visible(False)
        for end in ends[:-1]:
            axes.axvline(end, color="#59636e", linewidth=0.8, linestyle=":")
    figure.savefig(path, dpi=130)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, required=True, help="JSON file beside the weights")
    parser.add_argument("--plot", type=Path, required=True, help="image file, such as curve.png")
    args = parser.parse_args()
    draw(read_json(args.log), args.plot)


if __name__ == "__main__":
    sys.exit(run_main(main))
