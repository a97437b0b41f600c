"""Records of what the rules made in this folder, over all runs, whatever their config.

Snakemake keeps a record of each output in `.snakemake/metadata` until it is made again. Files that
it does not record are noted here: logs, and files written after a run has failed.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METADATA = Path(".snakemake", "metadata")
INCOMPLETE = Path(".snakemake", "incomplete")
NOTES = Path(".snakemake", "notes.jsonl")


@dataclass(frozen=True)
class Made:
    """A file or folder that a rule made.

    Args:
        path: Path in the rule, relative to the working directory.
        rule: Name of the rule, empty where it is unknown.
        begin: Start of its job, in seconds since 1970.
        end: Last modification by its job, in seconds since 1970; None if the job did not end.
        inputs: Input files of its job.
        record: File of the record; None for a line of the notes.
        logs: Log files of its job.
    """

    path: Path
    rule: str = ""
    begin: float = 0.0
    end: float | None = None
    inputs: tuple[str, ...] = ()
    record: Path | None = None
    logs: tuple[str, ...] = ()


def note_logs(paths: Iterable[object], notes: Path = NOTES) -> None:
    """Note the logs of the jobs of a run: Snakemake keeps no record of a job that fails."""
    known = {each.get("log") for each in _read_notes(notes)}
    new = sorted({str(path) for path in paths} - known)
    _append(notes, ({"log": path} for path in new))


def note_files(paths: Iterable[str], notes: Path = NOTES) -> None:
    """Note files written outside the rules, in their present state."""
    there = [path for path in map(Path, paths) if path.is_file()]
    _append(notes, ({"path": str(path), "end": path.stat().st_mtime} for path in there))


def read_made(root: Path) -> list[Made]:
    """Return the recorded outputs; a path occurs twice where two records name it."""
    return [*_finished(root), *_noted(root), *_unfinished(root)]


def read_logs(root: Path, made: Iterable[Made]) -> set[Path]:
    """Return the logs of all recorded jobs."""
    noted = {each["log"] for each in _read_notes(root / NOTES) if "log" in each}
    return {Path(log) for log in noted.union(*(each.logs for each in made))}


def forget(root: Path, made: Iterable[Made], logs: Iterable[Path]) -> None:
    """Remove the records of files that were removed."""
    gone = {str(each.path) for each in made}
    for each in made:
        if each.record is not None:
            _remove_record(each.record)
    kept = [
        note
        for note in _read_notes(root / NOTES)
        if note.get("path") not in gone and note.get("log") not in set(map(str, logs))
    ]
    (root / NOTES).unlink(missing_ok=True)
    _append(root / NOTES, kept)


def _finished(root: Path) -> Iterator[Made]:
    for record, path in _records(root / METADATA):
        content = _read_record(record)
        if content.get("incomplete") or not isinstance(content.get("endtime"), int | float):
            continue
        yield Made(
            path,
            content.get("rule") or "",
            float(content.get("starttime") or content["endtime"]),
            float(content["endtime"]),
            tuple(content.get("input") or ()),
            record,
            tuple(content.get("log") or ()),
        )


def _unfinished(root: Path) -> Iterator[Made]:
    """Yield the outputs of jobs that did not end because the run was killed."""
    for record, path in _records(root / INCOMPLETE):
        if path.parts and path != Path("migration_underway"):
            yield Made(path, begin=record.stat().st_mtime, record=record)


def _noted(root: Path) -> Iterator[Made]:
    """Yield the noted files, each in its last noted state."""
    last = {each["path"]: each["end"] for each in _read_notes(root / NOTES) if "path" in each}
    for path, end in last.items():
        yield Made(Path(path), begin=end, end=end)


def _records(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each record and the path of its output.

    A record is named by the path in base64. Names too long for a file are cut into parts; all parts
    but the last are folders that begin with @.
    """
    for record in sorted(folder.rglob("*")):
        if not record.is_file():
            continue
        parts = record.relative_to(folder).parts
        name = "".join(part.removeprefix("@") for part in parts[:-1]) + parts[-1]
        try:
            yield record, Path(urlsafe_b64decode(name).decode())
        except ValueError:
            continue  # not one of Snakemake's records


def _read_record(path: Path) -> Mapping[str, Any]:
    """Return a record; an empty one where it was cut off, as in Snakemake."""
    try:
        content = json.loads(path.read_text())
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _remove_record(record: Path) -> None:
    record.unlink(missing_ok=True)
    folder = record.parent
    while folder.name.startswith("@") and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _read_notes(path: Path) -> list[dict[str, Any]]:
    """Return the notes, without a line that was cut off when a run was killed."""
    notes = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            notes.append(json.loads(line))
        except ValueError:
            continue
    return notes


def _append(path: Path, notes: Iterable[Mapping[str, Any]]) -> None:
    lines = [json.dumps(note) for note in notes]
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(
                "\n".join(["", *lines, ""])
            )  # the first newline ends a line that was cut off
