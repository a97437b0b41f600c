"""Changes since a run.json was written: files, code, libraries, machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datasets.io.files import sha256, sha256_of
from datasets.io.git import LOCK, git_commit
from datasets.sequences.sequence_json import IMAGES, read_sequence
from trackers.contract import load_method
from trackers.profiling.machine import describe_machine, usable_cores
from workflow.digests import method_digest


def changed_files(record: Mapping[str, Any]) -> list[str]:
    """Return a line for each file the job read that is missing or has changed.

    Raises:
        OSError: A file cannot be read.
        ValueError: sequence.json is malformed.
    """
    lines = []
    for kind, path, then in _files(record):
        if not path.exists():
            lines.append(f"{kind}: {path} is missing")
        elif (now := sha256_of(path)) != then:
            lines.append(f"{kind}: {path}: sha256 was {then}, is {now}")
    return lines


def changed_environment(record: Mapping[str, Any]) -> list[str]:
    """Return a line for each change of code, commit, libraries and machine.

    Of the thread settings only the number of cores is compared: the others are restored.
    """
    then = {
        **{name: record[name] for name in ("code", "commit")},
        "libraries (requirements.lock)": record["lock"],
        **{f"machine, {name}": fact for name, fact in record["machine"].items()},
    }
    now = {
        "code": record["code"] and _code(record),
        "commit": git_commit(),
        "libraries (requirements.lock)": sha256(LOCK),
        **{f"machine, {name}": fact for name, fact in describe_machine().items()},
    }
    before, here = int(record["threads"]["cores"]), usable_cores()
    return [
        f"{name}: was {then.get(name)}, is {now.get(name)}"
        for name in then | now
        if then.get(name) != now.get(name)
    ] + ([f"cores: were {before}, are {here}"] if here < before else [])


def _code(record: Mapping[str, Any]) -> str:
    nested = load_method(record["method"]).nested_methods(record["options"])
    own = record["program"] in (
        "trackers.timing.streaming",
        "trackers.adopt",
    )  # as the rules have it
    program = record["program"] if own else "trackers.run"
    return method_digest(program, record["method"], *nested)


def _files(record: Mapping[str, Any]) -> Iterator[tuple[str, Path, str]]:
    """Yield the kind of each file, its path and its recorded digest."""
    sequence = Path(record["sequence"])
    for name, digest in record["inputs"].items():
        yield "input", _input(sequence, name), digest
    for name, digest in record["files"].items():
        yield "file", Path(name), digest
    for name, digest in record["engines"].items():
        yield "engine", Path(name), digest


def _input(sequence: Path, name: str) -> Path:
    if name != IMAGES or not sequence.is_file():
        return sequence.with_name(name)
    images = read_sequence(sequence).images
    return sequence.with_name(name) if images is None else Path(images)
