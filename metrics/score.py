"""How right a result is: truth and tracks of one sequence → score.json.

python -m metrics.score --truth truth.parquet --tracks tracks.parquet --protocol mot17
    --families hota clear identity count --output score.json
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence as Many
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets.files import write_json
from datasets.parquet import read_tracks
from datasets.types import Tracks
from metrics.family import Family, load_benchmark, load_family, partial_to_json
from metrics.pairing import Pairing, overlapping, pair


def make_pairings(truth: Tracks, prediction: Tracks, protocol: str) -> dict[str, Pairing]:
    """Return truth and prediction side by side for each class the protocol scores.

    Raises:
        ValueError: The two differ in image size, number of frames or classes, or the protocol does
            not allow what they hold.
    """
    if truth.extent != prediction.extent:
        raise ValueError(f"truth is of {truth.extent}, tracks are of {prediction.extent}")
    benchmark = load_benchmark(protocol)
    pairs = overlapping(truth, prediction, benchmark.SIMILARITY)
    return {
        name: pair(truth, prediction, pairs, *benchmark.keep(truth, prediction, pairs, class_id))
        for name, class_id in benchmark.classes(truth.extent).items()
    }


def score_tracks(
    truth: Tracks, prediction: Tracks, protocol: str, families: Many[str]
) -> dict[str, Any]:
    """Return what a score file holds; raises as `make_pairings` does."""
    loaded = load_families(families)
    partials = {
        name: {key: family.evaluate(pairing) for key, family in loaded.items()}
        for name, pairing in make_pairings(truth, prediction, protocol).items()
    }
    return describe(protocol, loaded, partials)


def describe(
    protocol: str, families: dict[str, Family], partials: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return the content of a score file, of one sequence or of a total.

    `values` at the top are of all classes together, their counts added; with one class they are its
    own.

    Args:
        partials: By class, then by family.
    """
    alone = next(iter(partials.values())) if len(partials) == 1 else None
    together = alone or {
        name: family.combine([each[name] for each in partials.values()])
        for name, family in families.items()
    }
    columns = [column for family in families.values() for column in family.COLUMNS]
    return {
        "protocol": protocol,
        "card": load_benchmark(protocol).CARD,
        "columns": [asdict(column) for column in columns],
        "values": _values(families, together),
        "classes": {
            name: {
                "values": _values(families, each),
                "partials": {key: partial_to_json(partial) for key, partial in each.items()},
            }
            for name, each in partials.items()
        },
    }


def _values(families: dict[str, Family], partials: dict[str, Any]) -> dict[str, float]:
    values: dict[str, float] = {}
    for name, family in families.items():
        values |= family.summarize(partials[name])
    return {
        column.name: values[column.name]
        for family in families.values()
        for column in family.COLUMNS
    }


def load_families(names: Many[str]) -> dict[str, Family]:
    """Return the families by name, in the order given."""
    return {name: load_family(name) for name in names}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--tracks", type=Path, required=True)
    parser.add_argument("--protocol", required=True, help="module of metrics/protocol")
    parser.add_argument("--families", nargs="+", required=True, help="modules of metrics/families")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--origin", default="", help="kept in the output: what config and code")
    given = parser.parse_args()
    score = score_tracks(
        read_tracks(given.truth), read_tracks(given.tracks), given.protocol, given.families
    )
    write_json(given.output, score | {"origin": given.origin})


if __name__ == "__main__":
    main()
