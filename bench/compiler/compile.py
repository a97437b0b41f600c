"""Compile exported networks with TensorRT for RTX, on a machine without a GPU, and print a table.

    python -m bench.compiler.compile --networks .cache/tensorrt/networks --output compiled.json

The networks are built by the product's own `tensorrt_build`. What the compiler's log says about an
engine is written to the JSON file. A network that the compiler rejects is listed with its error.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from bench.compiler.build_log import Engine, Kernel, count_kinds, read_log
from bench.compiler.models import INDEX
from datasets.io.files import read_json, write_json
from datasets.io.program import run_main
from trackers.engines.tensorrt_build import BuildFlags, compile_network
from trackers.engines.tensorrt_library import load_tensorrt
from trackers.profiling.machine import describe_machine, usable_cores

FLAGS = BuildFlags()
_MB = 1e6
_ERROR = 200  # characters of an error that are kept
_COLUMNS = "{:<20}{:<16}{:<6}{:>8}{:>9}{:>9}{:>11}{:>9}{:>9}  {}"


def compile_all(folder: Path, workers: int) -> list[dict[str, Any]]:
    """Return what became of each network in a folder, in the order of its index."""
    records = read_json(folder / INDEX)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return list(pool.map(compile_one, [folder] * len(records), records))


def compile_one(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a network, with what the compiler's log says about its engine."""
    library = load_tensorrt()
    recorder = _recorder_type(library)()
    begin, cpu_begin = perf_counter(), process_time()
    with tempfile.TemporaryDirectory() as workdir:
        try:
            plan = compile_network(
                library,
                folder / record["file"],
                record["profiles"],
                FLAGS,
                Path(workdir) / "timing.cache",
                recorder,
            )
        except (RuntimeError, ValueError):
            return record | {"error": recorder.error[:_ERROR]}
    spent = {
        "seconds": round(perf_counter() - begin, 2),
        "cpu_seconds": round(process_time() - cpu_begin, 2),
    }
    engine = {"engine_mb": round(len(plan) / _MB, 1)}
    return record | spent | engine | describe(read_log("\n".join(recorder.lines)))


def describe(engine: Engine) -> dict[str, Any]:
    """Return the facts of an engine that are recorded."""
    return {
        "shapes": engine.shapes,
        "scratch_mb": round(engine.scratch_bytes / _MB, 1),
        "kernels": count_kinds(engine.kernels),
        "attention": sum(each.is_attention for each in engine.kernels),
        "softmax": [_scores(each) for each in engine.kernels if each.is_softmax],
        "float32": count_kinds(each for each in engine.kernels if each.is_float32),
    }


def _scores(kernel: Kernel) -> list[int]:
    """Return the shape of the scores of a softmax, heads apart."""
    shapes = [array.shape for array in (*kernel.inputs, *kernel.outputs)]
    axes = max(map(len, shapes))
    return list(next(shape for shape in shapes if len(shape) == axes))


def _recorder_type(library: Any) -> Any:
    """Return a class of loggers that keep all messages; their base class is of the library."""

    def initialize(self: Any) -> None:
        library.ILogger.__init__(self)
        self.lines, self.error = [], ""

    def log(self: Any, severity: Any, message: str) -> None:
        self.lines.append(message)
        if severity <= library.ILogger.ERROR and "CUDA driver version" not in message:
            self.error = message

    return type("Recorder", (library.ILogger,), {"__init__": initialize, "log": log})


def table(records: list[dict[str, Any]]) -> str:
    """Return the records as a table."""
    lines = [
        _COLUMNS.format(
            *("model", "network", "type", "CPU s", "MB", "kernels", "attention", "softmax"),
            *("float32", "scratch MB"),
        )
    ]
    for each in records:
        names = (each["model"], each["network"], each["precision"])
        if "error" in each:
            lines.append(f"{names[0]:<20}{names[1]:<16}{names[2]:<6}{each['error']}")
            continue
        lines.append(
            _COLUMNS.format(
                *names,
                each["cpu_seconds"],
                each["engine_mb"],
                sum(each["kernels"].values()),
                each["attention"],
                len(each["softmax"]),
                sum(each["float32"].values()),
                each["scratch_mb"],
            )
        )
    return "\n".join(lines)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--networks", type=Path, required=True, help=f"folder of exported networks with {INDEX}"
    )
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    args = parser.parse_args()
    begin, workers = perf_counter(), usable_cores()
    records = compile_all(args.networks, workers)
    found = {
        "date": date.today().isoformat(),
        "machine": describe_machine(),
        "library": f"{load_tensorrt().__name__} {load_tensorrt().__version__}",
        "flags": asdict(FLAGS),
        "processes": workers,
        "seconds": round(perf_counter() - begin),
        "networks": records,
    }
    write_json(args.output, found)
    print(table(records))


if __name__ == "__main__":
    sys.exit(run_main(main))
