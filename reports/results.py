"""What a run left behind, read into what the page shows: numbers, and what is missing and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.files import read_json

_LOG_LINES = 12


@dataclass(frozen=True)
class Trouble:
    """A job that left no result.

    Args:
        job: `track`, `score`, ... or `not run` where nothing was started.
        log: The last lines of the job's log.
    """

    variant: str
    sequence: str
    job: str
    log: str


@dataclass(frozen=True)
class Variant:
    """One variant on one data set.

    Args:
        card: Its entry of the plan: name, title, method, source, options, timed.
        total: Values by column over all sequences; None where one of them has no result.
        sequences: Values by column of each sequence that has a result.
        speed: What speed.json holds; None where it is not timed or not there.
    """

    card: Mapping[str, Any]
    total: Mapping[str, float] | None
    sequences: Mapping[str, Mapping[str, float]]
    speed: Mapping[str, Any] | None


@dataclass(frozen=True)
class Run:
    """Everything of one data set.

    Args:
        plan: Its entry of the plan: dataset, title, licence, protocol, sequences, clock.
        columns: Of the scores, in order: name, unit, better, meaning.
        protocol_card: What the protocol scores, in a sentence.
        files: What sequence.json says of each prepared sequence.
    """

    plan: Mapping[str, Any]
    columns: list[Mapping[str, Any]]
    protocol_card: str
    variants: list[Variant]
    troubles: list[Trouble]
    files: Mapping[str, Mapping[str, Any]]


def read_run(plan: Mapping[str, Any], room: Path) -> Run:
    """Return the results of one data set, below the folder the workflow ran in.

    A file counts only if it is not older than what it was made from: after a run that failed,
    older results may lie about.
    """
    chains = {
        (card["name"], sequence): _read_chain(room, card["name"], plan["dataset"], sequence)
        for card in plan["variants"]
        for sequence in plan["sequences"]
    }
    scores = {key: each for key, each in chains.items() if not isinstance(each, Trouble)}
    first: Mapping[str, Any] = next(iter(scores.values()), {"columns": [], "card": ""})
    prepared = {
        sequence: room / "data" / plan["dataset"] / sequence / "sequence.json"
        for sequence in plan["sequences"]
    }
    variants = [_read_variant(room, plan, card, scores) for card in plan["variants"]]
    return Run(
        plan,
        first["columns"],
        first["card"],
        variants,
        [each for each in chains.values() if isinstance(each, Trouble)]
        + _clock_troubles(room, plan, variants),
        {sequence: read_json(path) for sequence, path in prepared.items() if path.is_file()},
    )


def _read_variant(
    room: Path,
    plan: Mapping[str, Any],
    card: Mapping[str, Any],
    scores: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Variant:
    sequences = {
        sequence: scores[card["name"], sequence]["values"]
        for sequence in plan["sequences"]
        if (card["name"], sequence) in scores
    }
    folder = room / "results" / card["name"] / plan["dataset"]
    parts = [folder / sequence / "score.json" for sequence in plan["sequences"]]
    times = [folder / sequence / "timing.json" for sequence in plan["clock"]]
    clocked = all(
        sequence in sequences and _is_newer(path, [path.with_name("tracks.parquet")])
        for sequence, path in zip(plan["clock"], times, strict=True)
    )
    whole = len(sequences) == len(plan["sequences"])
    total = (
        read_json(folder / "combined.json")["values"]
        if (whole and _is_newer(folder / "combined.json", parts))
        else None
    )
    timed = card["timed"] and clocked and _is_newer(folder / "speed.json", times)
    return Variant(card, total, sequences, read_json(folder / "speed.json") if timed else None)


def _read_chain(room: Path, variant: str, dataset: str, sequence: str) -> Any:
    """Return what score.json holds, or the Trouble of the first job without a result."""
    prepared = room / "data" / dataset / sequence / "sequence.json"
    folder = room / "results" / variant / dataset / sequence
    tracks, score = folder / "tracks.parquet", folder / "score.json"
    name = f"{dataset}/{sequence}.log"
    jobs: tuple[tuple[str, Path, list[Path], str], ...] = (
        ("prepare", prepared, [], name),
        ("track", tracks, [prepared], f"{variant}/{name}"),
        ("score", score, [tracks], f"{variant}/{name}"),
    )
    for job, made, made_from, log in jobs:
        if not _is_newer(made, made_from):
            return _trouble(room, variant, sequence, job, log)
    return read_json(score)


def _clock_troubles(room: Path, plan: Mapping[str, Any], variants: list[Variant]) -> list[Trouble]:
    """Return the timings that are missing of variants that have a score."""
    troubles = []
    for variant in variants:
        name, dataset = variant.card["name"], plan["dataset"]
        missing = variant.card["timed"] and variant.speed is None
        for sequence in plan["clock"] if missing else ():
            folder = room / "results" / name / dataset / sequence
            if sequence in variant.sequences and not _is_newer(
                folder / "timing.json", [folder / "tracks.parquet"]
            ):
                log = f"{name}/{dataset}/{sequence}.log"
                troubles.append(_trouble(room, name, sequence, "clock", log))
    return troubles


def _is_newer(made: Path, made_from: list[Path]) -> bool:
    """Whether a file is there and no older than those it was made from, which are there too."""
    if not made.is_file() or not all(path.is_file() for path in made_from):
        return False
    return all(path.stat().st_mtime <= made.stat().st_mtime for path in made_from)


def _trouble(room: Path, variant: str, sequence: str, job: str, log: str) -> Trouble:
    path = room / "logs" / job / log
    if not path.is_file():
        return Trouble(variant, sequence, "not run", "")
    # a progress bar overwrites its line with carriage returns: only what it left is a line
    lines = [line.split("\r")[-1] for line in re.split(r"\n", path.read_text(errors="replace"))]
    return Trouble(variant, sequence, job, "\n".join([s for s in lines if s.strip()][-_LOG_LINES:]))
