"""Compare every field of our scores with those of TrackEval."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from datasets.layout import load_layout
from datasets.types import Tracks
from metrics.combine import combine_scores
from metrics.evaluate import evaluate
from metrics.family import load_protocol
from metrics.score import score_tracks
from metrics.task import Task
from tests.support import trackeval_oracle

TOLERANCE = 1e-9  # both sides are sums of about 10^5 doubles
FAMILIES = ["hota", "clear", "identity", "count", "vace"]


def our_scores(
    truth: Mapping[str, Tracks], results: Mapping[str, Tracks], protocol: str
) -> dict[str, dict]:
    """Return the score of each sequence and, as COMBINED, of all sequences."""
    scores = {}
    for name in truth:
        scores[name] = score_tracks(truth[name], results[name], protocol, FAMILIES)
    scores["COMBINED"] = combine_scores(list(scores.values()))
    return scores


def assert_equal(ours: dict[str, dict], theirs: trackeval_oracle.Scores) -> None:
    """Compare every field of every sequence, and list all differences."""
    units = {column["name"]: column["unit"] for column in ours["COMBINED"]["columns"]}
    compared, wrong = 0, []
    for name, fields in theirs.items():
        values = ours[name]["values"]
        assert set(fields) <= set(values), f"{name}: no {sorted(set(fields) - set(values))}"
        for field, theirs_value in fields.items():
            value, compared = values[field], compared + 1
            exact = units[field] == "count" and isinstance(value, int)
            if value != theirs_value if exact else not abs(value - theirs_value) <= TOLERANCE:
                wrong.append(f"{name} {field}: {value!r}, TrackEval {theirs_value!r}")
    assert not wrong, "\n".join(wrong)
    assert compared >= 54 * sum("SFDA" in fields for fields in theirs.values()) > 0


def of_class(scores: Mapping[str, dict], name: str) -> dict[str, dict]:
    """Return the scores of one class, for `assert_equal`."""
    return {
        key: {"columns": each["columns"], "values": each["classes"][name]["values"]}
        for key, each in scores.items()
    }


def scores_of_files(protocol: str, truth: Path, results: Path) -> dict[str, dict[str, dict]]:
    """Return the values of `python -m metrics.evaluate` by class, then sequence or COMBINED."""
    layout = load_protocol(protocol).layout
    names = load_layout(layout).list_sequences(truth)
    task = Task(protocol, layout, truth, results, tuple(FAMILIES), tuple(names))
    found = evaluate(task, jobs=1)
    return {
        name: {
            key: {"columns": found["columns"], "values": values}
            for key, values in [*each["sequences"].items(), ("COMBINED", each["combined"])]
        }
        for name, each in found["classes"].items()
    }
