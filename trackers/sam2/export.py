"""Export a SAM 2 model: its seven networks as ONNX files, and what runs them, in one folder.

python -m trackers.sam2.export --size demo --weights demo.safetensors --precision fp16
    --output engines/sam2/demo/fp16/networks.json
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from sam2.modeling.sam2_base import SAM2Base
from torch import Tensor, nn
from tqdm import tqdm

from datasets.files import read_json, sha256, write_json
from trackers.engines.contract import PRECISIONS
from trackers.engines.export import Signature, export_onnx, facts_path
from trackers.sam2.architecture import build_model, load_weights
from trackers.sam2.networks import FILES, NETWORKS, sizes
from trackers.sam2.split import Encoder, MaskPrompter, Memorizer, Prompter, Tracker

_OBJECTS, _POINTS = 3, 2  # of the examples that are traced; every other number runs as well
_OF_OBJECTS = ("labels", "points", "mask", "logits", "presence", "prompted", "memory")
_EXACT = ("points", "pointer_age")


def export_model(
    model: SAM2Base, folder: Path, precision: str, origin: Mapping[str, str]
) -> None:
    """Write the networks of a model to a folder.

    Args:
        precision: `fp32`, `fp16` or `bf16`.
        origin: Of the weights: goes into the JSON files.

    Raises:
        ValueError: The precision is unknown.
    """
    model = with_fixed_position(model)
    networks = tqdm(split(model), desc=f"export {precision}", total=len(NETWORKS), unit="network")
    files = {}
    for name, module, inputs in networks:
        path = folder / f"{name}.onnx"
        export_onnx(module, _signature(inputs), path, precision, origin)
        files[name] = read_json(facts_path(path))["sha256"]
    facts = sizes(model) | {"precision": precision, "files": files} | dict(origin)
    write_json(folder / FILES, facts)


def split(model: SAM2Base) -> Iterator[tuple[str, nn.Module, dict[str, Tensor]]]:
    """Yield name, module and example inputs of each network."""
    some = example(model)
    prompt = ("prompt_features", "high0", "high1")
    past = ("tokens", "high0", "high1", "memory", "memory_time", "pointer", "pointer_age")
    for name, module, takes in (
        ("encode", Encoder(model), ("image",)),
        ("prompt", Prompter(model, clicks=False), ("points", "labels", *prompt)),
        ("click", Prompter(model, clicks=True), ("points", "labels", *prompt)),
        ("mask_prompt", MaskPrompter(model), ("mask", *prompt)),
        ("track", Tracker(model, partial=False), past),
        ("track_partial", Tracker(model, partial=True), (*past, "memory_there", "pointer_there")),
        ("memorize", Memorizer(model), ("logits", "presence", "prompted", "memory_pixels")),
    ):
        yield name, module.eval(), {each: some[each] for each in takes}


def example(model: SAM2Base, objects: int = _OBJECTS, seed: int = 0) -> dict[str, Tensor]:
    """Return an array for each input of all networks, of the right shape and range, drawn at random.

    The first object is newborn: of its past there is one memory and one pointer. The last has all.
    """
    random = torch.Generator().manual_seed(seed)
    size, width, depth = model.image_size, model.hidden_dim, model.mem_dim
    side, memories, pointers = size // 16, model.num_maskmem, model.max_obj_ptrs_in_encoder

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random)

    def below(most: int, *shape: int) -> Tensor:
        return torch.randint(most, shape, generator=random)

    there = torch.linspace(0, 1, objects)[:, None]
    if objects == 1:
        there = there + 1
    return {
        "image": below(256, 1, size, size, 3).to(torch.uint8),
        "prompt_features": normal(1, width, side, side),
        "high0": normal(1, width // 8, 4 * side, 4 * side),
        "high1": normal(1, width // 4, 2 * side, 2 * side),
        "tokens": normal(1, side * side, width),
        "memory_pixels": normal(1, width, side, side),
        "points": below(size, objects, _POINTS, 2).float(),
        "labels": torch.tensor([[2, 3]] * objects),
        "mask": (normal(objects, 1, 1) + normal(1, size, size) > 0).float(),
        "memory": normal(objects, memories, side * side, depth),
        "memory_time": below(memories, objects, memories),
        "pointer": normal(objects, pointers, width),
        "pointer_age": below(100, objects, pointers).float(),
        "memory_there": torch.arange(memories) <= there * (memories - 1),
        "pointer_there": torch.arange(pointers) <= there * (pointers - 1),
        "logits": 8 * normal(objects, 4 * side, 4 * side),
        "presence": normal(objects),
        "prompted": torch.arange(objects) % 2 == 1,
    }


def _signature(inputs: Mapping[str, Tensor]) -> Signature:
    dynamic = {name: {0: "objects"} for name in inputs if name.startswith(_PER_OBJECT)}
    for name in {"points", "labels"} & set(inputs):
        dynamic[name][1] = "points"
    return Signature(inputs, dynamic, _EXACT)


def with_fixed_position(model: SAM2Base) -> SAM2Base:
    """Return a copy whose image encoder has its position embedding ready for the size of its images.

    The official one interpolates it, bicubic, for every image.
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
    parser.add_argument("--size", required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--output", type=Path, required=True, help=f".../{FILES}")
    given = parser.parse_args()
    if given.output.name != FILES:
        parser.error(f"--output: {given.output.name} found, expected .../{FILES}")
    model = build_model(given.size)
    load_weights(model, given.weights)
    origin = {"size": given.size, "weights": given.weights.name, "weights_sha256": sha256(given.weights)}
    export_model(model, given.output.parent, given.precision, origin)


if __name__ == "__main__":
    main()
