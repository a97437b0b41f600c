"""Read the results of a run for the page: numbers, and which results are missing and why."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.files import is_up_to_date, read_json
from datasets.run_layout import EVENTS, SCORE, SPEED, TIMING, TRACKS, RunLayout
from reports.steps import count_objects, mean_stages, read_steps, read_warm_up
from reports.streaming import StreamingResult, read_streaming
from reports.timeline import Timeline, read_timeline

Values = Mapping[str, float | None]
_LOG_LINES = 12
_NOTHING = {
    "columns": [],
    "card": "",
    "similarity": "box",
    "classes": {},
}  # stands in for score.json if nothing was scored
_BY_PROTOCOL = ("score", "combine")  # jobs with one log per protocol


@dataclass(frozen=True)
class MissingResult:
    """A result that does not exist.

    Args:
        job: Job that failed: `track`, `score`, ...; `not run` if it was not started.
        log: Last lines of the job's log.
    """

    variant: str
    sequence: str
    job: str
    log: str


@dataclass(frozen=True)
class Variant:
    """One variant on one data set.

    Args:
        entry: Entry of the variant in the plan: name, title, method, source, options, timed, and
            `depends_on`, the outputs and logs of the jobs that it depends on.
        total: Values by column over all sequences; None if one of them has no result.
        sequences: Values by column, by sequence with a result.
        partials: Partial results by sequence, then class, then family.
        timelines: Errors over time, by sequence with a result.
        speed: Content of speed.json; None if the variant is not timed or has no such file.
        timings: Step times in nanoseconds, (passes, frames), by sequence timed frame by frame.
        objects: Number of objects in the output for each timed frame, by sequence.
        stages: Mean time per frame in ms, by stage.
        warm_up: Step times of the warm-up in nanoseconds, by sequence.
        streaming: Results with frames at a fixed rate, by rising rate.
    """

    entry: Mapping[str, Any]
    total: Values | None
    sequences: Mapping[str, Values]
    partials: Mapping[str, Mapping[str, Any]]
    timelines: Mapping[str, Timeline]
    speed: Mapping[str, Any] | None
    timings: Mapping[str, list[list[int]]]
    objects: Mapping[str, list[int]]
    stages: Mapping[str, float]
    warm_up: Mapping[str, list[int]]
    streaming: Many[StreamingResult] = ()


@dataclass(frozen=True)
class Run:
    """All results on one data set under one protocol.

    Args:
        plan: Entry of the run in the plan: dataset, title, licence, protocol, sequences, clock.
        columns: Score columns in order: name, label, unit, better, meaning.
        protocol_description: What the protocol scores, in one sentence.
        similarity: Similarity that the protocol uses: `box`, `masks` or `disjoint masks`.
        classes: Names of the scored classes.
        files: Content of sequence.json, by prepared sequence.
        comparison: Output of metrics.comparison.compare; None if a variant has no result.
        finished: Whether the workflow has finished.
    """

    plan: Mapping[str, Any]
    columns: list[Mapping[str, Any]]
    protocol_description: str
    similarity: str
    classes: list[str]
    variants: list[Variant]
    missing_results: list[MissingResult]
    files: Mapping[str, Mapping[str, Any]]
    comparison: Mapping[str, Any] | None = None
    finished: bool = True


def read_run(plan: Mapping[str, Any], workdir: Path, unfinished_since: float | None) -> Run:
    """Return the results on one data set below the working directory of the workflow.

    A result is used only if it comes from the config and code of the plan. After a failed run,
    stale results may exist: then a result must also not be older than its inputs.

    Args:
        unfinished_since: Start of a failed run in seconds since 1970; older logs belong to earlier
            runs. None if the workflow has finished.
    """
    files = _RunFiles(workdir, plan["dataset"], plan["protocol"], unfinished_since)
    scores_or_missing = {
        (entry["name"], sequence): _read_score(files, entry, sequence)
        for entry in plan["variants"]
        for sequence in plan["sequences"]
    }
    scores = {
        key: each for key, each in scores_or_missing.items() if not isinstance(each, MissingResult)
    }
    first: Mapping[str, Any] = next(iter(scores.values()), _NOTHING)
    prepared = {name: files.layout.prepared(files.dataset, name) for name in plan["sequences"]}
    variants = [_read_variant(files, plan, entry, scores) for entry in plan["variants"]]
    return Run(
        plan,
        first["columns"],
        first["card"],
        first["similarity"],
        list(first["classes"]),
        variants,
        [each for each in scores_or_missing.values() if isinstance(each, MissingResult)]
        + [each for variant in variants for each in _missing_beside_scores(files, plan, variant)],
        {name: read_json(path) for name, path in prepared.items() if path.is_file()},
        _read_comparison(files, plan, len(scores) == len(scores_or_missing)),
        finished=unfinished_since is None,
    )


@dataclass(frozen=True)
class _RunFiles:
    """Paths of the files of one data set and protocol, and which of them are up to date."""

    workdir: Path
    dataset: str
    protocol: str
    unfinished_since: float | None

    def is_current(self, made: Path, made_from: list[Path]) -> bool:
        """Whether a file exists and is up to date with its inputs."""
        return is_up_to_date(made, made_from, finished=self.unfinished_since is None)

    @property
    def layout(self) -> RunLayout:
        return RunLayout(self.workdir)

    def sequence(self, variant: str, sequence: str, file: str = "") -> Path:
        return self.layout.sequence(variant, self.dataset, sequence, file)

    def score(self, variant: str, sequence: str, file: str = SCORE) -> Path:
        return self.layout.score(variant, self.dataset, sequence, self.protocol, file)

    def combined(self, variant: str) -> Path:
        return self.layout.combined(variant, self.dataset, self.protocol)

    def missing_result(self, variant: str, sequence: str, job: str) -> MissingResult:
        """Return the missing result of a job, with the end of its log."""
        folders = [] if job == "prepare" else [variant]
        name = sequence or self.dataset
        name += f"_{self.protocol}.log" if job in _BY_PROTOCOL else ".log"
        parts = [*folders, *([self.dataset] if sequence else []), name]
        path = self.workdir.joinpath("logs", job, *parts)
        return self.missing_with_log(variant, sequence or "all sequences", job, path)

    def missing_with_log(self, variant: str, sequence: str, job: str, path: Path) -> MissingResult:
        """Return a missing result; the job counts as not run if this run did not write its log."""
        since = self.unfinished_since or 0.0
        if not path.is_file() or path.stat().st_mtime < since:
            return MissingResult(variant, sequence, "not run", "")
        # A progress bar overwrites its line with carriage returns: keep its last state
        lines = [line.split("\r")[-1] for line in path.read_text(errors="replace").split("\n")]
        log = "\n".join([line for line in lines if line.strip()][-_LOG_LINES:])
        return MissingResult(variant, sequence, job, log)


def _read_comparison(
    files: _RunFiles, plan: Mapping[str, Any], whole: bool
) -> Mapping[str, Any] | None:
    path = files.layout.comparison(files.dataset, files.protocol)
    scores = [
        files.score(entry["name"], sequence)
        for entry in plan["variants"]
        for sequence in plan["sequences"]
    ]
    found: Mapping[str, Any] | None = (
        read_json(path) if whole and files.is_current(path, scores) else None
    )
    return found


def _read_variant(
    files: _RunFiles,
    plan: Mapping[str, Any],
    entry: Mapping[str, Any],
    scores: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Variant:
    name = entry["name"]
    found = {s: scores[name, s] for s in plan["sequences"] if (name, s) in scores}
    sequences = {sequence: score["values"] for sequence, score in found.items()}
    parts = [files.score(name, sequence) for sequence in plan["sequences"]]
    times = [files.sequence(name, sequence, TIMING) for sequence in plan["clock"]]
    combined, speed = files.combined(name), files.layout.dataset(name, files.dataset, SPEED)
    whole = len(sequences) == len(plan["sequences"]) and files.is_current(combined, parts)
    timed = (
        entry["timed"]
        and all(sequence in sequences for sequence in plan["clock"])
        and all(files.is_current(path, [path.with_name(TRACKS)]) for path in times)
        and files.is_current(speed, times)
    )
    total = read_json(combined) if whole else None
    timings = read_steps(times) if timed else {}
    return Variant(
        entry,
        total["values"] if total else None,
        sequences,
        {sequence: _partials(score) for sequence, score in found.items()},
        {s: _timeline(files, name, s) for s in sequences},
        read_json(speed) if timed else None,
        timings,
        count_objects(times) if timings else {},
        mean_stages(times) if timings else {},
        read_warm_up(times) if timings else {},
        _read_streaming(files, plan, entry),
    )


def _read_streaming(
    files: _RunFiles, plan: Mapping[str, Any], entry: Mapping[str, Any]
) -> list[StreamingResult]:
    found = [
        read_streaming(
            files.combined(name),
            [files.sequence(name, sequence) for sequence in plan["sequences"]],
            finished=files.unfinished_since is None,
        )
        for name in entry["streaming"]
    ]
    return sorted((each for each in found if each), key=lambda streaming: streaming.rate)


def _partials(score: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.get("partials", {}) for name, each in score["classes"].items()}


def _timeline(files: _RunFiles, variant: str, sequence: str) -> Timeline:
    frames: int = read_json(files.layout.prepared(files.dataset, sequence))["extent"]["frame_count"]
    return read_timeline(files.score(variant, sequence, EVENTS), frames)


def _read_score(files: _RunFiles, entry: Mapping[str, Any], sequence: str) -> Any:
    """Return the content of score.json, or the MissingResult of the first job without output."""
    variant = entry["name"]
    prepared = files.layout.prepared(files.dataset, sequence)
    tracks = files.sequence(variant, sequence, TRACKS)
    events, score = (files.score(variant, sequence, file) for file in (EVENTS, SCORE))
    if not prepared.is_file():
        return files.missing_result(variant, sequence, "prepare")
    depends_on = [files.workdir / each["made"] for each in entry["depends_on"]]
    for each, made in zip(entry["depends_on"], depends_on, strict=True):
        if not made.is_file():
            return files.missing_with_log(
                variant, sequence, each["job"], files.workdir / each["log"]
            )
    # score.json is written after the events, but files may be touched in any order
    for job, made, made_from in (
        ("track", tracks, [prepared, *depends_on]),
        ("score", events, [tracks]),
        ("score", score, [tracks]),
    ):
        if not files.is_current(made, made_from):
            return files.missing_result(variant, sequence, job)
    content = read_json(score)
    if content["origin"] != entry["origin"]:
        return MissingResult(variant, sequence, "not run", "")
    return content


def _missing_beside_scores(
    files: _RunFiles, plan: Mapping[str, Any], variant: Variant
) -> list[MissingResult]:
    """Return the missing results of a variant other than scores of single sequences."""
    name, missing_results = variant.entry["name"], []
    if variant.total is None and len(variant.sequences) == len(plan["sequences"]):
        missing_results.append(files.missing_result(name, "", "combine"))
    if not variant.entry["timed"] or variant.speed is not None:
        return missing_results
    untimed = [
        sequence
        for sequence in plan["clock"]
        if sequence in variant.sequences
        and not files.is_current(
            files.sequence(name, sequence, TIMING), [files.sequence(name, sequence, TRACKS)]
        )
    ]
    missing_results += [files.missing_result(name, sequence, "clock") for sequence in untimed]
    if not untimed and all(sequence in variant.sequences for sequence in plan["clock"]):
        missing_results.append(files.missing_result(name, "", "speed"))
    return missing_results
