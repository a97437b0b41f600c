"""What a run left behind, read into what the page shows: numbers, and what is missing and why."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.files import is_made, read_json
from datasets.run_layout import EVENTS, SCORE, SPEED, TIMING, TRACKS, RunLayout
from reports.steps import count_objects, mean_stages, read_steps, read_warm_up
from reports.streaming import Late, read_late
from reports.timeline import Timeline, read_timeline

Values = Mapping[str, float | None]
_LOG_LINES = 12
_NOTHING = {
    "columns": [],
    "card": "",
    "similarity": "box",
    "classes": {},
}  # where nothing was scored
_BY_PROTOCOL = ("score", "combine")  # jobs that there is one of for each protocol


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
        card: Its entry of the plan: name, title, method, source, options, timed, and `rests_on`:
            what jobs of its own are to have made before, and their logs.
        total: Values by column over all sequences; None where one of them has no result.
        sequences: Values by column of each sequence that has a result.
        partials: What each sequence adds up, by class, then family.
        timelines: Errors over time of each sequence that has a result.
        speed: What speed.json holds; None where it is not timed or not there.
        timings: Nanoseconds of each step, (passes, frames), of each sequence that was timed step by
            step.
        objects: How many objects each of these frames has in the answer.
        stages: Mean ms a frame of each stage, the step among them.
        warm_up: Nanoseconds of each step before the timed ones, of each such sequence.
        late: At each rate at which frames came in real time.
    """

    card: Mapping[str, Any]
    total: Values | None
    sequences: Mapping[str, Values]
    partials: Mapping[str, Mapping[str, Any]]
    timelines: Mapping[str, Timeline]
    speed: Mapping[str, Any] | None
    timings: Mapping[str, list[list[int]]]
    objects: Mapping[str, list[int]]
    stages: Mapping[str, float]
    warm_up: Mapping[str, list[int]]
    late: Many[Late] = ()


@dataclass(frozen=True)
class Run:
    """Everything of one data set.

    Args:
        plan: Its entry of the plan: dataset, title, licence, protocol, sequences, clock.
        columns: Of the scores, in order: name, label, unit, better, meaning.
        protocol_card: What the protocol scores, in a sentence.
        similarity: What it compares: `box`, `masks` or `disjoint masks`.
        classes: Those that are scored.
        files: What sequence.json says of each prepared sequence.
        comparison: What metrics.comparison.compare found; None where a variant has no result.
        finished: Whether the workflow has made all there is.
    """

    plan: Mapping[str, Any]
    columns: list[Mapping[str, Any]]
    protocol_card: str
    similarity: str
    classes: list[str]
    variants: list[Variant]
    troubles: list[Trouble]
    files: Mapping[str, Mapping[str, Any]]
    comparison: Mapping[str, Any] | None = None
    finished: bool = True


def read_run(plan: Mapping[str, Any], workdir: Path, unfinished_since: float | None) -> Run:
    """Return the results of one data set, below the folder the workflow ran in.

    A result counts only if it comes from the plan's config and code. After a run that failed, other
    results may lie about: then it must not be older than what it was made from, either.

    Args:
        unfinished_since: When a run that failed began, in seconds since 1970: older logs are of
            other runs. None where the workflow has made all there is.
    """
    place = _Place(workdir, plan["dataset"], plan["protocol"], unfinished_since)
    chains = {
        (card["name"], sequence): _read_chain(place, card, sequence)
        for card in plan["variants"]
        for sequence in plan["sequences"]
    }
    scores = {key: each for key, each in chains.items() if not isinstance(each, Trouble)}
    first: Mapping[str, Any] = next(iter(scores.values()), _NOTHING)
    prepared = {name: place.layout.prepared(place.dataset, name) for name in plan["sequences"]}
    variants = [_read_variant(place, plan, card, scores) for card in plan["variants"]]
    return Run(
        plan,
        first["columns"],
        first["card"],
        first["similarity"],
        list(first["classes"]),
        variants,
        [each for each in chains.values() if isinstance(each, Trouble)]
        + [each for variant in variants for each in _late_troubles(place, plan, variant)],
        {name: read_json(path) for name, path in prepared.items() if path.is_file()},
        _read_comparison(place, plan, len(scores) == len(chains)),
        finished=unfinished_since is None,
    )


@dataclass(frozen=True)
class _Place:
    """Where the files of one data set are, scored by one protocol, and which of them count."""

    workdir: Path
    dataset: str
    protocol: str
    unfinished_since: float | None

    def holds(self, made: Path, made_from: list[Path]) -> bool:
        """Whether a file counts, with what it was made from."""
        return is_made(made, made_from, finished=self.unfinished_since is None)

    @property
    def layout(self) -> RunLayout:
        return RunLayout(self.workdir)

    def sequence(self, variant: str, sequence: str, file: str = "") -> Path:
        return self.layout.sequence(variant, self.dataset, sequence, file)

    def score(self, variant: str, sequence: str, file: str = SCORE) -> Path:
        return self.layout.score(variant, self.dataset, sequence, self.protocol, file)

    def combined(self, variant: str) -> Path:
        return self.layout.combined(variant, self.dataset, self.protocol)

    def trouble(self, variant: str, sequence: str, job: str) -> Trouble:
        """Return the trouble of a job that left no result, with the end of its log."""
        owner = [] if job == "prepare" else [variant]
        name = sequence or self.dataset
        name += f"_{self.protocol}.log" if job in _BY_PROTOCOL else ".log"
        parts = [*owner, *([self.dataset] if sequence else []), name]
        path = self.workdir.joinpath("logs", job, *parts)
        return self.explained(variant, sequence or "all sequences", job, path)

    def explained(self, variant: str, sequence: str, job: str, path: Path) -> Trouble:
        """Return the trouble of a job whose log is a file, or was not written in this run."""
        since = self.unfinished_since or 0.0
        if not path.is_file() or path.stat().st_mtime < since:
            return Trouble(variant, sequence, "not run", "")
        # a progress bar overwrites its line with carriage returns: what it left last is the line
        lines = [line.split("\r")[-1] for line in path.read_text(errors="replace").split("\n")]
        log = "\n".join([line for line in lines if line.strip()][-_LOG_LINES:])
        return Trouble(variant, sequence, job, log)


