"""What TrackEval 1.3.0 reads of YouTube-VIS files and says of them, for the parity tests."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import trackeval

Scores = dict[str, dict[str, float]]  # by class, then by field
_FAMILIES = (trackeval.metrics.HOTA, trackeval.metrics.CLEAR, trackeval.metrics.Identity)


def load(truth: Path, results: Path, room: Path) -> Any:
    """Return TrackEval's dataset of two files.

    Args:
        room: An empty folder to lay the files out in as TrackEval wants them.
    """
    for link, file in (
        (room / "gt" / "youtube_vis_it" / "truth.json", truth),
        (room / "trackers" / "youtube_vis_it" / "it" / "data" / "results.json", results),
    ):
        link.parent.mkdir(parents=True)
        link.symlink_to(file.resolve())
    config = {
        "GT_FOLDER": f"{room}/gt/",
        "TRACKERS_FOLDER": f"{room}/trackers/",
        "TRACKERS_TO_EVAL": ["it"],
        "SPLIT_TO_EVAL": "it",
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        return trackeval.datasets.YouTubeVIS(config)


def score(dataset: Any) -> dict[str, Scores]:
    """Return every field of HOTA, CLEAR, Identity and Count, by sequence, then by class.

    The total is the sequence COMBINED; it has the classes `class averaged` and `detection averaged`
    too.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        families = [family() for family in (*_FAMILIES, trackeval.metrics.Count)]
    raw = {name: _score_sequence(dataset, families, name) for name in dataset.seq_list}
    total: dict[str, list[dict]] = {
        kind: [
            family.combine_sequences({name: each[kind][place] for name, each in raw.items()})
            for place, family in enumerate(families)
        ]
        for kind in dataset.class_list
    }
    of_classes = [
        {kind: total[kind][place] for kind in dataset.class_list} for place in range(len(families))
    ]
    pairs = list(zip(families, of_classes, strict=True))
    total["class averaged"] = [f.combine_classes_class_averaged(all_) for f, all_ in pairs]
    total["detection averaged"] = [f.combine_classes_det_averaged(all_) for f, all_ in pairs]
    return {
        name: {kind: _flat(fields) for kind, fields in each.items()}
        for name, each in {**raw, "COMBINED": total}.items()
    }


def _score_sequence(dataset: Any, families: list, name: str) -> dict[str, list[dict]]:
    """Return the fields of each family, by class."""
    data = dataset.get_raw_seq_data("it", name)
    found = {}
    for kind in dataset.class_list:
        of_class = dataset.get_preprocessed_seq_data(data, kind)
        with contextlib.redirect_stdout(io.StringIO()):
            found[kind] = [family.eval_sequence(of_class) for family in families]
    return found


def _flat(fields: list[dict]) -> dict[str, float]:
    return {name: float(np.mean(value)) for each in fields for name, value in each.items()}
