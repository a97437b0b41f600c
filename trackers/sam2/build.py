"""Build TensorRT engines from the ONNX networks in a folder.

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
from trackers.engines.tensorrt_build import (
    AxisRange,
    BuildFlags,
    Profile,
    add_flags,
    build_engine,
    build_flags,
    parse_range,
)
from trackers.sam2.networks import NETWORKS

_POINTS = AxisRange(1, 2, 8)  # points of a prompt; a box counts as two


def build_engines(
    networks: Path, folder: Path, objects: list[AxisRange], flags: BuildFlags
) -> None:
    """Build an engine of each network and write it to a folder.

    Args:
        networks: The folder of the ONNX files.
        folder: The folder of the engines.
        objects: Ranges of the number of objects in a frame; each becomes a profile.

    Raises:
        RuntimeError: TensorRT is not installed or fails, or there is no GPU.
        ValueError: TensorRT cannot parse one of the ONNX files.
    """
    facts = read_facts(networks)
    for name in NETWORKS:
        onnx, output = networks / f"{name}.onnx", folder / f"{name}.engine"
        build_engine(onnx, output, profiles(name, objects), flags)
    write_json(folder / CARD, facts)


def profiles(network: str, objects: list[AxisRange]) -> list[Profile]:
    """Return the profiles of a network; the encoder, which has no objects, needs one."""
    own = objects[:1] if network == "encode" else objects
    return [{"objects": each, "points": _POINTS} for each in own]


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--networks", type=Path, required=True, help=f"exported networks, .../{CARD}"
    )
    parser.add_argument("--output", type=Path, required=True, help=f"built engines, .../{CARD}")
    parser.add_argument(
        "--objects",
        type=parse_range,
        nargs="+",
        default=[AxisRange(1, 4, 16)],
        help="number of objects as minimum:optimum:maximum, one profile each",
    )
    add_flags(parser)
    args = parser.parse_args()
    build_engines(args.networks.parent, args.output.parent, args.objects, build_flags(args))


if __name__ == "__main__":
    sys.exit(run_main(main))
