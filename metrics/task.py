"""What `metrics.evaluate` scores: the task that a command line describes, and its files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from datasets.io.files import printable
from datasets.io.mended import add_mended, take_mended
from datasets.layout import accepts, load_layout
from datasets.needs import EVERYTHING, Needs
from datasets.sequences.result_files import results_folder
from datasets.types import MAX_FRAMES, Tracks
from metrics.crosscheck.given_files import KINDS, GivenFiles, find_given
from metrics.family import load_family, load_protocol
from metrics.score import load_families


@dataclass(frozen=True)
class Task:
    """What to score, and how.

    Args:
        layout: Module of datasets/layouts that reads ground truth and results.
        truth: Folder of the ground truth, or one file if the layout has all sequences in one.
        results: Folder of the results, or one file likewise.
        families: Modules of metrics/families.
        sequences: Names of the sequences, sorted: AP ranks equal scores in their order. Each must
            have ground truth and a result.
        classes: Names of the classes; all that the protocol scores if empty.
        frames: Number of frames by sequence, for layouts whose files do not provide it.
        needs: What is used of the files.
        converted_truth: The file that Parquet ground truth was converted from, by sequence, for the
            cross-check; empty if unknown.
        converted_results: The same for the results.
    """

    protocol: str
    layout: str
    truth: Path
    results: Path
    families: tuple[str, ...]
    sequences: tuple[str, ...]
    classes: tuple[str, ...] = ()
    frames: Mapping[str, int] = field(default_factory=dict)
    needs: Needs = EVERYTHING
    converted_truth: Mapping[str, Path] = field(default_factory=dict)
    converted_results: Mapping[str, Path] = field(default_factory=dict)


def read_pair(task: Task, sequence: str) -> tuple[Tracks, Tracks, dict[str, int]]:
    """Return ground truth and prediction of a sequence, and counts of what was skipped or mended.

    Raises:
        OSError: A file is missing.
        ValueError: A file is invalid.
    """
    earlier = take_mended()
    layout = load_layout(task.layout, task.needs)
    options: dict[str, Any] = {}
    if sequence in task.frames:
        options["frames"] = task.frames[sequence]
    if accepts(layout, "ends"):
        families = load_families(task.families).values()
        options["ends"] = any(family.ends_scored for family in families)
    if accepts(layout, "counted_with"):
        options["counted_with"] = task.sequences[0]
    truth, prediction = layout.read_pair(task.truth, task.results, sequence, **options)
    mended = take_mended()
    add_mended(earlier)
    return truth, prediction, mended


def given_files(task: Task) -> GivenFiles:
    """Return the files of a task for other tools to read."""
    truth, results = task.converted_truth, task.converted_results
    if truth or results:
        kind = KINDS.get(load_protocol(task.protocol).layout, "")
        return GivenFiles(kind, truth, results)
    found = find_given(task.layout, task.truth, task.results, task.sequences)
    return replace(found, frames=task.frames, sized=task.needs.masks)


def plan(args: argparse.Namespace) -> Task:
    """Return the task described by the command line.

    Raises:
        ValueError: A sequence is unknown or none exists, families share a column, `--jobs` is
            below 1, or an output path cannot be written.
    """
    rules = load_protocol(args.protocol)
    layout, families = args.layout or rules.layout, args.families or rules.families
    load_families(families)
    _check_flags(args)
    if args.frames and not accepts(load_layout(layout), "frames"):
        raise ValueError(f"--frames: layout {layout} provides the number of frames itself")
    needs = find_needs(args.protocol, families, events=args.events is not None)
    known = load_layout(layout, needs).list_sequences(args.truth)
    chosen = args.sequences or known
    if not known:
        raise ValueError(f"{args.truth}: expected ground truth in layout {layout}, found none")
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise ValueError(f"{args.truth}: expected sequences among {known}, found {unknown}")
    converted = _parse_converted(args, layout, chosen)
    _report_unscored(args.results, known)
    return Task(
        args.protocol,
        layout,
        args.truth,
        args.results,
        tuple(families),
        tuple(sorted(chosen)),
        tuple(args.classes or ()),
        _parse_frames(args.frames or (), chosen),
        needs,
        *converted,
    )


def _parse_converted(
    args: argparse.Namespace, layout: str, sequences: Many[str]
) -> tuple[dict[str, Path], dict[str, Path]]:
    """Return the files that Parquet ground truth and results were converted from, by sequence."""
    found = []
    for name in ("converted_truth", "converted_results"):
        paths, flag = getattr(args, name) or [], f"--{name.replace('_', '-')}"
        if paths and layout != "parquet":
            raise ValueError(f"{flag}: expected --layout parquet, found layout {layout}")
        if paths and len(paths) != len(sequences):
            expected = f"{len(sequences)} files, one for each sequence"
            raise ValueError(f"{flag}: expected {expected}, found {len(paths)}")
        found.append(dict(zip(sequences, paths, strict=False)))  # all or none
    return found[0], found[1]


def _parse_frames(counts: Many[str], sequences: Many[str]) -> dict[str, int]:
    """Return the number of frames by sequence, given as N for all or as NAME=N."""
    frames: dict[str, int] = {}
    for each in sorted(counts, key=lambda each: "=" in each):  # the count of all first
        name, equals, number = each.rpartition("=")
        if not (number.isascii() and number.isdecimal()) or not 0 < int(number[:9]) <= MAX_FRAMES:
            raise ValueError(f"--frames: expected N or NAME=N, found {each!r}")
        if equals and name not in sequences:
            raise ValueError(f"--frames: expected a sequence among {[*sequences]}, found {name!r}")
        frames |= dict.fromkeys([name] if equals else sequences, int(number))
    return frames


def find_needs(protocol: str, families: Many[str], *, events: bool) -> Needs:
    """Return what is used of the files.

    Args:
        events: Whether events are written, which name the tracks.
    """
    needs = [load_family(name).needs for name in families]
    masks = load_protocol(protocol).similarity != "box" or any(each.masks for each in needs)
    return Needs(masks, events or any(each.identities for each in needs))


def _check_flags(args: argparse.Namespace) -> None:
    for path in (args.truth, args.results):
        if not path.exists():
            raise ValueError(f"{path}: no such file or folder")
    if args.jobs < 1:
        raise ValueError(f"--jobs: expected at least 1, found {args.jobs}")
    _refuse_repeats(families=args.families, sequences=args.sequences, classes=args.classes)
    written = [path for path in (args.output, args.events) if path is not None]
    for path in written:
        if path.is_dir():
            raise ValueError(f"{path}: expected a file to write, found a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
    if len({path.resolve() for path in written}) < len(written):
        raise ValueError(f"--output and --events: expected two files, found {args.output} twice")


def _refuse_repeats(**chosen: list[str] | None) -> None:
    for name, each in chosen.items():
        repeated = sorted({one for one in each or () if (each or ()).count(one) > 1})
        if repeated:
            raise ValueError(f"--{name}: {repeated} given more than once")


def _report_unscored(results: Path, known: Many[str]) -> None:
    """Report on standard error the results without ground truth, which are not scored."""
    if results.is_dir():
        found = results_folder(results, known).glob("[!.]*")
        names = {path.stem if path.is_file() else path.name for path in found}
        unscored = sorted(names - {*known})
        if unscored and names & {*known}:  # otherwise one file holds all sequences
            listed = printable(", ".join(unscored))
            print(f"not scored, no ground truth: {listed}", file=sys.stderr)
