"""Convert a detector from any ONNX file with its card to a folder that `build` takes.

python -m trackers.detectors.convert --card config/cards/yolox_nano.yaml --precision fp16
    --output engines/yolox_nano_card/fp16/networks.json
"""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.program import run_main
from trackers.detectors.card import Card, read_card
from trackers.detectors.detector import load_detector
from trackers.detectors.metadata import combine, read_metadata
from trackers.detectors.network_input import find_input
from trackers.engines.card import network_path
from trackers.engines.onnx_engine import OnnxEngine
from trackers.networks.convert import convert_from_arguments, convert_network

_FILE = "detect.onnx"


def convert_detector(card_path: Path, folder: Path, precision: str) -> dict[str, Any]:
    """Write a detector to a folder and return the content of its card, in which nothing is open.

    Raises:
        FileNotFoundError: The card or the network does not exist.
        ValueError: The card or the network is invalid, or cannot be converted.
    """
    load_detector(str(card_path))  # reports a network that contradicts its card
    card = read_card(card_path)
    file = network_path(card_path, card.file)
    engine = OnnxEngine(file)
    metadata = read_metadata(engine.metadata, str(file))
    layout, names = combine(card, metadata, str(file))
    network_input = find_input(engine.inputs, card, metadata, layout)
    inputs, _ = network_input.prepare(np.zeros((*network_input.size, 3), np.uint8))
    shapes = {name: array.shape for name, array in inputs.items()}
    convert_network(file, shapes, folder / _FILE, precision)
    size = network_input.size
    said = replace(card, file=_FILE, layout=layout.name, classes=names, size=size)
    defaults = asdict(Card(_FILE))
    return {
        key: value for key, value in asdict(said).items() if key == "file" or value != defaults[key]
    }


def main() -> None:
    """Run the command line program."""
    convert_from_arguments(__doc__.splitlines()[0], convert_detector)


if __name__ == "__main__":
    sys.exit(run_main(main))
