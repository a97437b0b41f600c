"""TrackEval as its own scripts run it: every sequence of a data set, then combined."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from collections.abc import Sequence as Many
from typing import Any

import numpy as np
import trackeval


def combined_scores(
    kind: Any, config: Mapping[str, Any], tracker: str, names: Many[str], classes: Many[str]
) -> dict[str, dict[str, float]]:
    """Return HOTA, CLEAR and Identity of all sequences together, by class; mean over thresholds.

    Args:
        kind: One of trackeval.datasets.
    """
    combined: dict[str, dict[str, float]] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        dataset, metrics = kind(dict(config)), trackeval.metrics
        families = [metrics.HOTA(), metrics.CLEAR(), metrics.Identity()]
        found: dict[str, list[dict[str, Any]]] = {name: [{} for _ in families] for name in classes}
        for name in names:
            raw = dataset.get_raw_seq_data(tracker, name)
            for class_name, scores in found.items():
                data = dataset.get_preprocessed_seq_data(raw, class_name)
                for family, into in zip(families, scores, strict=True):
                    into[name] = family.eval_sequence(data)
        for class_name, scores in found.items():
            combined[class_name] = {}
            for family, into in zip(families, scores, strict=True):
                for field, value in family.combine_sequences(into).items():
                    combined[class_name][field] = float(np.mean(value))
    return combined
