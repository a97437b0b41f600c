"""Score existing result files, without the workflow.

    python -m metrics.evaluate --protocol mot17 --truth MOT17/train --results my_tracker
        --output scores.json

Ground truth and results are read in the benchmark's own folder layout (MOTChallenge:
<truth>/<sequence>/gt/gt.txt and seqinfo.ini, <results>/<sequence>.txt), or as Parquet files with
--layout parquet. The exit code is 2, with a one-line message, for invalid input, and 1 if
--crosscheck finds an unexplained difference.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets.io.files import printable, write_json
from datasets.io.mended import add_mended, describe_mended, take_mended
from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.layout import list_layouts
from metrics.combine import combine_scores
from metrics.crosscheck.compare import Crosscheck, compare, find_missing
from metrics.crosscheck.reference import Request, Sample
from metrics.crosscheck.report import table as comparison_table
from metrics.family import list_families, list_protocols
from metrics.score import make_pairings, score_pairings
from metrics.task import Task, given_files, plan, read_pair
from metrics.text_table import table

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor


@dataclass(frozen=True)
class Scored:
    """Score of one sequence.

    Args:
        score: Content of a score file.
        events: Event tables by class.
        mended: Counts of what the readers skipped or mended.
    """

    score: dict[str, Any]
    events: dict[str, Any]
    mended: dict[str, int]


def score_sequence(task: Task, sequence: str, *, with_events: bool = False) -> Scored:
    """Return the score of one sequence and, if requested, its events.

    Raises:
        OSError: A file is missing. A sequence without a result is never skipped.
        ValueError: A file is invalid, or the protocol does not allow its content.
    """
    truth, prediction, mended = read_pair(task, sequence)
    try:
        pairings = make_pairings(truth, prediction, task.protocol, task.classes)
        score = score_pairings(pairings, task.protocol, task.families)
    except ValueError as error:
        raise ValueError(f"{sequence}: {error}") from error
    if not with_events:
        return Scored(score, {}, mended)
    from metrics.events import events_of  # imports Arrow

    return Scored(score, events_of(pairings), mended)


def summarize_scores(scores: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the content of the output file, given the score of each sequence."""
    combined = combine_scores(list(scores.values()))
    return {
        "protocol": combined["protocol"],
        "card": combined["card"],
        "classes": {
            name: {
                "combined": total["values"],
                "curves": total["curves"],
                "sequences": {key: each["classes"][name]["values"] for key, each in scores.items()},
                **({"slices": s["kinds"]} if (s := total["partials"].get("slices")) else {}),
            }
            for name, total in combined["classes"].items()
        },
        "class_averaged": combined["class_averaged"],
        "detection_averaged": combined["values"],
        "columns": combined["columns"],
    }


def evaluate(task: Task, jobs: int = 1) -> dict[str, Any]:
    """Return the content of the output file: values per sequence and combined, by class."""
    return summarize_scores({name: each.score for name, each in score_all(task, jobs)})


def score_all(
    task: Task, jobs: int = 1, *, with_events: bool = False
) -> Iterator[tuple[str, Scored]]:
    """Yield each sequence and its score, in order; count what was mended, and report progress."""
    score = partial(score_sequence, task, with_events=with_events)
    with ExitStack() as stack:
        each = map if jobs == 1 else stack.enter_context(_pool(jobs)).map
        scored = zip(task.sequences, each(score, task.sequences), strict=True)
        for name, found in progress(scored, "score", "sequence", len(task.sequences), kept=False):
            add_mended(found.mended)
            yield name, found


def _pool(jobs: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor  # imported here: one job needs no pool

    return ProcessPoolExecutor(jobs)


def crosscheck(task: Task, found: dict[str, Any]) -> Crosscheck:
    """Return the values of `evaluate` compared with those of the references."""
    samples = {}
    for name in task.sequences:
        truth, prediction, _ = read_pair(task, name)
        pairings = make_pairings(truth, prediction, task.protocol, task.classes)
        samples[name] = Sample(truth, prediction, pairings)
    return compare(found, Request(task.protocol, task.families, samples, given_files(task)))


def run(args: argparse.Namespace) -> int:
    """Score, write and print; return 1 if a difference from a reference is unexplained."""
    task = plan(args)
    scored = dict(score_all(task, args.jobs, with_events=args.events is not None))
    if args.strict and (mended := take_mended()):
        described = describe_mended(mended)
        raise ValueError(f"--strict: expected files without defects, found {described}")
    found = summarize_scores({name: each.score for name, each in scored.items()})
    if args.events:
        from metrics.events import write_events

        events = {(key, name): t for key, each in scored.items() for name, t in each.events.items()}
        write_events(args.events, events)
    lines, passed = list(table(found)), True
    if args.crosscheck:
        checked = crosscheck(task, found)
        found["crosscheck"] = [asdict(each) for each in checked.comparisons]
        found["crosscheck_inputs"] = [asdict(each) for each in checked.inputs]
        found["not_compared"] = find_missing(checked.comparisons, task.families)
        lines += comparison_table(checked, task.families)
        passed = all(each.passed for each in checked.comparisons)
    if args.output:
        write_json(args.output, found)
    print(*map(printable, lines), sep="\n")
    return 0 if passed else 1


def main() -> int:
    """Run the command line program and return its exit code."""
    return run(_arguments())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--protocol", required=True, choices=list_protocols())
    parser.add_argument(
        "--truth", type=Path, required=True, help="folder or file of the ground truth"
    )
    parser.add_argument("--results", type=Path, required=True, help="folder or file of the results")
    parser.add_argument(
        "--classes",
        nargs="+",
        action="extend",
        help="classes to score (default: all that the protocol scores)",
    )
    parser.add_argument(
        "--sequences",
        nargs="+",
        action="extend",
        help="sequences to score (default: all with ground truth)",
    )
    parser.add_argument(
        "--layout", choices=list_layouts(), help="folder layout (default: the protocol's)"
    )
    parser.add_argument(
        "--families",
        nargs="+",
        choices=list_families(),
        help="metric families (default: the protocol's)",
    )
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--events", type=Path, help="Parquet file to write, one row per event")
    parser.add_argument(
        "--crosscheck", action="store_true", help="compare with TrackEval and other references"
    )
    for side, what in (("truth", "ground truth"), ("results", "results")):
        parser.add_argument(
            f"--converted-{side}",
            nargs="+",
            action="extend",
            type=Path,
            help=f"files that Parquet {what} was converted from, one a sequence, for --crosscheck",
        )
    parser.add_argument(
        "--frames",
        nargs="+",
        action="extend",
        metavar="[NAME=]N",
        help="number of frames of each sequence or of one, for KITTI's layouts without a seqmap",
    )
    parser.add_argument(
        "--strict", action="store_true", help="refuse files that can be read only in part or mended"
    )
    parser.add_argument("--jobs", type=int, default=1, help="number of parallel processes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
