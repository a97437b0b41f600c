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


def make_pairing(truth: Tracks, prediction: Tracks, protocol: str) -> Pairing:
    """Return truth and prediction side by side, less what the protocol leaves out.

    Raises:
        ValueError: The two differ in image size, number of frames or classes, or the protocol does
            not allow what the prediction holds.
    """
    if truth.extent != prediction.extent:
        raise ValueError(f"truth is of {truth.extent}, tracks are of {prediction.extent}")
    pairs = overlapping(truth, prediction)
    return pair(truth, prediction, pairs, *load_benchmark(protocol).keep(truth, prediction, pairs))


def describe(families: dict[str, Family], partials: dict[str, Any]) -> dict[str, Any]:
    """Return columns, values and partials of one sequence or of a total, as JSON types."""
    columns = [column for family in families.values() for column in family.COLUMNS]
    values: dict[str, float] = {}
    for name, family in families.items():
        values |= family.summarize(partials[name])
    return {
        "columns": [asdict(column) for column in columns],
        "values": {column.name: values[column.name] for column in columns},
        "partials": {name: partial_to_json(partial) for name, partial in partials.items()},
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
    given = parser.parse_args()
    pairing = make_pairing(read_tracks(given.truth), read_tracks(given.tracks), given.protocol)
    families = load_families(given.families)
    partials = {name: family.evaluate(pairing) for name, family in families.items()}
    card = {"protocol": given.protocol, "card": load_benchmark(given.protocol).CARD}
    write_json(given.output, card | describe(families, partials))


if __name__ == "__main__":
    main()
