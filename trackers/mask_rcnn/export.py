"""Export the four networks of a MaskTrack R-CNN to ONNX files in a folder, with their network card.

python -m trackers.mask_rcnn.export --weights trackers/weights/masktrack_demo.safetensors
    --output engines/masktrack_demo/fp32/networks.json
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from datasets.io.files import read_json, sha256, write_json
from datasets.io.program import run_main
from datasets.io.progress import progress
from trackers.engines.card import CARD, replace_networks
from trackers.engines.export import Signature, export_onnx, facts_path
from trackers.engines.runner import PRECISIONS
from trackers.mask_rcnn.card import Card, read_card
from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.loading import load_model
from trackers.mask_rcnn.modules import modules
from trackers.mask_rcnn.sizes import BOXES, LEVELS, SIZES, STRIDES

_OPSET = 21  # the last whose RoiAlign ONNX Runtime supports; it has no bfloat16 convolutions
_EXAMPLES = (3, 4, 5, 6)  # boxes of each level in the traced examples; any number is accepted


def export_model(
    networks: dict[str, nn.Module], card: Card, folder: Path, precision: str, origin: dict[str, str]
) -> None:
    """Export the networks to a folder; ValueError for an unknown precision.

    Args:
        networks: The networks by name.
        card: Their network card.
        precision: `fp32`, `fp16` or `bf16`.
        origin: Where the weights come from, recorded in the JSON files.
    """
    files = {}
    with replace_networks(folder) as part:
        for name, module in progress(networks.items(), f"export {precision}", "network"):
            path = part / f"{name}.onnx"
            export_onnx(module, signature(name, card), path, precision, origin)
            files[name] = read_json(facts_path(path))["sha256"]
        facts: dict[str, Any] = {"card": asdict(card), "precision": precision, "files": files}
        write_json(part / CARD, facts | origin)


def signature(network: str, card: Card) -> Signature:
    """Return the inputs of a network."""
    return _image_signature(card) if network == "pyramid" else _box_signature(card)


def _image_signature(card: Card) -> Signature:
    height, width = card.input
    return Signature({"image": torch.zeros(1, 3, height, width)}, {})


def _box_signature(card: Card) -> Signature:
    (height, width), channels = card.input, SIZES[card.size].channels
    arrays: dict[str, Tensor] = {
        name: torch.zeros(1, channels, height // stride, width // stride)
        for name, stride in zip(LEVELS, STRIDES, strict=False)
    }
    boxes = {name: torch.rand(count, 4) for name, count in zip(BOXES, _EXAMPLES, strict=True)}
    dynamic = {name: {0: f"of_{name}"} for name in BOXES}
    return Signature(arrays | boxes, dynamic, BOXES, _OPSET)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="file name.safetensors")
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--output", type=Path, required=True, help=f"network card, .../{CARD}")
    args = parser.parse_args()
    if args.output.name != CARD:
        parser.error(f"--output: expected .../{CARD}, found {args.output.name}")
    card = read_card(args.weights)
    origin = {"weights": str(args.weights), "weights_sha256": sha256(args.weights)}
    networks = modules(load_model(args.weights, card), CONVENTIONS[card.convention])
    export_model(networks, card, args.output.parent, args.precision, origin)


if __name__ == "__main__":
    sys.exit(run_main(main))
