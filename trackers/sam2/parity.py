"""Compare the networks of a SAM 2 model on an engine with PyTorch in float32 → JSON.

python -m trackers.sam2.parity --size tiny --weights sam2.1_hiera_tiny.pt --engine onnxruntime
    --networks engines/sam2_tiny/fp16/networks.json --output engines/sam2_tiny/fp16/parity.json

PyTorch tracks three objects, and later a fourth, through a short synthetic video. Each network on
the other engine gets the same inputs as the one on PyTorch, in frames in which the memory banks of
all objects are new, in which all are full, and in which they are mixed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import write_json
from datasets.io.program import run_main
from trackers.engines.card import CARD
from trackers.engines.contract import Engine
from trackers.engines.runner import PRECISIONS
from trackers.profiling.machine import describe_machine
from trackers.sam2.loading import load_model
from trackers.sam2.networks import NETWORKS, Networks, on_onnxruntime, on_tensorrt, on_torch
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

# state of the memory bank in the frames whose calls are compared
_MEMORY_BANKS = {0: "none", 1: "new", 17: "full", 18: "mixed"}
_SIDE = 160  # of the video, in pixels
_MIN_IOU, _MAX_DIFFERENCE = 0.99, 0.01  # of masks, and of predicted IoU, for networks that agree


@dataclass(frozen=True)
class Call:
    """Inputs and outputs of one call of a network, as numpy.

    Args:
        network: Name of the network.
        memory_bank: State of the memory bank: none, new, full or mixed.
    """

    network: str
    memory_bank: str
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]


def record(reference: Networks) -> list[Call]:
    """Return the calls of the networks while they track objects through the synthetic video."""
    calls: list[Call] = []
    state = ["none"]
    recording = {name: _recording(reference, name, state, calls) for name in NETWORKS}
    original = {each.name: getattr(reference, each.name) for each in fields(Networks)}
    session = Session(Networks(**{**original, **recording}))
    for frame, image in enumerate(_video(max(_MEMORY_BANKS) + 1)):
        state[0] = _MEMORY_BANKS.get(frame, "")
        session.track(image)
        session.prompt(_prompts(frame))
        session.memorize()
    return calls


def _recording(networks: Networks, name: str, state: list[str], calls: list[Call]) -> Engine:
    """Return an engine that records its calls while `state` names a state of the memory bank."""
    engine, get = getattr(networks, name), networks.arrays.get

    def run(**inputs: Any) -> Mapping[str, Any]:
        outputs: Mapping[str, Any] = engine(**inputs)
        if state[0]:
            copies = (
                {key: get(array).copy() for key, array in each.items()}
                for each in (inputs, outputs)
            )
            calls.append(Call(name, state[0], *copies))
        return outputs

    return run


def _video(count: int) -> Iterator[np.ndarray]:
    """Yield images (_SIDE, _SIDE, 3) of a bright square that moves across noise."""
    random = np.random.default_rng(0)
    background = random.integers(0, 120, (_SIDE, _SIDE, 3), np.uint8)
    for frame in range(count):
        image = background.copy()
        image[50:110, 20 + 3 * frame : 80 + 3 * frame] += 100
        yield image


def _prompts(frame: int) -> dict[int, Prompt]:
    if frame == 0:
        mask = np.zeros((_SIDE, _SIDE), bool)
        mask[50:110, 20:80] = True
        return {
            1: Prompt(box=np.array([20, 50, 80, 110])),
            2: Prompt(points=np.array([[50, 80]]), labels=np.array([1])),
            3: Prompt(mask=mask),
        }
    if _MEMORY_BANKS.get(frame) == "full":
        return {4: Prompt(box=np.array([71, 50, 131, 110]))}
    return {}


def compare(calls: list[Call], networks: Networks) -> list[dict[str, Any]]:
    """Return the differences between the recorded outputs and those of other networks, by call."""
    get, put = networks.arrays.get, networks.arrays.put
    rows = []
    for call in calls:
        engine = getattr(networks, call.network)
        outputs = engine(**{name: put(array) for name, array in call.inputs.items()})
        rows.append(_row(call, {name: get(outputs[name]) for name in call.outputs}))
    return rows


def _row(call: Call, found: Mapping[str, np.ndarray]) -> dict[str, Any]:
    finite = all(bool(np.isfinite(array).all()) for array in found.values())
    row: dict[str, Any] = {"network": call.network, "finite": finite}
    row["memory_bank"] = call.memory_bank
    agrees = finite
    if finite:
        row["differences"] = {name: _difference(call.outputs[name], found[name]) for name in found}
        row["largest"] = {name: float(np.abs(array).max()) for name, array in call.outputs.items()}
    if finite and "logits" in found:
        row["mask_iou"] = _min_iou(call.outputs["logits"] > 0, found["logits"] > 0)
        agrees = row["mask_iou"] >= _MIN_IOU and row["differences"]["iou"] <= _MAX_DIFFERENCE
    return row | {"agrees": agrees}


def _difference(expected: np.ndarray, found: np.ndarray) -> float:
    return float(np.abs(expected.astype(np.float64) - found).max())


def _min_iou(expected: np.ndarray, found: np.ndarray) -> float:
    """Return the minimum IoU of corresponding masks (B, L, L); it is 1 for two empty masks."""
    both, either = (expected & found).sum((1, 2)), (expected | found).sum((1, 2))
    return float(np.where(either == 0, 1, both / np.maximum(either, 1)).min())


def _compared(args: argparse.Namespace) -> Networks:
    """Return the networks that are compared with the reference."""
    folder = args.networks and args.networks.parent
    if args.engine == "torch":
        from trackers.engines.torch_engine import DTYPES, TorchArrays

        arrays = TorchArrays(args.device, DTYPES[args.precision])
        return on_torch(load_model(args.size, args.weights), arrays, args.mode)
    if folder is None:
        raise ValueError(f"--networks: expected .../{CARD}, found none")
    if args.engine == "onnxruntime":
        return on_onnxruntime(folder, args.device)
    return on_tensorrt(folder, args.onnx.parent)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", required=True, help="size of the model, such as tiny")
    parser.add_argument("--weights", required=True, help="file of weights, or `random`")
    parser.add_argument("--engine", choices=["torch", "onnxruntime", "tensorrt"], required=True)
    parser.add_argument("--networks", type=Path, help=f"the engine's networks, .../{CARD}")
    parser.add_argument(
        "--onnx", type=Path, help=f"for tensorrt, the networks it was built from, .../{CARD}"
    )
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32", help="for torch")
    parser.add_argument("--mode", default="eager", help="for torch: eager, compile or graphs")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--output", type=Path, required=True, help="JSON file")
    args = parser.parse_args()
    from trackers.engines.torch_engine import TorchArrays

    kind = "cpu" if args.device == "cpu" else "cuda"
    reference = on_torch(load_model(args.size, args.weights), TorchArrays(kind))
    rows = compare(record(reference), _compared(args))
    arguments = {key: str(value) for key, value in vars(args).items() if value is not None}
    facts = {"arguments": arguments, "machine": describe_machine()}
    write_json(args.output, facts | {"agrees": all(row["agrees"] for row in rows), "calls": rows})


if __name__ == "__main__":
    sys.exit(run_main(main))
