"""Export the networks that NVIDIA's compiler is tested with, once for all precisions.

    python -m bench.compiler.export --output .cache/tensorrt/networks

Each network is traced once in float32, and once more where low precisions have another graph;
other precisions are made from these files. `index.json` lists the files, each with the shapes that
it is compiled for. Needs 4 GB of memory for each process.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.compiler.models import INDEX, Model, chosen
from datasets.io.files import read_json, write_json
from datasets.io.folders import replacing_folder
from datasets.io.program import run_main
from trackers.profiling.machine import usable_cores

Record = dict[str, Any]  # model, network, precision, file, profiles


def export(model: Model, network: str, folder: Path) -> list[Record]:
    """Export one network of a model in all of its precisions and return its records."""
    import onnx

    from bench.compiler.networks import networks
    from trackers.engines.export import export_onnx, facts_path
    from trackers.engines.precision import lower
    from trackers.engines.tensorrt_build import profile_shapes
    from trackers.sam2.attention import pad_values
    from trackers.sam2.export import PADDED

    found, records, traces = networks(model)[network], [], {}
    for precision in model.precisions:
        padded = model.padded and precision in PADDED and network.startswith("track")
        if padded not in traces:
            traces[padded] = folder / f"{model.name}_{network}_{padded}.onnx"
            pad_values(found.module, padded=padded)
            export_onnx(found.module, found.signature, traces[padded], "fp32", {})
        path = traces[padded]
        shapes = [profile_shapes(path, _inputs(facts_path(path)), each) for each in found.profiles]
        if precision != "fp32":
            low = lower(onnx.load(path), precision, found.signature.exact)
            path = path.with_suffix(f".{precision}.onnx")
            onnx.checker.check_model(low, full_check=True)
            onnx.save(low, path)
        records.append(
            {
                "model": model.name,
                "network": network,
                "precision": precision,
                "file": path.name,
                "profiles": shapes,
            }
        )
    return records


def _inputs(facts: Path) -> dict[str, Any]:
    inputs: dict[str, Any] = read_json(facts)["inputs"]
    return inputs


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output", type=Path, required=True, help=f"folder to write, {INDEX} in it"
    )
    parser.add_argument("--full", action="store_true", help="all sizes, which takes minutes")
    args = parser.parse_args()
    models = chosen(large=args.full)
    with (
        replacing_folder(args.output) as part,
        ProcessPoolExecutor(usable_cores(), get_context("spawn")) as pool,
    ):
        tasks = [
            pool.submit(export, model, name, part) for model in models for name in model.networks
        ]
        write_json(part / INDEX, [record for task in tasks for record in task.result()])


if __name__ == "__main__":
    sys.exit(run_main(main))
