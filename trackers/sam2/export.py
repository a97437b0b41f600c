"""Export the seven networks of a SAM 2 model to ONNX files in a folder, with their network card.

python -m trackers.sam2.export --size demo --weights demo.safetensors --precision fp16
    --output engines/sam2/demo/fp16/networks.json
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn

from datasets.io.files import read_json, sha256, write_json
from datasets.io.program import run_main
from datasets.io.progress import progress
from trackers.engines.card import CARD, replace_networks
from trackers.engines.export import Signature, export_onnx, facts_path
from trackers.engines.runner import PRECISIONS
from trackers.sam2.attention import pad_values
from trackers.sam2.loading import RANDOM, load_model
from trackers.sam2.modules import FRAME_INPUTS, example_inputs, input_names, modules, sizes

_OBJECTS = 3  # number of objects in the traced examples; the networks accept any number
PADDED = ("fp16", "bf16")  # precisions with padded values, see `pad_values`
_EXACT = ("points", "pointer_age")  # inputs that stay float32 in every precision


def export_model(model: SAM2Base, folder: Path, precision: str, origin: Mapping[str, str]) -> None:
    """Export the networks of a model to a folder.

    Args:
        precision: `fp32`, `fp16` or `bf16`.
        origin: Where the weights come from, recorded in the JSON files.

    Raises:
        ValueError: The precision is unknown.
    """
    networks, files = traceable(model), {}
    with replace_networks(folder) as part:
        for name in progress(networks, f"export {precision}", "network"):
            path, (module, signature) = part / f"{name}.onnx", networks[name]
            pad_values(module, padded=precision in PADDED)
            export_onnx(module, signature, path, precision, origin)
            files[name] = read_json(facts_path(path))["sha256"]
        facts = sizes(model) | {"precision": precision, "files": files} | dict(origin)
        write_json(part / CARD, facts)


def traceable(model: SAM2Base) -> dict[str, tuple[nn.Module, Signature]]:
    """Return the networks of a model by name, each with its inputs."""
    model = with_fixed_position(model)
    arrays = example_inputs(model, _OBJECTS)
    return {
        name: (module, _signature({each: arrays[each] for each in input_names(module)}))
        for name, module in modules(model).items()
    }


def _signature(inputs: Mapping[str, Tensor]) -> Signature:
    dynamic = {name: {0: "objects"} for name in inputs if name not in FRAME_INPUTS}
    for name in {"points", "labels"} & set(inputs):
        dynamic[name][1] = "points"
    return Signature(inputs, dynamic, _EXACT)


def with_fixed_position(model: SAM2Base) -> SAM2Base:
    """Return a copy whose image encoder has its position embedding precomputed.

    The official encoder resizes it with bicubic interpolation for every image.
    """
    fixed = copy.deepcopy(model)
    trunk: Any = fixed.image_encoder.trunk
    side = model.image_size // 4
    with torch.no_grad():
        embedding = trunk._get_pos_embed((side, side))
    trunk._get_pos_embed = lambda _: embedding
    return fixed


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", required=True, help="size of the model, such as tiny")
    parser.add_argument("--weights", required=True, help="file of weights, or `random`")
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--output", type=Path, required=True, help=f"network card, .../{CARD}")
    args = parser.parse_args()
    if args.output.name != CARD:
        parser.error(f"--output: expected .../{CARD}, found {args.output.name}")
    model = load_model(args.size, args.weights)
    origin = {"size": args.size, "weights": args.weights}
    if args.weights != RANDOM:
        origin["weights_sha256"] = sha256(Path(args.weights))
    export_model(model, args.output.parent, args.precision, origin)


if __name__ == "__main__":
    sys.exit(run_main(main))
