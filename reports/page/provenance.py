"""Collect the provenance of results from their run.json files, with repeated facts merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.files import sha256
from datasets.run_layout import RUN, TRACKS, RunLayout
from datasets.sequences.run_json import read_run_json
from reports.results import Run

_NAMED = 3  # sequences that a warning names


@dataclass(frozen=True)
class Result:
    """The output of one variant on one sequence.

    Args:
        tracks: SHA-256 of tracks.parquet.
        record: Content of run.json; None if it is missing or does not belong to the tracks.
        problem: Why the result is not traced; "" if it is.
    """

    variant: str
    dataset: str
    sequence: str
    tracks: str
    record: Mapping[str, Any] | None
    problem: str


@dataclass(frozen=True)
class Files:
    """Files of one folder read by the same variants, as digests by name."""

    folder: str
    variants: list[str]
    digests: Mapping[str, str]


def provenance(runs: Many[Run], workdir: Path) -> dict[str, Any]:
    """Return the content of the page's section on provenance.

    Args:
        workdir: Working directory of the workflow.
    """
    prepared = _prepared(runs, workdir)
    results = _read_results(runs, workdir, prepared)
    records = [each.record for each in results if each.record is not None]
    return {
        "count": len(results),
        "traced": sum(not each.problem for each in results),
        "problems": _problems(results),
        "inputs": prepared,
        "environments": _distinct(_environment(record) for record in records),
        "variants": {name: _of_variant(results, name) for name in _names(results, "variant")},
        "scores": _origins(runs),
        "files": _files(results),
        "tracks": _tracks(runs, results),
    }


def _prepared(runs: Many[Run], workdir: Path) -> dict[str, dict[str, str]]:
    """Return the digests of the prepared files of each sequence, by `dataset/sequence`."""
    found = {}
    for run in runs:
        for sequence, content in run.files.items():
            name = f"{run.plan['dataset']}/{sequence}"
            path = workdir / "data" / run.plan["dataset"] / sequence / "sequence.json"
            found[name] = {path.name: sha256(path), **content["sha256"]}
    return found


def _read_results(
    runs: Many[Run], workdir: Path, prepared: Mapping[str, Mapping[str, str]]
) -> list[Result]:
    """Return every result on the page once, even if several protocols score it."""
    keys = dict.fromkeys(key for run in runs for key in _result_keys(run))
    return [
        Result(*key, *_read_result(folder, prepared[f"{key[1]}/{key[2]}"]))
        for key in keys
        if ((folder := RunLayout(workdir).sequence(*key)) / TRACKS).is_file()
    ]


def _result_keys(run: Run) -> Iterator[tuple[str, str, str]]:
    """Yield variant, data set and sequence of each result, repeated and streaming runs included."""
    runs = {} if run.comparison is None else run.comparison["runs"]
    for variant in run.variants:
        name = variant.entry["name"]
        repeated = [f"{name}@run{number}" for number in range(2, runs.get(name, 1) + 1)]
        streaming = variant.entry["streaming"] if variant.streaming else []
        for each in (name, *repeated, *streaming):
            for sequence in variant.sequences:
                yield each, run.plan["dataset"], sequence


def _read_result(
    folder: Path, prepared: Mapping[str, str]
) -> tuple[str, Mapping[str, Any] | None, str]:
    tracks, path = sha256(folder / TRACKS), folder / RUN
    if not path.is_file():
        return tracks, None, f"no {RUN}"
    try:
        record = read_run_json(path)
    except ValueError:
        return tracks, None, f"a {RUN} that cannot be read"
    if record["tracks"] != tracks:
        return tracks, None, f"a {RUN} of other tracks"
    changed = [name for name, digest in record["inputs"].items() if prepared.get(name) != digest]
    problem = f"other inputs than there are now: {', '.join(changed)}" if changed else ""
    return tracks, record, problem


def _problems(results: Many[Result]) -> list[str]:
    """Return one line per problem, variant and data set, with the first sequences."""
    sequences: dict[tuple[str, str, str], list[str]] = {}
    for each in results:
        if each.problem:
            key = (each.variant, each.dataset, each.problem)
            sequences.setdefault(key, []).append(each.sequence)
    return [
        f"{variant} on {dataset}: {problem} ({_abbreviate(names)})"
        for (variant, dataset, problem), names in sequences.items()
    ]


def _abbreviate(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _environment(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lock file, machine and threads of a result, usually the same for all."""
    threads = ", ".join(f"{name}={value}" for name, value in record["threads"].items() if value)
    return {"lock": record["lock"], "machine": record["machine"], "threads": threads}


def _of_variant(results: Many[Result], name: str) -> dict[str, Any]:
    """Return the number of results of a variant, and the code and environments that made them."""
    own = [each for each in results if each.variant == name]
    records = [each.record for each in own if each.record is not None]
    return {
        "count": len(own),
        "traced": sum(not each.problem for each in own),
        "codes": _distinct(record["code"] for record in records if record["code"]),
        "commits": _distinct(record["commit"] for record in records),
        "environments": _distinct(_environment(record) for record in records),
    }


def _origins(runs: Many[Run]) -> dict[str, list[str]]:
    """Return the digests of the config and code that scores come from, by variant."""
    found: dict[str, list[str]] = {}
    for run in runs:
        for variant in run.variants:
            found.setdefault(variant.entry["name"], []).append(variant.entry["origin"])
    return {name: _distinct(origins) for name, origins in found.items()}


def _files(results: Many[Result]) -> list[Files]:
    """Return the files that options name, grouped by folder and by the variants that read them."""
    readers: dict[tuple[str, str], list[str]] = {}
    for each in results:
        if each.record is not None:
            for file in (each.record["files"] | each.record["engines"]).items():
                readers.setdefault(file, []).append(each.variant)
    groups: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
    for (name, digest), variants in sorted(readers.items()):
        path = Path(name)
        group = groups.setdefault((str(path.parent), tuple(dict.fromkeys(variants))), {})
        # the same name with other content: both digests are listed
        group[path.name if path.name not in group else f"{path.name} ({digest[:8]})"] = digest
    return [Files(folder, [*names], digests) for (folder, names), digests in groups.items()]


def _tracks(runs: Many[Run], results: Many[Result]) -> list[dict[str, Any]]:
    """Return the sequences of each data set, and the result of each variant on each sequence."""
    found = []
    for dataset in dict.fromkeys(run.plan["dataset"] for run in runs):
        of_dataset = [each for each in results if each.dataset == dataset]
        rows: dict[str, dict[str, Result]] = {}
        for each in of_dataset:
            rows.setdefault(each.variant, {})[each.sequence] = each
        if rows:
            sequences = _names(of_dataset, "sequence")
            found.append({"dataset": dataset, "sequences": sequences, "rows": rows})
    return found


def _names(results: Iterable[Result], kind: str) -> list[str]:
    return _distinct(getattr(each, kind) for each in results)


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Return the distinct values in order; they need not be hashable."""
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
