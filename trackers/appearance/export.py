"""Export an OSNet to a folder: its ONNX file and its network card.

python -m trackers.appearance.export --weights data/weights/osnet_x0_25.pth
    --output engines/osnet_x0_25/fp32/networks.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from datasets.io.files import sha256, write_json
from datasets.io.program import run_main
from trackers.appearance.osnet import Osnet
from trackers.appearance.osnet_weights import CROPS, INPUT, load_osnet
from trackers.engines.card import (
    CARD,
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    replace_networks,
)
from trackers.engines.export import Signature, export_onnx
from trackers.engines.runner import PRECISIONS

_FILE = "embed.onnx"
OFFICIAL_SIDES = (
    256,
    128,
)  # height and width of the crops that official checkpoints were trained with
_EXAMPLES = 2  # crops in the traced example; any number is accepted


def signature(sides: tuple[int, int]) -> Signature:
    """Return the input of a network for crops of this height and width, as many as one likes."""
    return Signature({INPUT: torch.zeros(_EXAMPLES, 3, *sides)}, {INPUT: {0: CROPS}}, (INPUT,))


def export_osnet(
    model: Osnet, sides: tuple[int, int], folder: Path, precision: str
) -> dict[str, object]:
    """Write a network to a folder and return the content of its card."""
    export_onnx(model, signature(sides), folder / _FILE, precision, {})
    return {"file": _FILE, "size": sides, "mean": IMAGENET_MEAN, "divide": IMAGENET_DEVIATION}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="official checkpoint")
    parser.add_argument(
        "--input",
        type=int,
        nargs=2,
        default=OFFICIAL_SIDES,
        metavar=("HEIGHT", "WIDTH"),
        help="size of a crop in pixels",
    )
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--output", type=Path, required=True, help=f".../{CARD} to write")
    args = parser.parse_args()
    if args.output.name != CARD:
        parser.error(f"--output: expected .../{CARD}, found {args.output.name}")
    size, model = load_osnet(args.weights)
    height, width = args.input
    origin = {
        "weights": str(args.weights),
        "weights_sha256": sha256(args.weights),
        "size": size,
    }
    with replace_networks(args.output.parent) as part:
        card = export_osnet(model, (height, width), part, args.precision)
        write_json(part / CARD, card | {"origin": origin})


if __name__ == "__main__":
    sys.exit(run_main(main))
