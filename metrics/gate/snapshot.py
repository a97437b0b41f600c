"""Summarize the results of a run as a baseline stores them: partials and relative step times.

    {"schema": 2, "commit": ..., "date": ..., "config": ...,
     "accuracy": {"synthetic/mot15": {"columns": [...], "scenes": [...], "variants": {
         "sort": {"crossing": {"frames": 100, "truth": sha256, "tracks": sha256, "classes": ...}}
     }}},
     "speed": {"synthetic": {
         "sort": {"frames": 45, "machine": {...}, "relative_step_times": [1.2, 1.3]}
     }}}

`make baseline` writes a snapshot (`metrics.gate.baseline`); the gate compares another with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datasets.formats.parquet import read_tracks
from datasets.io.files import is_up_to_date, read_json, sha256
from datasets.run_layout import SCORE, TRACKS, TRUTH, RunLayout
from metrics.comparison.bootstrap import families_of
from metrics.comparison.compare import camera_scene
from metrics.gate.relative_step_time import relative_step_time

SCHEMA = 2  # of the file; `read_baseline` migrates older ones
_DIGITS = 6  # significant digits of a relative step time
_FIELDS_1 = {"paces": "relative_step_times"}  # names in schema 1, and now
_PARTIALS_1 = {
    "hits": "true_positives",
    "matches": "true_positives",
    "misses": "false_negatives",
    "extras": "false_positives",
}
_KEYS = {"schema", "commit", "date", "config", "accuracy", "speed"}


def take_snapshot(
    plan: Mapping[str, Any], workdir: Path, *, finished: bool = True
) -> dict[str, Any]:
    """Return the results of a run; variants without results for every sequence are omitted.

    Args:
        plan: Requested results, and the date, see regression.smk.
        workdir: Folder the workflow ran in.
        finished: Whether the workflow has finished, see `is_up_to_date`.
    """
    accuracy = {run_name(run): _accuracy(plan, run, workdir, finished) for run in plan["runs"]}
    return {
        "schema": SCHEMA,
        **{key: plan[key] for key in ("commit", "date", "config")},
        "accuracy": accuracy,
        "speed": _speed(plan, workdir),
    }


def read_baseline(path: Path) -> dict[str, Any]:
    """Return the snapshot stored in a file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not a snapshot, or is newer than this code. The message names it.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such baseline, make it with `make baseline` and the same CONFIG"
        )
    content = read_json(path)
    if not isinstance(content, dict) or not content.keys() >= _KEYS:
        keys = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"{path}: expected a baseline with the keys {sorted(_KEYS)}, found {keys}")
    if content["schema"] == 1:
        content = _migrate(content)
    if content["schema"] != SCHEMA:
        found = content["schema"]
        raise ValueError(
            f"{path}: expected schema {SCHEMA}, found {found}: make the baseline again"
        )
    return content


def _migrate(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return a snapshot of schema 1 in schema 2, which differs in the names of fields."""

    def renamed(value: Any, names: Mapping[str, str]) -> Any:
        if isinstance(value, list):
            return [renamed(each, names) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            names.get(key, key): renamed(each, _PARTIALS_1 if key == "partials" else names)
            for key, each in value.items()
        }

    return {**renamed(old, _FIELDS_1), "schema": 2}


def now() -> str:
    """Return the current UTC time in ISO format, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def run_name(run: Mapping[str, Any]) -> str:
    """Return the name of a run: data set and protocol."""
    return f"{run['dataset']}/{run['protocol']}"


def step_time_files(
    run: Mapping[str, Any], variant: str, workdir: Path, process: int
) -> list[Path]:
    """Return the step time files of one process, one for each timed sequence."""
    layout, name = RunLayout(workdir), f"relative_step_time_{process}.json"
    return [layout.sequence(variant, run["dataset"], each, name) for each in run["clock"]]


def timed_variants(plan: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield each timed variant, once per data set, with its run."""
    seen = set()
    for run in plan["runs"]:
        for variant in run["variants"]:
            if variant["timed"] and (run["dataset"], variant["name"]) not in seen:
                seen.add((run["dataset"], variant["name"]))
                yield run, variant["name"]


def _accuracy(
    plan: Mapping[str, Any], run: Mapping[str, Any], workdir: Path, finished: bool
) -> dict[str, Any]:
    found, columns = {}, []
    for variant in run["variants"]:
        folder = RunLayout(workdir).dataset(variant["name"], run["dataset"])
        scores = {
            sequence: _score(folder / sequence, run["protocol"], variant["origin"], finished)
            for sequence in run["sequences"]
        }
        present = {name: score for name, score in scores.items() if score is not None}
        if len(present) == len(scores):
            first = next(iter(present.values()))
            columns = [each for each in first["columns"] if each["name"] in plan["tolerances"]]
            wanted = [each["name"] for each in columns]
            families = list(families_of(first, wanted))
            found[variant["name"]] = {
                name: {**_files(run, workdir, folder, name), "classes": _partials(score, families)}
                for name, score in present.items()
            }
    return {
        "columns": [{key: each[key] for key in ("name", "unit", "better")} for each in columns],
        "scenes": [camera_scene(sequence, run["scene"]) for sequence in run["sequences"]],
        "variants": found,
    }


def _score(folder: Path, protocol: str, origin: str, finished: bool) -> dict[str, Any] | None:
    """Return a score; None if there is none of the present config, code and tracks."""
    path = folder / protocol / SCORE
    if not is_up_to_date(path, [folder / TRACKS], finished=finished):
        return None
    score: dict[str, Any] = read_json(path)
    return score if score["origin"] == origin else None


def _files(run: Mapping[str, Any], workdir: Path, place: Path, sequence: str) -> dict[str, Any]:
    truth = RunLayout(workdir).prepared(run["dataset"], sequence, TRUTH)
    tracks = place / sequence / TRACKS
    return {
        "frames": read_tracks(tracks).extent.frame_count,
        "truth": sha256(truth),
        "tracks": sha256(tracks),
    }


def _partials(score: Mapping[str, Any], families: list[str]) -> dict[str, Any]:
    return {
        name: {"partials": {family: each["partials"][family] for family in families}}
        for name, each in score["classes"].items()
    }


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _speed(plan: Mapping[str, Any], workdir: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for run, variant in timed_variants(plan):
        files = [step_time_files(run, variant, workdir, n) for n in range(plan["processes"])]
        if all(path.is_file() for each in files for path in each):
            processes = [[read_json(path) for path in each] for each in files]
            found.setdefault(run["dataset"], {})[variant] = {
                "frames": sum(timing["frames"] for timing in processes[0]),
                "machine": processes[0][0]["machine"],
                "work": processes[0][0].get("work", 1),
                "relative_step_times": [
                    float(f"{relative_step_time(each):.{_DIGITS}g}") for each in processes
                ],
            }
    return found
