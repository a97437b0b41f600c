"""Build TensorRT engines of the networks that were exported to a folder.

python -m trackers.sam2.build --networks engines/sam2_tiny/fp16/networks.json --objects 1:4:16
    --output engines/sam2_tiny/fp16/tensorrt/networks.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.io.files import write_json
from datasets.io.program import run_main
from trackers.engines.card import CARD
from trackers.engines.network_folder import read_facts
from trackers.engines.tensorrt_build import Flags, Range, add_flags, build_engine, flags_of
from trackers.sam2.networks import NETWORKS

_POINTS = Range(1, 2, 8)  # of a prompt; a box is two
_TIMES = "timing.cache"


def build_engines(networks: Path, folder: Path, objects: list[Range], flags: Flags) -> None:
    """Write an engine of each network to a folder.

    Args:
        networks: The folder of the ONNX files.
        objects: Of a frame; one profile each.

    Raises:
        RuntimeError: TensorRT is not installed or fails, or there is no GPU.
        ValueError: A file is not ONNX that TensorRT knows.
    """
    facts = read_facts(networks)
    profiles = [{"objects": each, "points": _POINTS} for each in objects]
    for name in NETWORKS:
        made = profiles if name != "encode" else profiles[:1]
        onnx, output = networks / f"{name}.onnx", folder / f"{name}.engine"
        build_engine(onnx, output, made, flags, folder / _TIMES)
    write_json(folder / CARD, facts)


def range_of(text: str) -> Range:
    """Return `least:best:most` as a range."""
    least, best, most = map(int, text.split(":"))
    return Range(least, best, most)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=Path, required=True, help=f".../{CARD}")
    parser.add_argument("--output", type=Path, required=True, help=f".../{CARD}")
    parser.add_argument("--objects", type=range_of, nargs="+", default=[Range(1, 4, 16)])
    add_flags(parser)
    args = parser.parse_args()
    build_engines(args.networks.parent, args.output.parent, args.objects, flags_of(args))


if __name__ == "__main__":
    sys.exit(run_main(main))
