"""Time whole processes that score boxes of MOT17, from the command line to the printed numbers.

    python -m bench.fresh_process --truth MOT17/train --results lif_t --workdir /tmp/fresh
        --output bench/fresh_process.json

`python -m metrics.evaluate` and a process that runs TrackEval take turns on the same 21 sequences:
those of MOT17 three times, as its result sets have them, one for each detector. Both compute HOTA,
CLEAR and Identity on one core. Imports count; a first run of each, which fills the caches of files
and compiled modules, does not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter

from bench.material.side_by_side import (
    ONE_THREAD,
    add_arguments,
    check_equal,
    compare_times,
    show,
    use_one_core,
)
from datasets.io.files import read_json, write_json
from datasets.io.program import run_main
from trackers.profiling.machine import describe_machine

_FAMILIES = ("hota", "clear", "identity")
_COMPARED = ("HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDSW", "Frag", "MT", "IDF1", "IDTP")
_DETECTORS = ("DPM", "FRCNN", "SDP")
_TOLERANCE = 1e-9
_TRACKEVAL = """
import json, sys
from pathlib import Path
from metrics.crosscheck import trackeval_run

truth, results = map(Path, sys.argv[1:])
lengths = dict.fromkeys(sorted(path.stem for path in results.glob("*.txt")))
setting = trackeval_run.mot_challenge(truth, results, lengths, "MOT17")
found = trackeval_run.run(setting, [setting.only_class], trackeval_run.OF_TRACKS)
print(json.dumps(trackeval_run.numbers(found.combined[setting.only_class])))
"""


def link_files(truth: Path, results: Path, workdir: Path) -> tuple[Path, Path]:
    """Return folders with each sequence and its result once for each detector, as links."""
    folders = workdir / "truth", workdir / "results"
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(results.glob("*.txt")):
        for detector in _DETECTORS:
            name = f"{path.stem.removesuffix('-FRCNN')}-{detector}"
            for link, target in zip(
                (folders[0] / name, folders[1] / f"{name}.txt"),
                (truth / path.stem, path),
                strict=True,
            ):
                link.unlink(missing_ok=True)
                link.symlink_to(target.resolve())
    return folders


@dataclass(frozen=True)
class Run:
    """A finished process: its processor and wall seconds, and what it printed."""

    seconds: float
    wall_seconds: float
    output: str


def take_turns(commands: Mapping[str, list[str]], repeats: int) -> dict[str, list[Run]]:
    """Return the repeated runs of each command, in turns, without the first of each."""
    turns = [{name: _run(each) for name, each in commands.items()} for _ in range(repeats + 1)]
    return {name: [turn[name] for turn in turns[1:]] for name in commands}


def _run(command: list[str]) -> Run:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, begin = _processor_seconds(), perf_counter()
    done = subprocess.run(
        command, env=kept | ONE_THREAD, stdout=subprocess.PIPE, text=True, check=True
    )
    return Run(_processor_seconds() - before, perf_counter() - begin, done.stdout)


def _processor_seconds() -> float:
    """Return the time in user and system mode of all ended processes that this one started."""
    usage = getrusage(RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--workdir", type=Path, required=True, help="folder for links to the files")
    args = parser.parse_args()
    use_one_core()
    truth, results = link_files(args.truth, args.results, args.workdir)
    scores = args.workdir / "scores.json"
    evaluate = ["-m", "metrics.evaluate", "--protocol", "mot17", "--families", *_FAMILIES]
    files = ["--truth", truth, "--results", results, "--output", scores]
    commands = {
        "ours": [sys.executable, *evaluate, *map(str, files)],
        "trackeval": [sys.executable, "-c", _TRACKEVAL, str(truth), str(results)],
    }
    found = take_turns(commands, args.repeats)
    (ours,) = (each["combined"] for each in read_json(scores)["classes"].values())
    values = {"ours": {name: ours[name] for name in _COMPARED}}
    check_equal(values | {"trackeval": json.loads(found["trackeval"][-1].output)}, _TOLERANCE)
    times = compare_times({name: [run.seconds for run in runs] for name, runs in found.items()})
    what = "HOTA, CLEAR and Identity of 21 sequences of MOT17, whole processes, one core"
    print(what)
    show(times)
    content = {
        "what": what,
        "date": str(date.today()),
        **times,
        "wall_seconds": {name: [run.wall_seconds for run in runs] for name, runs in found.items()},
        "values": values["ours"],
        "machine": describe_machine(),
    }
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
