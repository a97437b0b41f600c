"""Export a YOLOX network to a folder: its ONNX file and its network card.

python -m trackers.detectors.export --size nano --weights trackers/weights/yolox_demo.safetensors
    --classes pedestrian --input 288 384 --output engines/yolox_demo/fp32/networks.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence as Many
from pathlib import Path

import torch

from datasets.io.files import sha256, write_json
from datasets.io.program import run_main
from trackers.detectors.coco import COCO
from trackers.detectors.loading import INPUT, load_yolox
from trackers.detectors.yolox import SIZES, Yolox
from trackers.engines.card import CARD, replace_networks
from trackers.engines.export import Signature, export_onnx
from trackers.engines.runner import PRECISIONS

_FILE = "detect.onnx"
_STEP = 32  # side of the largest cell, in pixels


def export_yolox(
    model: Yolox, classes: Many[str], sides: tuple[int, int], folder: Path, precision: str
) -> dict[str, object]:
    """Write a network to a folder and return the content of its card."""
    height, width = sides
    signature = Signature({INPUT: torch.zeros(1, 3, height, width)}, {}, (INPUT,))
    export_onnx(model, signature, folder / _FILE, precision, {})
    return {"file": _FILE, "layout": "yolox", "classes": list(classes), "size": list(sides)}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", required=True, choices=SIZES, help="size of the network")
    parser.add_argument("--weights", type=Path, required=True, help="checkpoint")
    parser.add_argument(
        "--classes",
        nargs="+",
        action="extend",
        required=True,
        help="names of the classes in order, or coco",
    )
    parser.add_argument(
        "--input",
        type=int,
        nargs=2,
        required=True,
        metavar=("HEIGHT", "WIDTH"),
        help="size of the input in pixels",
    )
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--output", type=Path, required=True, help=f".../{CARD} to write")
    args = parser.parse_args()
    if args.output.name != CARD:
        parser.error(f"--output: expected .../{CARD}, found {args.output.name}")
    if any(side < _STEP or side % _STEP for side in args.input):
        parser.error(f"--input: expected multiples of {_STEP}, found {args.input}")
    classes = COCO if args.classes == ["coco"] else tuple(args.classes)
    model = load_yolox(args.size, args.weights, len(classes))
    height, width = args.input
    origin = {"weights": str(args.weights), "weights_sha256": sha256(args.weights)}
    with replace_networks(args.output.parent) as part:
        card = export_yolox(model, classes, (height, width), part, args.precision)
        write_json(part / CARD, card | {"origin": origin})


if __name__ == "__main__":
    sys.exit(run_main(main))
