"""How right a result is: truth and tracks of one sequence → score.json, and every error on its own.

python -m metrics.score --truth truth.parquet --tracks tracks.parquet --protocol mot17
    --families hota clear identity count --output score.json --events events.parquet
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import fields, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.types import Extent, Tracks
from metrics.family import Family, load_benchmark, load_family, partial_to_json
from metrics.pairing import Pairing, Side, overlapping, pair

Partials = Mapping[str, Mapping[str, Any]]  # by class, then by family
Values = dict[str, float | None]


def make_pairings(
    truth: Tracks, prediction: Tracks, protocol: str, classes: Many[str] = ()
) -> dict[str, Pairing]:
    """Return truth and prediction side by side for each class the protocol scores.

    Args:
        classes: Those of them that are wanted; all if none is named.

    Raises:
        ValueError: The two differ in image size, number of frames or classes, or the protocol does
            not allow what they hold, or does not score such a class, or a row that is scored has no
            identity.
    """
    _refuse_other_extent(truth.extent, prediction.extent)
    benchmark = load_benchmark(protocol)
    truth, prediction = benchmark.prepare(truth, prediction)
    pairs = overlapping(truth, prediction, benchmark.similarity)
    chosen = _chosen(benchmark.classes(truth.extent), classes)
    pairings = {
        name: replace(
            pair(
                truth,
                prediction,
                pairs,
                benchmark.keep(truth, prediction, pairs, class_id),
                benchmark.similarity,
            ),
            class_number=number,
        )
        for number, (name, class_id) in enumerate(chosen.items())
    }
    for pairing in pairings.values():
        _refuse_nameless("truth", pairing.truth)
        _refuse_nameless("prediction", pairing.prediction)
    return pairings


def _refuse_other_extent(truth: Extent, prediction: Extent) -> None:
    for field in fields(Extent):
        expected, found = getattr(truth, field.name), getattr(prediction, field.name)
        if expected != found:
            raise ValueError(f"{field.name} of the tracks is {found}, of the truth {expected}")


def _chosen(known: Mapping[str, int], wanted: Many[str]) -> dict[str, int]:
    if not known:
        raise ValueError("no class is left to score: every one is ignored")
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"classes {unknown} are not scored: expected some of {list(known)}")
    return {name: key for name, key in known.items() if not wanted or name in wanted}


def score_tracks(
    truth: Tracks, prediction: Tracks, protocol: str, families: Many[str]
) -> dict[str, Any]:
    """Return what a score file holds; raises as `make_pairings` does."""
    return score_pairings(make_pairings(truth, prediction, protocol), protocol, families)


def score_pairings(
    pairings: Mapping[str, Pairing], protocol: str, families: Many[str]
) -> dict[str, Any]:
    """Return what a score file holds, from the pairing of each class."""
    loaded = load_families(families)
    partials = {
        name: {key: family.evaluate(pairing) for key, family in loaded.items()}
        for name, pairing in pairings.items()
    }
    return describe(protocol, loaded, partials)


def describe(protocol: str, families: Mapping[str, Family], partials: Partials) -> dict[str, Any]:
    """Return the content of a score file, of one sequence or of a total.

    `values` at the top are of all classes together, their counts added: detection-averaged, as
    TrackEval calls it. `class_averaged` is the mean of the classes' ratios.
    """
    classes: dict[str, dict[str, Any]] = {
        name: {
            "values": _values(families, each),
            "curves": _curves(families, each),
            "partials": {key: partial_to_json(partial) for key, partial in each.items()},
        }
        for name, each in partials.items()
    }
    benchmark = load_benchmark(protocol)
    return {
        "protocol": protocol,
        "card": benchmark.card,
        "similarity": benchmark.similarity,
        "columns": [
            column.describe(masks=benchmark.similarity != "box")
            for family in families.values()
            for column in family.columns
        ],
        "values": _values(families, _together(families, partials)),
        "class_averaged": _class_averaged(families, [each["values"] for each in classes.values()]),
        "classes": classes,
    }


def _refuse_nameless(name: str, side: Side) -> None:
    if (side.identities < 0).any():
        frame = side.frame[side.identities[side.track] < 0][0]
        raise ValueError(f"{name}, frame {frame} (from 0): a row without identity cannot be scored")


def _together(families: Mapping[str, Family], partials: Partials) -> Mapping[str, Any]:
    if len(partials) == 1:
        return next(iter(partials.values()))
    return {
        name: family.combine([each[name] for each in partials.values()])
        for name, family in families.items()
    }


def _values(families: Mapping[str, Family], partials: Mapping[str, Any]) -> Values:
    """Return the number of each column, None where there is none."""
    values: Values = {}
    for name, family in families.items():
        found = family.summarize(partials[name])
        for column in family.columns:
            number = found[column.name]
            values[column.name] = None if math.isnan(number) else number
    return values


def _curves(families: Mapping[str, Family], partials: Mapping[str, Any]) -> dict[str, list[float]]:
    return {
        name: np.asarray(curve).tolist()
        for key, family in families.items()
        for name, curve in family.curves(partials[key]).items()
    }


def _class_averaged(families: Mapping[str, Family], classes: Many[Values]) -> Values:
    """Return the mean or sum over classes of each column, of those classes that have it."""
    averaged: Values = {}
    for column in (column for family in families.values() for column in family.columns):
        there = [value for each in classes if (value := each[column.name]) is not None]
        if not there:
            averaged[column.name] = None
        else:
            mean = column.told_over_classes == "mean"
            averaged[column.name] = fmean(there) if mean else sum(there)
    return averaged


def load_families(names: Many[str]) -> dict[str, Family]:
    """Return the families by name, in the order given.

    Raises:
        ValueError: One is unknown, or two have a column of the same name.
    """
    families = {name: load_family(name) for name in names}
    owner: dict[str, str] = {}
    for name, family in families.items():
        for column in family.columns:
            if column.name in owner:
                both = f"{owner[column.name]} and {name}"
                raise ValueError(f"families: {both} both have a column {column.name}: choose one")
            owner[column.name] = name
    return families


def main() -> None:
    """Run the command line program."""
    from datasets.formats.parquet import read_tracks
    from datasets.sequences.same_sequence import check_tracks_beside
    from metrics.events import events_of, write_events

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--tracks", type=Path, required=True)
    parser.add_argument("--protocol", required=True, help="module of metrics/protocols")
    parser.add_argument("--families", nargs="+", required=True, help="modules of metrics/families")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--events", type=Path, required=True, help="Parquet file to write")
    parser.add_argument("--origin", default="", help="kept in the output: what config and code")
    args = parser.parse_args()
    check_tracks_beside(args.tracks, args.truth)
    truth, tracks = read_tracks(args.truth), read_tracks(args.tracks)
    pairings = make_pairings(truth, tracks, args.protocol)
    score = score_pairings(pairings, args.protocol, args.families)
    sequence = args.truth.parent.name
    events = {(sequence, name): each for name, each in events_of(pairings).items()}
    write_events(args.events, events)
    write_json(args.output, score | {"origin": args.origin})


if __name__ == "__main__":
    sys.exit(run_main(main))
