"""Where results come from: what each run.json says, told once where it is the same."""

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

_NAMED = 3  # sequences in a warning


@dataclass(frozen=True)
class Result:
    """What one variant answered on one sequence.

    Args:
        tracks: SHA-256 of tracks.parquet.
        record: What run.json says; None where `doubt` says that it is not to be believed.
        doubt: Why a number of this result cannot be traced, or what it was not made from; "" where
            it can.
    """

    variant: str
    dataset: str
    sequence: str
    tracks: str
    record: Mapping[str, Any] | None
    doubt: str


@dataclass(frozen=True)
class Files:
    """Files of one folder that the same variants read: digests by name."""

    folder: str
    variants: list[str]
    digests: Mapping[str, str]


def provenance(runs: Many[Run], workdir: Path) -> dict[str, Any]:
    """Return what the page's section shows of where results come from.

    Args:
        workdir: Folder the workflow ran in.
    """
    prepared = _prepared(runs, workdir)
    results = _read_results(runs, workdir, prepared)
    records = [each.record for each in results if each.record is not None]
    return {
        "count": len(results),
        "traced": sum(not each.doubt for each in results),
        "doubts": _doubts(results),
        "inputs": prepared,
        "places": _distinct(_place(record) for record in records),
        "variants": {name: _of_variant(results, name) for name in _names(results, "variant")},
        "scores": _origins(runs),
        "files": _files(results),
        "tracks": _tracks(runs, results),
    }


def _prepared(runs: Many[Run], workdir: Path) -> dict[str, dict[str, str]]:
    """Return the digests of the prepared files of each sequence, by `dataset/sequence`."""
    found = {}
    for run in runs:
        for sequence, said in run.files.items():
            name = f"{run.plan['dataset']}/{sequence}"
            path = workdir / "data" / run.plan["dataset"] / sequence / "sequence.json"
            found[name] = {path.name: sha256(path), **said["sha256"]}
    return found


def _read_results(
    runs: Many[Run], workdir: Path, prepared: Mapping[str, Mapping[str, str]]
) -> list[Result]:
    """Return every result that is shown, once, however many protocols score it."""
    places = dict.fromkeys(place for run in runs for place in _places(run))
    return [
        Result(*place, *_read_result(folder, prepared[f"{place[1]}/{place[2]}"]))
        for place in places
        if ((folder := RunLayout(workdir).sequence(*place)) / TRACKS).is_file()
    ]


def _places(run: Run) -> Iterator[tuple[str, str, str]]:
    """Yield variant, data set and sequence of each result: further runs and real time are too."""
    runs = {} if run.comparison is None else run.comparison["runs"]
    for variant in run.variants:
        name = variant.card["name"]
        again = [f"{name}@run{number}" for number in range(2, runs.get(name, 1) + 1)]
        real_time = variant.card["real_time"] if variant.late else []
        for each in (name, *again, *real_time):
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
    others = [name for name, digest in record["inputs"].items() if prepared.get(name) != digest]
    return tracks, record, f"other inputs than there are now: {', '.join(others)}" if others else ""


def _doubts(results: Many[Result]) -> list[str]:
    """Return a line for each doubt about a variant on a data set, with the first sequences."""
    sequences: dict[tuple[str, str, str], list[str]] = {}
    for each in results:
        if each.doubt:
            key = (each.variant, each.dataset, each.doubt)
            sequences.setdefault(key, []).append(each.sequence)
    return [
        f"{variant} on {dataset}: {doubt} ({_few(names)})"
        for (variant, dataset, doubt), names in sequences.items()
    ]


def _few(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _place(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a result was made, which is one place for all as a rule."""
    threads = ", ".join(f"{name}={value}" for name, value in record["threads"].items() if value)
    return {"lock": record["lock"], "machine": record["machine"], "threads": threads}


def _of_variant(results: Many[Result], name: str) -> dict[str, Any]:
    """Return what is known of a variant's results: how many there are, and what made them."""
    own = [each for each in results if each.variant == name]
    records = [each.record for each in own if each.record is not None]
    return {
        "count": len(own),
        "traced": sum(not each.doubt for each in own),
        "codes": _distinct(record["code"] for record in records if record["code"]),
        "commits": _distinct(record["commit"] for record in records),
        "places": _distinct(_place(record) for record in records),
    }


def _origins(runs: Many[Run]) -> dict[str, list[str]]:
    """Return by variant the digests of config and code that its scores come from."""
    found: dict[str, list[str]] = {}
    for run in runs:
        for variant in run.variants:
            found.setdefault(variant.card["name"], []).append(variant.card["origin"])
    return {name: _distinct(origins) for name, origins in found.items()}


def _files(results: Many[Result]) -> list[Files]:
    """Return the files that options name, by folder and by who reads them."""
    readers: dict[tuple[str, str], list[str]] = {}
    for each in results:
        if each.record is not None:
            for file in (each.record["files"] | each.record["engines"]).items():
                readers.setdefault(file, []).append(each.variant)
    groups: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
    for (name, digest), variants in sorted(readers.items()):
        path = Path(name)
        group = groups.setdefault((str(path.parent), tuple(dict.fromkeys(variants))), {})
        # one of another content before, or after: both are told
        group[path.name if path.name not in group else f"{path.name} ({digest[:8]})"] = digest
    return [Files(folder, [*names], digests) for (folder, names), digests in groups.items()]


def _tracks(runs: Many[Run], results: Many[Result]) -> list[dict[str, Any]]:
    """Return for each data set its sequences, and by variant the result on each."""
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
    """Return each value once, in order; they need not be hashable."""
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
