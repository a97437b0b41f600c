"""What a run left, as a baseline keeps it: what the sequences of each variant add up, its pace.

    {"schema": 1, "commit": ..., "date": ..., "config": ...,
     "accuracy": {"synthetic/mot15": {"columns": [...], "scenes": [...], "variants": {
         "sort": {"crossing": {"frames": 100, "truth": sha256, "tracks": sha256, "classes": ...}}
     }}},
     "speed": {"synthetic": {"sort": {"frames": 45, "machine": {...}, "paces": [1.2, 1.3]}}}}

`make baseline` writes one (`metrics.gate.baseline`), the gate holds another beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datasets.formats.parquet import read_tracks
from datasets.io.files import is_made, read_json, sha256
from datasets.run_layout import SCORE, TRACKS, TRUTH, RunLayout
from metrics.comparison.bootstrap import families_of
from metrics.comparison.compare import scene_of
from metrics.gate.relative_step_time import measure_pace

SCHEMA = 1  # raised when an old baseline could not be read
_DIGITS = 6  # of a pace that are kept
_KEYS = {"schema", "commit", "date", "config", "accuracy", "speed"}


def take_snapshot(
    plan: Mapping[str, Any], workdir: Path, *, finished: bool = True
) -> dict[str, Any]:
    """Return what there is of a run; a variant without a result of each sequence is left out.

    Args:
        plan: What was to be made, and when, see regression.smk.
        workdir: Folder the workflow ran in.
        finished: Whether it has made all there is, see `is_made`.
    """
    accuracy = {run_name(run): _accuracy(plan, run, workdir, finished) for run in plan["runs"]}
    return {
        "schema": SCHEMA,
        **{key: plan[key] for key in ("commit", "date", "config")},
        "accuracy": accuracy,
        "speed": _speed(plan, workdir),
    }


def read_baseline(path: Path) -> dict[str, Any]:
    """Return the snapshot that a file holds.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is no snapshot, or of another schema. Names the file.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such baseline: `make baseline` with the same CONFIG makes it"
        )
    content = read_json(path)
    if not isinstance(content, dict) or not content.keys() >= _KEYS:
        keys = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"{path}: {keys} found, expected a baseline with {sorted(_KEYS)}")
    if content["schema"] != SCHEMA:
        found = content["schema"]
        raise ValueError(f"{path}: schema {found} found, expected {SCHEMA}: make the baseline anew")
    return content


def now() -> str:
    """Return the time, of the zone of Greenwich, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def run_name(run: Mapping[str, Any]) -> str:
    """Return what a run is called: data set and protocol."""
    return f"{run['dataset']}/{run['protocol']}"


def pace_files(run: Mapping[str, Any], variant: str, workdir: Path, process: int) -> list[Path]:
    """Return the files of one process, one of each timed sequence."""
    layout, name = RunLayout(workdir), f"pace_{process}.json"
    return [layout.sequence(variant, run["dataset"], each, name) for each in run["clock"]]


def timed_variants(plan: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield each variant whose pace is taken, once a data set, with the run it is in."""
    seen = set()
    for run in plan["runs"]:
        for card in run["variants"]:
            if card["timed"] and (run["dataset"], card["name"]) not in seen:
                seen.add((run["dataset"], card["name"]))
                yield run, card["name"]


def _accuracy(
    plan: Mapping[str, Any], run: Mapping[str, Any], workdir: Path, finished: bool
) -> dict[str, Any]:
    found, columns = {}, []
    for card in run["variants"]:
        folder = RunLayout(workdir).dataset(card["name"], run["dataset"])
        scores = {
            sequence: _score(folder / sequence, run["protocol"], card["origin"], finished)
            for sequence in run["sequences"]
        }
        whole = {name: score for name, score in scores.items() if score is not None}
        if len(whole) == len(scores):
            first = next(iter(whole.values()))
            columns = [each for each in first["columns"] if each["name"] in plan["tolerances"]]
            wanted = [each["name"] for each in columns]
            families = list(families_of(first, wanted))
            found[card["name"]] = {
                name: {**_files(run, workdir, folder, name), "classes": _partials(score, families)}
                for name, score in whole.items()
            }
    return {
        "columns": [{key: each[key] for key in ("name", "unit", "better")} for each in columns],
        "scenes": [scene_of(sequence, run["scene"]) for sequence in run["sequences"]],
        "variants": found,
    }


def _score(folder: Path, protocol: str, origin: str, finished: bool) -> dict[str, Any] | None:
    """Return a score; None where there is none of this config and code, of the tracks there are."""
    path = folder / protocol / SCORE
    if not is_made(path, [folder / TRACKS], finished=finished):
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


def _speed(plan: Mapping[str, Any], workdir: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for run, variant in timed_variants(plan):
        files = [pace_files(run, variant, workdir, n) for n in range(plan["processes"])]
        if all(path.is_file() for each in files for path in each):
            processes = [[read_json(path) for path in each] for each in files]
            found.setdefault(run["dataset"], {})[variant] = {
                "frames": sum(timing["frames"] for timing in processes[0]),
                "machine": processes[0][0]["machine"],
                "work": processes[0][0].get("work", 1),
                "paces": [float(f"{measure_pace(each):.{_DIGITS}g}") for each in processes],
            }
    return found
