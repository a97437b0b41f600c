"""Reference py-motmetrics 1.4.0, on the rows our protocol keeps, with distances computed here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import motmetrics
import numpy as np

from metrics.crosscheck.reference import (
    COMBINED,
    Explanation,
    Input,
    ReferenceOutput,
    Request,
    Scope,
)
from metrics.pairing import Pairing

_CONTINUITY = (
    "motmetrics first keeps the last match of each object, from any earlier frame, and then "
    "matches the rest; ours, as TrackEval and the MOTChallenge devkit, solves one matching that "
    "prefers the matches of the previous frame"
)


def _one_side_is_empty(place: Scope) -> bool:
    pairings = [pairing for each in place.pairings.values() for pairing in each]
    sides = [[len(each.truth) for each in pairings], [len(each.prediction) for each in pairings]]
    return not all(map(any, sides))


EXPLANATIONS = (
    Explanation(("MOTA", "MOTP", "IDSW", "CLR_TP", "CLR_FN", "CLR_FP", "ML"), _CONTINUITY),
    Explanation(
        ("MT", "PT"),
        "motmetrics counts a ratio of exactly 0.8 as mostly tracked; differences of IDSW apply too",
    ),
    Explanation(
        ("Frag",),
        "motmetrics counts changes from tracked to missed, also in frames without predictions",
    ),
    Explanation(
        ("IDF1", "IDP", "IDR"),
        "0 if a side is empty, as in TrackEval; undefined in motmetrics",
        _one_side_is_empty,
    ),
)
_COLUMNS = {
    "MOTA": "mota",
    "IDSW": "num_switches",
    "CLR_TP": "num_detections",
    "CLR_FN": "num_misses",
    "CLR_FP": "num_false_positives",
    "MT": "mostly_tracked",
    "PT": "partially_tracked",
    "ML": "mostly_lost",
    "Frag": "num_fragmentations",
    "IDF1": "idf1",
    "IDP": "idp",
    "IDR": "idr",
    "IDTP": "idtp",
    "IDFN": "idfn",
    "IDFP": "idfp",
}
_NAME = "motmetrics"
_ROWS = "motmetrics has no protocols: it is given the rows that the protocol keeps"
_DISTANCE = "motp"  # the mean distance of matches: 1 - MOTP
_THRESHOLD = 0.5


def score(request: Request, workdir: Path) -> ReferenceOutput:
    """Return motmetrics' values of CLEAR and Identity; the total is its overall row."""
    if not {"clear", "identity"} & set(request.families):
        return ReferenceOutput()
    samples = request.samples
    scores = {
        name: _of_class({key: s.pairings[name] for key, s in samples.items()})
        for name in request.classes
    }
    return ReferenceOutput(scores, [Input(_NAME, name, False, False, _ROWS) for name in samples])


def _of_class(pairings: Mapping[str, Pairing]) -> dict[str, dict[str, float]]:
    table = motmetrics.metrics.create().compute_many(
        [accumulate(pairing) for pairing in pairings.values()],
        names=list(pairings),
        metrics=[*_COLUMNS.values(), _DISTANCE],
        generate_overall=True,
    )
    table.index = [*pairings, COMBINED]
    return {
        name: {
            **{ours: float(row[theirs]) for ours, theirs in _COLUMNS.items()},
            "MOTP": 1 - float(row[_DISTANCE]),
        }
        for name, row in table.iterrows()
    }


def accumulate(pairing: Pairing) -> motmetrics.MOTAccumulator:
    """Return motmetrics' accumulator of a sequence: distances 1 - IoU, NaN below IoU 0.5."""
    accumulator = motmetrics.MOTAccumulator()
    truth, prediction, pairs = pairing.truth, pairing.prediction, pairing.pairs
    at = pairing.truth.frame[pairs.truth]
    for frame in range(pairing.frame_count):
        first, last = np.searchsorted(truth.frame, [frame, frame + 1])
        left, right = np.searchsorted(prediction.frame, [frame, frame + 1])
        here = pairs.take(np.arange(*np.searchsorted(at, [frame, frame + 1])))
        close = here.take(here.similarity >= _THRESHOLD)
        distance = np.full((last - first, right - left), np.nan)
        distance[close.truth - first, close.prediction - left] = 1 - close.similarity
        accumulator.update(truth.track[first:last], prediction.track[left:right], distance, frame)
    return accumulator
