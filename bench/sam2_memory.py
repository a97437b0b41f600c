"""Memory used on a long video, compared with the official video predictor.

    python -m bench.sam2_memory --output bench/sam2_memory.json --plot docs/sam2_memory.png

Each tool tracks the same objects in its own process, which reports its memory every 50 frames.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bench.material.official_sam2 import build_predictor, follow, make_lively
from bench.sam2_objects import make_video, steps
from datasets.io.files import write_json
from datasets.io.program import run_main
from trackers.engines.torch_engine import TorchArrays
from trackers.profiling.machine import describe_machine
from trackers.sam2.networks import on_torch
from trackers.sam2.session import Session

_EVERY = 50  # frames between two measurements
_CLIP = 100  # frames of the repeated clip
_TOOLS = ("ours", "official")
_EARLY = 200  # the frame compared with the last one


def resident_mib() -> float:
    """Return the resident memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def watch(tool: str, frames: int, objects: int, workdir: Path) -> None:
    """Print (frame, MiB) as JSON while a tool tracks the objects."""
    images, boxes = make_video(workdir / "clip", _CLIP)
    model = build_predictor("demo")
    make_lively(model)
    if tool == "ours":
        session = Session(on_torch(model, TorchArrays()))
        frames_done: Any = steps(session, islice(cycle(images), frames), boxes[:objects])
    else:
        (workdir / "video").mkdir()
        for number in range(frames):
            source = workdir / "clip" / f"{number % _CLIP:05d}.jpg"
            os.link(source, workdir / "video" / f"{number:05d}.jpg")
        prompts = {n: {"box": box} for n, box in enumerate(boxes[:objects])}
        frames_done = follow(model, workdir / "video", 0, prompts)
    for number, _ in frames_done:
        if (number + 1) % _EVERY == 0:
            print(json.dumps([number + 1, round(resident_mib(), 1)]), flush=True)


def draw(found: dict[str, list[list[float]]], path: Path) -> None:
    """Draw memory against frames."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for tool, style in zip(_TOOLS, ("-", "--"), strict=True):
        label = {"ours": "masktrack-bench", "official": "SAM2VideoPredictor"}[tool]
        axes.plot(*zip(*found[tool], strict=True), style, label=label)
    axes.set(xlabel="frames", ylabel="resident memory (MiB)", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--objects", type=int, default=2)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--tool", choices=_TOOLS, help="run only this tool")
    args = parser.parse_args()
    if args.tool:
        with tempfile.TemporaryDirectory() as workdir:
            watch(args.tool, args.frames, args.objects, Path(workdir))
        return
    found = {}
    for tool in _TOOLS:
        command = [sys.executable, "-m", "bench.sam2_memory", *sys.argv[1:], "--tool", tool]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[tool] = [json.loads(line) for line in done.stdout.splitlines()]
        by_frame = dict(found[tool])
        early, late = by_frame[_EARLY], by_frame[args.frames]
        print(f"{tool:10} {early:8.0f} MiB after {_EARLY} frames, {late:8.0f} after {args.frames}")
    content = {
        "what": "Memory of SAM 2 tracking objects in a long video",
        "date": str(date.today()),
        "objects": args.objects,
        "mib": found,
        "machine": describe_machine(),
    }
    write_json(args.output, content)
    if args.plot:
        draw(found, args.plot)


if __name__ == "__main__":
    sys.exit(run_main(main))