def _read_comparison(
    place: _Place, plan: Mapping[str, Any], whole: bool
) -> Mapping[str, Any] | None:
    path = place.layout.comparison(place.dataset, place.protocol)
    scores = [
        place.score(card["name"], sequence)
        for card in plan["variants"]
        for sequence in plan["sequences"]
    ]
    found: Mapping[str, Any] | None = (
        read_json(path) if whole and place.holds(path, scores) else None
    )
    return found


def _read_variant(
    place: _Place,
    plan: Mapping[str, Any],
    card: Mapping[str, Any],
    scores: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Variant:
    name = card["name"]
    found = {s: scores[name, s] for s in plan["sequences"] if (name, s) in scores}
    sequences = {sequence: score["values"] for sequence, score in found.items()}
    parts = [place.score(name, sequence) for sequence in plan["sequences"]]
    times = [place.sequence(name, sequence, TIMING) for sequence in plan["clock"]]
    combined, speed = place.combined(name), place.layout.dataset(name, place.dataset, SPEED)
    whole = len(sequences) == len(plan["sequences"]) and place.holds(combined, parts)
    timed = (
        card["timed"]
        and all(sequence in sequences for sequence in plan["clock"])
        and all(place.holds(path, [path.with_name(TRACKS)]) for path in times)
        and place.holds(speed, times)
    )
    total = read_json(combined) if whole else None
    timings = read_steps(times) if timed else {}
    return Variant(
        card,
        total["values"] if total else None,
        sequences,
        {sequence: _partials(score) for sequence, score in found.items()},
        {s: _timeline(place, name, s) for s in sequences},
        read_json(speed) if timed else None,
        timings,
        count_objects(times) if timings else {},
        mean_stages(times) if timings else {},
        read_warm_up(times) if timings else {},
        _read_late(place, plan, card),
    )


def _read_late(place: _Place, plan: Mapping[str, Any], card: Mapping[str, Any]) -> list[Late]:
    found = [
        read_late(
            place.combined(name),
            [place.sequence(name, sequence) for sequence in plan["sequences"]],
            finished=place.unfinished_since is None,
        )
        for name in card["real_time"]
    ]
    return sorted((each for each in found if each), key=lambda late: late.rate)


def _partials(score: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.get("partials", {}) for name, each in score["classes"].items()}


def _timeline(place: _Place, variant: str, sequence: str) -> Timeline:
    frames: int = read_json(place.layout.prepared(place.dataset, sequence))["extent"]["frame_count"]
    return read_timeline(place.score(variant, sequence, EVENTS), frames)


def _read_chain(place: _Place, card: Mapping[str, Any], sequence: str) -> Any:
    """Return what score.json holds, or the Trouble of the first job without a result."""
    variant = card["name"]
    prepared = place.layout.prepared(place.dataset, sequence)
    tracks = place.sequence(variant, sequence, TRACKS)
    events, score = (place.score(variant, sequence, file) for file in (EVENTS, SCORE))
    if not prepared.is_file():
        return place.trouble(variant, sequence, "prepare")
    rests_on = [place.workdir / each["made"] for each in card["rests_on"]]
    for each, made in zip(card["rests_on"], rests_on, strict=True):
        if not made.is_file():
            return place.explained(variant, sequence, each["job"], place.workdir / each["log"])
    for job, made, made_from in (
        ("track", tracks, [prepared, *rests_on]),
        ("score", events, [tracks]),
        ("score", score, [tracks]),  # written after the events, but files are touched in any order
    ):
        if not place.holds(made, made_from):
            return place.trouble(variant, sequence, job)
    content = read_json(score)
    if content["origin"] != card["origin"]:
        return Trouble(variant, sequence, "not run", "")
    return content


def _late_troubles(place: _Place, plan: Mapping[str, Any], variant: Variant) -> list[Trouble]:
    """Return what is missing of a variant beside the scores of its sequences."""
    name, troubles = variant.card["name"], []
    if variant.total is None and len(variant.sequences) == len(plan["sequences"]):
        troubles.append(place.trouble(name, "", "combine"))
    if not variant.card["timed"] or variant.speed is not None:
        return troubles
    untimed = [
        sequence
        for sequence in plan["clock"]
        if sequence in variant.sequences
        and not place.holds(
            place.sequence(name, sequence, TIMING), [place.sequence(name, sequence, TRACKS)]
        )
    ]
    troubles += [place.trouble(name, sequence, "clock") for sequence in untimed]
    if not untimed and all(sequence in variant.sequences for sequence in plan["clock"]):
        troubles.append(place.trouble(name, "", "speed"))
    return troubles
