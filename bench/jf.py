"""Time J&F scoring against TrackEval, from mask files to numbers.

    python -m bench.jf --truth davis2017/dogs-jump/masks --results davis2017/dogs-jump/results/osvos
        --workdir /tmp/davis --output bench/jf.json

Both read the same PNG files and compute TrackEval's J&F; J&F without reading is timed separately.
The ground truth, resized to the size of the results, is written to `--workdir` if absent.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import process_time

from bench.material import side_by_side
from bench.material.side_by_side import ToolResult
from datasets.io.program import run_main

_FIELDS = ("J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay")
_SEQUENCE = "sequence"


def ours(args: argparse.Namespace) -> ToolResult:
    """Return our values."""
    from datasets.layouts import davis
    from metrics.family import load_family
    from metrics.score import make_pairings

    sides = davis.read_pair(args.workdir / "truth", args.workdir / "results", _SEQUENCE)
    (pairing,) = make_pairings(*sides, "davis").values()
    begin = process_time()
    family = load_family("jf_te")
    values = family.summarize(family.evaluate(pairing))
    return ToolResult(values, process_time() - begin)


def theirs(args: argparse.Namespace) -> ToolResult:
    """Return TrackEval's values."""
    import trackeval

    from metrics.crosscheck import trackeval_run

    setting = trackeval_run.davis(args.workdir / "truth", args.workdir / "results")
    dataset = trackeval_run.open_dataset(setting)
    with trackeval_run.suppress_output():
        raw = dataset.get_raw_seq_data(setting.tracker, _SEQUENCE)
        data = dataset.get_preprocessed_seq_data(raw, setting.only_class)
        begin = process_time()
        values = trackeval.metrics.JAndF().eval_sequence(data)
        alone = process_time() - begin
    return ToolResult({name: float(values[name]) for name in _FIELDS}, alone)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    side_by_side.add_arguments(parser)
    parser.add_argument("--workdir", type=Path, required=True, help="folder for their inputs")
    args = parser.parse_args()
    if args.tool is None and not (args.workdir / "results" / _SEQUENCE).exists():
        from bench.material.inputs import lay_out_davis

        lay_out_davis(args.truth, args.results, args.workdir, _SEQUENCE)
    comparison = side_by_side.Comparison(
        "bench.jf",
        "J&F as TrackEval has it, DAVIS files to numbers, one core",
        {"ours": ours, "trackeval": theirs},
        _FIELDS,
        part="J&F alone",
    )
    side_by_side.run(comparison, args)


if __name__ == "__main__":
    sys.exit(run_main(main))
