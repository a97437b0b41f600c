"""Tracks cross-checked without files, and the reasons that are given for what differs."""

from __future__ import annotations

from collections.abc import Mapping

from datasets.types import Tracks
from metrics.crosscheck.compare import Comparison, compare
from metrics.crosscheck.reference import Sample
from metrics.evaluate import summarize_scores
from metrics.score import make_pairings, score_pairings

NOTHING, CROWD, VOID = "nothing at all", "a crowd", "takes void out"
DECAY, EMPTY = "in 8 bits", "an empty mask"
_KNOWN = (NOTHING, CROWD, VOID, DECAY, EMPTY)


def cross_checked(
    pairs: Mapping[str, tuple[Tracks, Tracks]], protocol: str, families: tuple[str, ...]
) -> list[Comparison]:
    """Return the comparisons of tracks that are in no file."""
    samples = {name: Sample(*both, make_pairings(*both, protocol)) for name, both in pairs.items()}
    scores = {
        name: score_pairings(sample.pairings, protocol, families)
        for name, sample in samples.items()
    }
    return compare(summarize_scores(scores), families, samples)


def reasons(compared: list[Comparison]) -> set[str]:
    """Return which of the reasons above are given."""
    given = [each.explanation for each in compared if not each.equal]
    found = {reason for reason in _KNOWN if any(reason in text for text in given)}
    assert all(any(reason in text for reason in found) for text in given)
    return found
