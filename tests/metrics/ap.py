"""Pairings and totals of average precision, as a protocol that keeps all rows makes them."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.pairing import overlapping, pair

Pair = tuple  # truth and prediction of one sequence


def total(family, sequences, similarity):
    """Return the Partial of all sequences and classes together."""
    partials = []
    for truth, prediction in sequences:
        pairs = overlapping(truth, prediction, similarity)
        for class_id in truth.extent.classes:
            kept = truth.class_id == class_id, prediction.class_id == class_id
            partials.append(family.evaluate(pair(truth, prediction, pairs, kept, similarity)))
    return family.combine(partials)


def assert_same(family, partial, theirs, curve, tolerance=1e-12):
    """Compare every column and AP at each threshold; NaN equals NaN only."""
    ours = family.summarize(partial)
    assert list(ours) == [column.name for column in family.COLUMNS]
    expected = dict(zip(ours, theirs.values(), strict=True))
    assert ours == pytest.approx(expected, abs=tolerance, rel=0, nan_ok=True)
    found = family.curves(partial)
    assert np.concatenate([*found.values(), []]) == pytest.approx(curve, abs=tolerance, rel=0)
