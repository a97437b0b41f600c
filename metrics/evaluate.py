"""Result files people have, scored without the workflow.

    python -m metrics.evaluate --protocol mot17 --truth MOT17/train --results my_tracker
        --output scores.json

Truth and results lie as the benchmark lays them out (MOTChallenge: <truth>/<sequence>/gt/gt.txt
and seqinfo.ini, <results>/<sequence>.txt), or as our Parquet with --layout parquet. Exits with 2
and one line of reason on bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from datasets.files import write_json
from datasets.layout import list_layouts, load_layout
from metrics.combine import combine_scores
from metrics.family import list_benchmarks, list_families, load_benchmark
from metrics.score import score_tracks

_SHOWN = (
    "J&F", "J-Mean", "F-Mean",
    "HOTA", "DetA", "AssA", "LocA", "MOTA", "IDF1", "IDSW", "CLR_FN", "CLR_FP",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What is to be scored.

    Args:
        layout: Module of datasets/layouts that reads both folders.
        families: Modules of metrics/families.
        sequences: Names; each must have truth and a result.
    """

    protocol: str
    layout: str
    truth: Path
    results: Path
    families: tuple[str, ...]
    sequences: tuple[str, ...]


def score_sequence(task: Task, sequence: str) -> dict[str, Any]:
    """Return the score of one sequence, in the form of a score file.

    Raises:
        OSError: A file is missing. A sequence without a result is never left out.
        ValueError: A file is not what it should be, or the protocol refuses what it holds.
    """
    truth, prediction = load_layout(task.layout).read_pair(task.truth, task.results, sequence)
    try:
        return score_tracks(truth, prediction, task.protocol, task.families)
    except ValueError as error:
        raise ValueError(f"{sequence}: {error}") from error


def evaluate(task: Task, jobs: int) -> dict[str, Any]:
    """Return what the output file holds: values of each sequence and of all, by class."""
    scores = dict(zip(task.sequences, _score_all(task, jobs), strict=True))
    combined = combine_scores(list(scores.values()))
    return {
        "protocol": combined["protocol"],
        "card": combined["card"],
        "classes": {
            name: {
                "combined": total["values"],
                "sequences": {key: each["classes"][name]["values"] for key, each in scores.items()},
            }
            for name, total in combined["classes"].items()
        },
        "columns": combined["columns"],
    }


def plan(given: argparse.Namespace) -> Task:
    """Return the task the command line names.

    Raises:
        ValueError: There is no such sequence, or none at all.
    """
    benchmark = load_benchmark(given.protocol)
    layout = given.layout or benchmark.layout
    for path in (given.truth, given.results):
        if not path.is_dir():
            raise ValueError(f"{path}: no such folder")
    known = load_layout(layout).list_sequences(given.truth)
    chosen = given.sequences or known
    if not known:
        raise ValueError(f"{given.truth}: no sequence with ground truth found in layout {layout}")
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise ValueError(f"{given.truth}: no sequence {unknown}: expected some of {known}")
    families = tuple(given.families or benchmark.families)
    return Task(given.protocol, layout, given.truth, given.results, families, tuple(chosen))


def main() -> int:
    """Run the command line program; return its exit code."""
    given = _arguments()
    try:
        found = evaluate(plan(given), given.jobs)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if given.output:
        write_json(given.output, found)
    for line in _table(found):
        print(line)
    return 0


def _score_all(task: Task, jobs: int) -> Iterator[dict[str, Any]]:
    """Yield the scores in order of the sequences, with a progress bar."""
    with tqdm(total=len(task.sequences), unit="sequence", leave=False) as bar:
        for score in _scores(task, jobs):
            bar.update()
            yield score


def _scores(task: Task, jobs: int) -> Iterator[dict[str, Any]]:
    if jobs == 1:
        yield from (score_sequence(task, name) for name in task.sequences)
        return
    with ProcessPoolExecutor(jobs) as pool:
        waiting = [pool.submit(score_sequence, task, name) for name in task.sequences]
        yield from (each.result() for each in waiting)


def _table(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table: ratios in per cent, a row a sequence, the total last."""
    units = {column["name"]: column["unit"] for column in found["columns"]}
    shown = [name for name in _SHOWN if name in units]
    for title, scores in found["classes"].items():
        rows = [*scores["sequences"].items(), ("COMBINED", scores["combined"])]
        width = max(len(name) for name, _ in [*rows, (title, None)])
        yield f"{title:{width}}" + "".join(f"{name:>9}" for name in shown)
        for name, values in rows:
            yield f"{name:{width}}" + "".join(_cell(values[c], units[c]) for c in shown)


def _cell(value: float | None, unit: str) -> str:
    if value is None:
        return f"{'-':>9}"
    return f"{100 * value:9.3f}" if unit == "ratio" else f"{value:9d}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--protocol", required=True, choices=list_benchmarks())
    parser.add_argument("--truth", type=Path, required=True, help="folder of the ground truth")
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--sequences", nargs="+", help="all that have ground truth, if not given")
    parser.add_argument("--layout", choices=list_layouts(), help="the protocol's own by default")
    parser.add_argument(
        "--families", nargs="+", choices=list_families(), help="the protocol's own by default"
    )
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--jobs", type=int, default=1, help="sequences scored at once")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
