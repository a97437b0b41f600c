"""Build the TensorRT engine of a single network from the ONNX file in a folder.

python -m trackers.networks.build --networks engines/yolox_demo/fp16/networks.json
    --output engines/yolox_demo/fp16/tensorrt/networks.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.io.files import read_json, write_json
from datasets.io.program import run_main
from trackers.engines.card import CARD
from trackers.engines.tensorrt_build import (
    AxisRange,
    BuildFlags,
    add_flags,
    build_engine,
    build_flags,
    parse_range,
)
from trackers.networks.opening import ENGINE

OBJECTS = AxisRange(1, 8, 32)  # crops per call, unless the config says otherwise


def build_network(
    networks: Path, folder: Path, objects: Sequence[AxisRange], flags: BuildFlags
) -> None:
    """Build an engine of the network in a folder, and write it to another with its card.

    Args:
        networks: The folder of the ONNX file, which `export` or `convert` made.
        folder: The folder of the engine, inside the other.
        objects: Ranges of the number of objects per call, if that axis is dynamic; each becomes a
            profile. The card then says their maximum: more objects run in several calls.

    Raises:
        FileNotFoundError: A file is missing.
        RuntimeError: TensorRT is not installed or fails, or there is no GPU.
        ValueError: TensorRT cannot parse the ONNX file, or several of its axes are dynamic.
    """
    card: dict[str, Any] = read_json(networks / CARD)
    onnx = networks / card["file"]
    output = (folder / onnx.name).with_suffix(ENGINE)
    inputs = read_json(onnx.with_name(onnx.name + ".json"))["inputs"]
    axes = {axis for each in inputs.values() for axis in each["shape"] if isinstance(axis, str)}
    if len(axes) > 1:
        raise ValueError(f"{onnx}: expected at most one dynamic axis, found {sorted(axes)}")
    profiles = [dict.fromkeys(axes, each) for each in (objects if axes else objects[:1])]
    build_engine(onnx, output, profiles, flags)
    batch = {"batch": max(each.max for each in objects)} if axes else {}
    write_json(folder / CARD, card | {"file": output.name} | batch)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--networks", type=Path, required=True, help=f"exported network, .../{CARD}"
    )
    parser.add_argument("--output", type=Path, required=True, help=f"built engine, .../{CARD}")
    parser.add_argument(
        "--objects",
        type=parse_range,
        nargs="+",
        default=[OBJECTS],
        help="number of crops per call as minimum:optimum:maximum, one profile each",
    )
    add_flags(parser)
    args = parser.parse_args()
    build_network(args.networks.parent, args.output.parent, args.objects, build_flags(args))


if __name__ == "__main__":
    sys.exit(run_main(main))
