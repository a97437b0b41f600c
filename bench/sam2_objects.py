"""Frame rate of SAM 2 by number of objects, compared with the official video predictor.

    python -m bench.sam2_objects --size demo --engine onnxruntime --output bench/sam2_objects.json

Both track the same objects in the same video, one pass each in turn, so that a slow machine slows
both. The passes do not overlap, because ours works on in the background after it has returned an
output. Frames count once all memory banks are full. The time of a frame is fitted as a constant
plus a share per object. The masks of both are compared in every frame.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch

from bench.material.official_sam2 import build_predictor, follow, make_lively, save_frames
from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.synthesis.rendering import play
from datasets.synthesis.scripts import SCENARIOS
from trackers.engines.checkpoint import read_checkpoint
from trackers.engines.torch_engine import MODES, TorchArrays
from trackers.profiling.machine import describe_machine
from trackers.sam2.networks import Networks, on_onnxruntime, on_torch
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

_PASSES = 3  # of each tool
_FULL = 17  # frames until every object has all memories and pointers
_PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def make_video(folder: Path, frames: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Write a synthetic crowd as images; return them and the boxes in the first frame."""
    draw = np.random.Generator(np.random.PCG64([1, 1, 1, 0]))
    clip = list(islice(play(draw, SCENARIOS["crowd"](draw)), frames))
    images = save_frames(folder, [image for image, _ in clip])
    return images, np.array([label.box for label in clip[0][1]])


def in_turn(
    theirs: Callable[[], Iterator[Any]], ours: Callable[[], Iterator[Any]]
) -> dict[str, Any]:
    """Return the seconds of each frame with full memory banks, and the lowest mask IoU.

    Args:
        theirs, ours: Functions that begin a pass.
    """
    seconds: dict[str, list[float]] = {"official": [], "ours": []}
    worst, largest = 1.0, 0.0
    for _ in range(_PASSES):
        other = _timed(theirs(), seconds["official"])
        own = _timed(ours(), seconds["ours"])
        for frame, each in other.items():
            for identity, logits in each.items():
                worst = min(worst, _iou(logits, own[frame][identity]))
                largest = max(largest, float(np.abs(logits - own[frame][identity]).max()))
    return {"seconds": seconds, "least_iou": worst, "largest_difference": largest}


def _timed(one: Iterator[Any], seconds: list[float]) -> dict[int, dict[int, np.ndarray]]:
    """Return the logits of a pass by frame and object; append the seconds of counted frames."""
    found = {}
    begin = perf_counter()
    for frame, logits in one:
        if frame >= _FULL:
            seconds.append(perf_counter() - begin)
        found[frame] = logits
        begin = perf_counter()
    return found


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    either = ((one > 0) | (other > 0)).sum()
    return float(((one > 0) & (other > 0)).sum() / either) if either else 1.0


def steps(
    session: Session, images: Iterable[np.ndarray], boxes: np.ndarray
) -> Iterator[tuple[int, dict[int, np.ndarray]]]:
    """Yield the same as `official_sam2.follow`, from our session, which also makes masks."""
    session.start()
    for number, image in enumerate(images):
        session.track(image)
        if number == 0:
            session.prompt({n: Prompt(box=box) for n, box in enumerate(boxes)})
        session.masks()
        session.memorize()
        yield number, dict(zip(session.identities, session.outputs.logits, strict=True))


def measure(args: argparse.Namespace, workdir: Path) -> list[dict[str, Any]]:
    """Return the measurements for each number of objects."""
    images, boxes = make_video(workdir / "frames", args.frames)
    model = build_predictor(args.size)
    if args.weights:
        model.load_state_dict(read_checkpoint(args.weights))
    else:
        make_lively(model)
    model.to(args.device)
    session, found = Session(our_networks(args, model, workdir / "networks")), []
    for count in args.objects:
        chosen = np.resize(boxes, (count, 4)) + 2.0 * (np.arange(count) // len(boxes))[:, None]
        prompts = {n: {"box": box} for n, box in enumerate(chosen)}
        with torch.autocast(
            args.device, _PRECISIONS[args.precision], enabled=args.precision != "fp32"
        ):
            each = in_turn(
                partial(follow, model, workdir / "frames", 0, prompts),
                partial(steps, session, images, chosen),
            )
        medians = {tool: median(times) for tool, times in each["seconds"].items()}
        ratio = medians["official"] / medians["ours"]
        found.append({"objects": count, "median_seconds": medians, "ratio": ratio, **each})
        print(
            f"{count:4} objects: official {1 / medians['official']:6.2f} fps, "
            f"ours {1 / medians['ours']:6.2f} fps, {ratio:.2f} times, "
            f"lowest IoU {each['least_iou']:.4f}",
            flush=True,
        )
    return found


def our_networks(args: argparse.Namespace, model: Any, folder: Path) -> Networks:
    """Return the networks of the model on the chosen engine."""
    if args.engine == "torch":
        arrays = TorchArrays(args.device, _PRECISIONS[args.precision])
        return on_torch(model, arrays, args.mode)
    from trackers.sam2.export import export_model  # loads the libraries for ONNX

    export_model(model, folder, args.precision, {"size": args.size})
    return on_onnxruntime(folder, args.device)


def fit(found: list[dict[str, Any]], tool: str) -> dict[str, float]:
    """Return the fitted seconds of a frame without objects, and per object."""
    slope, base = np.polyfit(
        [each["objects"] for each in found], [each["median_seconds"][tool] for each in found], 1
    )
    return {"frame": float(base), "object": float(slope)}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="demo")
    parser.add_argument("--weights", type=Path, help="checkpoint; random weights if absent")
    parser.add_argument("--objects", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=_PRECISIONS, default="fp32")
    parser.add_argument("--engine", choices=["torch", "onnxruntime"], default="torch")
    parser.add_argument("--mode", choices=MODES, default="eager", help="mode of our torch engine")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as workdir:
        found = measure(args, Path(workdir))
    fits = {tool: fit(found, tool) for tool in ("official", "ours")}
    for tool, each in fits.items():
        print(f"{tool}: {1e3 * each['frame']:.1f} ms + {1e3 * each['object']:.1f} ms per object")
    content = {
        "what": parser.description,
        "date": str(date.today()),
        "size": args.size,
        "device": args.device,
        "precision": args.precision,
        "engine": args.engine,
        "mode": args.mode,
        "fit_seconds": fits,
        "runs": found,
        "machine": describe_machine(),
    }
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
