"""Convert a re-identification network from any ONNX file with its card to a folder.

python -m trackers.appearance.convert --card config/cards/osnet.yaml --precision fp16
    --output engines/osnet_card/fp16/networks.json
"""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from datasets.io.program import run_main
from trackers.appearance.embedder import find_input, load_embedder, read_card
from trackers.appearance.osnet_weights import CROPS
from trackers.engines.card import network_path
from trackers.engines.onnx_engine import OnnxEngine
from trackers.networks.convert import convert_from_arguments, convert_network

_FILE = "embed.onnx"


def convert_embedder(card_path: Path, folder: Path, precision: str) -> dict[str, Any]:
    """Write a network to a folder and return the content of its card, in which nothing is open.

    Raises:
        FileNotFoundError: The card or the network does not exist.
        ValueError: The card or the network is invalid, or cannot be converted.
    """
    load_embedder(str(card_path))  # reports a network that contradicts its card
    card = read_card(card_path)
    file = network_path(card_path, card.file)
    found = find_input(file, OnnxEngine(file).inputs, card)
    count = found.batch if found.fixed and found.batch else CROPS
    convert_network(file, {found.name: (count, 3, *found.size)}, folder / _FILE, precision)
    said = asdict(replace(card, file=_FILE, size=found.size))
    return {key: value for key, value in said.items() if value is not None}


def main() -> None:
    """Run the command line program."""
    convert_from_arguments(__doc__.splitlines()[0], convert_embedder)


if __name__ == "__main__":
    sys.exit(run_main(main))
