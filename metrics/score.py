"""Score the tracks of one sequence: ground truth and tracks → score.json and events.parquet.

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
from typing import Any

import numpy as np

from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.types import AbsentTracks, Extent, Tracks
from metrics.family import Family, Summary, load_family, load_protocol, partial_to_json
from metrics.pairing import NO_ABSENT, Pairing, Side, overlapping, pair

Partials = Mapping[str, Mapping[str, Any]]  # by class, then by family
Values = dict[str, float | None]


def make_pairings(
    truth: Tracks, prediction: Tracks, protocol: str, classes: Many[str] = ()
) -> dict[str, Pairing]:
    """Return the pairing of ground truth and prediction for each class that the protocol scores.

    Args:
        classes: Names of the classes to score; all if empty.

    Raises:
        ValueError: The two sides differ in image size, number of frames or classes; the protocol
            does not allow their content or does not score a named class; or a scored row has no
            track id.
    """
    _refuse_other_extent(truth.extent, prediction.extent)
    rules = load_protocol(protocol)
    truth, prediction = rules.prepare(truth, prediction)
    pairs = overlapping(truth, prediction, rules.similarity)
    chosen = _choose_classes(rules.classes(truth.extent), classes)
    pairings = {
        name: replace(
            pair(
                truth,
                prediction,
                pairs,
                rules.keep(truth, prediction, pairs, class_id),
                rules.similarity,
            ),
            class_number=number,
            absent=(_absent(truth, class_id), _absent(prediction, class_id)),
        )
        for number, (name, class_id) in enumerate(chosen.items())
    }
    for pairing in pairings.values():
        _refuse_rows_without_identity("ground truth", pairing.truth)
        _refuse_rows_without_identity("prediction", pairing.prediction)
    return pairings


def _absent(tracks: Tracks, class_id: int) -> AbsentTracks:
    """Return the tracks of a class that are in no frame."""
    return NO_ABSENT if tracks.absent is None else tracks.absent.of_class(class_id)


def _refuse_other_extent(truth: Extent, prediction: Extent) -> None:
    for field in fields(Extent):
        expected, found = getattr(truth, field.name), getattr(prediction, field.name)
        if expected != found:
            raise ValueError(
                f"tracks: {field.name}: expected {expected} as in the ground truth, found {found}"
            )


def _choose_classes(known: Mapping[str, int], wanted: Many[str]) -> dict[str, int]:
    if not known:
        raise ValueError("no class to score: every class is ignored")
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"classes: expected some of {list(known)}, found {unknown}")
    return {name: key for name, key in known.items() if not wanted or name in wanted}


def score_tracks(
    truth: Tracks, prediction: Tracks, protocol: str, families: Many[str]
) -> dict[str, Any]:
    """Return the content of a score file; raises as `make_pairings` does."""
    return score_pairings(make_pairings(truth, prediction, protocol), protocol, families)


def score_pairings(
    pairings: Mapping[str, Pairing], protocol: str, families: Many[str]
) -> dict[str, Any]:
    """Return the content of a score file, given the pairing of each class."""
    loaded = load_families(families)
    found = {key: family.evaluate_classes([*pairings.values()]) for key, family in loaded.items()}
    partials = {
        name: {key: each[place] for key, each in found.items()}
        for place, name in enumerate(pairings)
    }
    return describe(protocol, loaded, partials)


def describe(protocol: str, families: Mapping[str, Family], partials: Partials) -> dict[str, Any]:
    """Return the content of a score file, for one sequence or a total.

    The top-level `values` combine all classes by adding their counts (TrackEval's
    detection-averaged values). `class_averaged` is the mean of the classes' ratios.
    """
    combined = _combine_classes(families, partials)
    summaries = _by_class(families, partials)
    classes: dict[str, dict[str, Any]] = {
        name: {
            "values": _values(families, summary),
            "curves": _curves(summary),
            "partials": {key: partial_to_json(partial) for key, partial in each.items()},
        }
        for (name, each), summary in zip(partials.items(), summaries, strict=True)
    }
    total: dict[str, Summary] = {
        name: (family.summarize(combined[name]), {}) for name, family in families.items()
    }
    rules = load_protocol(protocol)
    return {
        "protocol": protocol,
        "card": rules.description,
        "similarity": rules.similarity,
        "columns": [
            column.describe(masks=rules.similarity != "box")
            for family in families.values()
            for column in family.columns
        ],
        "values": _values(families, total),
        "class_averaged": _class_averaged(families, [each["values"] for each in classes.values()]),
        "classes": classes,
    }


def _refuse_rows_without_identity(name: str, side: Side) -> None:
    unnamed = side.tracks.track[side.rows] < 0
    if unnamed.any():
        frame = side.frame[unnamed][0]
        raise ValueError(
            f"{name}, frame {frame} (from 0): expected a track id, found none: a row without a "
            "track id cannot be scored"
        )


def _combine_classes(families: Mapping[str, Family], partials: Partials) -> Mapping[str, Any]:
    if len(partials) == 1:
        return next(iter(partials.values()))
    return {
        name: family.combine([each[name] for each in partials.values()])
        for name, family in families.items()
    }


def _by_class(families: Mapping[str, Family], partials: Partials) -> list[dict[str, Summary]]:
    """Return the summaries of each class, by family."""
    found = {
        name: family.summarize_classes([each[name] for each in partials.values()])
        for name, family in families.items()
    }
    return [{name: each[place] for name, each in found.items()} for place in range(len(partials))]


def _values(families: Mapping[str, Family], summaries: Mapping[str, Summary]) -> Values:
    """Return the value of each column, None where it is undefined."""
    values: Values = {}
    for name, family in families.items():
        found, _ = summaries[name]
        for column in family.columns:
            number = found[column.name]
            values[column.name] = None if math.isnan(number) else number
    return values


def _curves(summaries: Mapping[str, Summary]) -> dict[str, list[float]]:
    return {
        name: np.asarray(curve).tolist()
        for _, curves in summaries.values()
        for name, curve in curves.items()
    }


def _class_averaged(families: Mapping[str, Family], classes: Many[Values]) -> Values:
    """Return the mean or sum of each column over the classes in which it is defined."""
    averaged: Values = {}
    for column in (column for family in families.values() for column in family.columns):
        defined = [value for each in classes if (value := each[column.name]) is not None]
        if not defined:
            averaged[column.name] = None
        else:
            mean = column.class_aggregation == "mean"
            averaged[column.name] = math.fsum(defined) / len(defined) if mean else sum(defined)
    return averaged


def load_families(names: Many[str]) -> dict[str, Family]:
    """Return the families by name, in the order given.

    Raises:
        ValueError: A family is unknown, or two families have a column of the same name.
    """
    families = {name: load_family(name) for name in names}
    owner: dict[str, str] = {}
    for name, family in families.items():
        for column in family.columns:
            if column.name in owner:
                both = f"{owner[column.name]} and {name}"
                raise ValueError(
                    f"families: expected one family with a column {column.name}, found {both}"
                )
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
    parser.add_argument("--origin", default="", help="digest of config and code, copied to output")
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
