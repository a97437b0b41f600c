"""Cross-check tracks without files, and list the explanations of their differences."""

from __future__ import annotations

from collections.abc import Mapping

from datasets.types import Tracks
from metrics.crosscheck.compare import Comparison, Crosscheck, compare
from metrics.crosscheck.reference import Request, Sample
from metrics.evaluate import summarize_scores
from metrics.score import make_pairings, score_pairings

NOTHING, CROWD, VOID = "both sides are empty", "a crowd", "removes void"
DECAY, EMPTY = "in 8 bits", "an empty mask"
_KNOWN = (NOTHING, CROWD, VOID, DECAY, EMPTY)


def cross_checked(
    pairs: Mapping[str, tuple[Tracks, Tracks]], protocol: str, families: tuple[str, ...]
) -> Crosscheck:
    """Return the cross-check of tracks given in memory."""
    samples = {name: Sample(*both, make_pairings(*both, protocol)) for name, both in pairs.items()}
    scores = {
        name: score_pairings(sample.pairings, protocol, families)
        for name, sample in samples.items()
    }
    return compare(summarize_scores(scores), Request(protocol, families, samples))


def reasons(compared: list[Comparison]) -> set[str]:
    """Return which of the explanations above occur; fail if any other does."""
    texts = [each.explanation for each in compared if not each.equal]
    found = {reason for reason in _KNOWN if any(reason in text for text in texts)}
    assert all(any(reason in text for reason in found) for text in texts)
    return found
