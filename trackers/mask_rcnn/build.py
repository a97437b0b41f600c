"""Build TensorRT engines from the ONNX networks in a folder.

python -m trackers.mask_rcnn.build --networks engines/masktrack_demo/fp16/networks.json
    --output engines/masktrack_demo/fp16/tensorrt/networks.json
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
    add_flags,
    build_engine,
    build_flags,
)
from trackers.mask_rcnn.loading import NETWORKS
from trackers.mask_rcnn.segmenter import PROPOSALS
from trackers.mask_rcnn.sizes import BOXES

_BOXES_OF_LEVEL = AxisRange(1, 50, PROPOSALS + 1)  # the segmenter adds one box to every level
PROFILE = {f"of_{name}": _BOXES_OF_LEVEL for name in BOXES}


def build_engines(networks: Path, folder: Path, flags: BuildFlags) -> None:
    """Build an engine of each network and write it to a folder.

    Args:
        networks: The folder of the ONNX files.
        folder: The folder of the engines.

    Raises:
        RuntimeError: TensorRT is not installed or fails, or there is no GPU.
        ValueError: TensorRT cannot parse one of the ONNX files.
    """
    facts = read_facts(networks)
    for name in NETWORKS:
        onnx, output = networks / f"{name}.onnx", folder / f"{name}.engine"
        build_engine(onnx, output, [PROFILE], flags)
    write_json(folder / CARD, facts)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--networks", type=Path, required=True, help=f"exported networks, .../{CARD}"
    )
    parser.add_argument("--output", type=Path, required=True, help=f"built engines, .../{CARD}")
    add_flags(parser)
    args = parser.parse_args()
    build_engines(args.networks.parent, args.output.parent, build_flags(args))


if __name__ == "__main__":
    sys.exit(run_main(main))
