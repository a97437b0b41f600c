"""Measure one device: correctness first, then speed → JSON.

    python -m bench.gpu                                     # a GPU, under 10 minutes
    python -m bench.gpu --device cpu --size toy             # the same on a CPU, in a minute
    python -m bench.gpu --weights tiny=sam2.1_hiera_tiny.pt --steps "objects: tiny ours"

Each step runs in another process than this one, which writes the JSON after every result: a run
that is cut, in whichever way, leaves what it had. Nothing in the file says whose machine it was.
Exits with 1 if a step failed or found results that do not agree.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import tempfile
from datetime import date
from itertools import count
from pathlib import Path

from bench.gpu.context import Settings
from bench.gpu.plan import SCALES, steps
from bench.gpu.record import Record, faults
from bench.gpu.run import Limits, run_steps, terminate
from bench.gpu.table import summary
from datasets.io.files import sha256
from datasets.io.git import git_commit
from datasets.io.program import run_main
from trackers.profiling.machine import identify_gpu

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run the command line program."""
    parser = _parser()
    args = parser.parse_args()
    planned = steps(args.device, SCALES[args.size])
    names = [step.name for step in planned]
    for each in args.steps:
        if each not in names:
            parser.error(f"--steps: expected some of {names}, found {each!r}")
    signal.signal(signal.SIGTERM, terminate)
    path = args.output or free_path(RESULTS, device_name(args.device))
    weights = dict(args.weights)
    head = {
        "date": str(date.today()),
        "commit": git_commit(),
        "device": args.device,
        "size": args.size,
        "budget_s": args.budget_s,
        "weights": {model: sha256(Path(file)) for model, file in weights.items()},
    }
    record = Record(path, head, planned)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(args.device, args.size, folder, weights)
        run_steps(record, settings, planned, Limits(args.budget_s, args.steps))
    print(summary(record.content), f"{path}: the record of this run", sep="\n")
    wrong = faults(record.content)
    if wrong:
        print(f"{len(wrong)} of {len(planned)} steps went wrong: {', '.join(wrong)}")
    return int(bool(wrong))


def device_name(device: str) -> str:
    """Return the name of the GPU in the form of file names; `cpu` or `gpu` if it is unknown."""
    if device == "cpu":
        return "cpu"
    try:
        found = identify_gpu()["gpu"]
    except (ImportError, RuntimeError):
        return "gpu"
    return re.sub(r"[^a-z0-9]+", "-", found.lower()).strip("-")


def free_path(folder: Path, name: str) -> Path:
    """Return a path of no file yet: the name with today's date, and a number if it is taken."""
    first = folder / f"{name}-{date.today()}.json"
    numbered = (first.with_stem(f"{first.stem}-{number}") for number in count(2))
    return first if not first.exists() else next(each for each in numbered if not each.exists())


def weights_file(text: str) -> tuple[str, str]:
    """Return the size and the file that `SIZE=FILE` names."""
    model, equals, file = text.partition("=")
    known = sorted({model for scale in SCALES.values() for model in scale.models})
    if not equals or model not in known:
        raise argparse.ArgumentTypeError(
            f"expected SIZE=FILE with a size of {known}, found {text!r}"
        )
    if not Path(file).is_file():
        raise argparse.ArgumentTypeError(f"{file}: no such file")
    return model, str(Path(file).resolve())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--device", choices=["cuda", "cpu"], default="cuda", help="CUDA_VISIBLE_DEVICES selects one"
    )
    parser.add_argument("--size", choices=SCALES, default="full", help="amount of work")
    parser.add_argument(
        "--weights",
        type=weights_file,
        nargs="+",
        default=[],
        metavar="SIZE=FILE",
        help="official checkpoints; random weights for the sizes left out",
    )
    parser.add_argument(
        "--budget-s", type=float, default=540, help="seconds for all steps together"
    )
    parser.add_argument("--steps", nargs="+", default=[], help="names of the steps to run; all")
    parser.add_argument(
        "--output", type=Path, help=f"JSON file; {RESULTS.name}/<device>-<date>.json beside this"
    )
    return parser


if __name__ == "__main__":
    sys.exit(run_main(main))
