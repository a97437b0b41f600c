"""TrackEval 1.3.0 on the same sequences, read and preprocessed by its own code from files."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import trackeval

from datasets import mot_text, mots_text
from metrics.reference import COMBINED, Sample, Scores

EXPLAINED = {
    "SFDA": "0 where there is nothing at all; TrackEval divides by zero",
    "ATA": "0 where there is nothing at all; TrackEval divides by zero",
}
_FAMILIES = {
    "hota": "HOTA",
    "clear": "CLEAR",
    "identity": "Identity",
    "vace": "VACE",
    "count": "Count",
}
OF_TRACKS = ("HOTA", "CLEAR", "Identity")  # what most people run
_TRACKER = "ours"


@dataclass(frozen=True)
class _Benchmark:
    """How TrackEval is given a protocol.

    Args:
        kind: Name of its data set class.
        write: Writes truth and prediction of a sequence below the room.
        config: Beside the folders.
        called: What it calls the one class of the protocol; as we do, if not given.
    """

    kind: str
    write: Callable[[Path, str, Sample], None]
    config: Mapping[str, Any] = field(default_factory=dict)
    called: str = ""


def score(protocol: str, families: Many[str], samples: Mapping[str, Sample], room: Path) -> Scores:
    """Return HOTA, CLEAR, Identity, VACE and Count of each class, sequence by sequence."""
    benchmark = _BENCHMARKS.get(protocol)
    wanted = [_FAMILIES[name] for name in families if name in _FAMILIES]
    if benchmark is None or not wanted:
        return {}
    for name, sample in samples.items():
        benchmark.write(room, name, sample)
    config = {
        "GT_FOLDER": str(room / "truth"),
        "TRACKERS_FOLDER": str(room),
        "TRACKERS_TO_EVAL": [_TRACKER],
        "TRACKER_SUB_FOLDER": "",
        "SEQ_INFO": {name: s.truth.extent.frame_count for name, s in samples.items()},
        "PRINT_CONFIG": False,
        **benchmark.config,
    }
    classes = {name: benchmark.called or name for name in next(iter(samples.values())).pairings}
    kind = getattr(trackeval.datasets, benchmark.kind)
    return run(kind, config, _TRACKER, classes, wanted)


def run(
    kind: Any,
    config: Mapping[str, Any],
    tracker: str,
    classes: Mapping[str, str],
    families: Many[str],
) -> Scores:
    """Return every field of every sequence and combined, by class; means over thresholds.

    Args:
        kind: One of trackeval.datasets.
        classes: Names for the answer, and TrackEval's.
        families: Names in trackeval.metrics.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = kind(dict(config))
        loaded = [getattr(trackeval.metrics, name)() for name in families]
        raw: dict[str, list[dict[str, Any]]] = {name: [{} for _ in loaded] for name in classes}
        for sequence in config["SEQ_INFO"]:
            data = dataset.get_raw_seq_data(tracker, sequence)
            for name, found in raw.items():
                kept = dataset.get_preprocessed_seq_data(data, classes[name])
                for family, into in zip(loaded, found, strict=True):
                    into[sequence] = family.eval_sequence(kept)
        for found in raw.values():
            for family, into in zip(loaded, found, strict=True):
                into[COMBINED] = family.combine_sequences(dict(into))
    return {name: _by_sequence(found) for name, found in raw.items()}


def _by_sequence(found: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    return {
        sequence: {
            column: float(np.mean(value))
            for into in found
            for column, value in into[sequence].items()
        }
        for sequence in found[0]
    }


def _write_mot(room: Path, name: str, sample: Sample) -> None:
    mot_text.write_tracks(room / "truth" / name / "gt" / "gt.txt", sample.truth, "truth")
    mot_text.write_tracks(room / _TRACKER / f"{name}.txt", sample.prediction)


def _write_kitti_mots(room: Path, name: str, sample: Sample) -> None:
    mots_text.write_tracks(room / "truth" / f"{name}.txt", sample.truth)
    mots_text.write_tracks(room / _TRACKER / f"{name}.txt", sample.prediction)


def _write_mots(room: Path, name: str, sample: Sample) -> None:
    truth = room / "truth" / name / "gt" / "gt.txt"
    mots_text.write_tracks(truth, sample.truth, first_frame=1)
    mots_text.write_tracks(room / _TRACKER / f"{name}.txt", sample.prediction, first_frame=1)


_BENCHMARKS = {
    name: _Benchmark(
        "MotChallenge2DBox",
        _write_mot,
        {"BENCHMARK": name.upper(), "SKIP_SPLIT_FOL": True},
        called="pedestrian",
    )
    for name in ("mot15", "mot16", "mot17", "mot20")
} | {
    "kitti_mots": _Benchmark(
        "KittiMOTS", _write_kitti_mots, {"GT_LOC_FORMAT": "{gt_folder}/{seq}.txt"}
    ),
    "mots": _Benchmark("MOTSChallenge", _write_mots, {"SKIP_SPLIT_FOL": True}),
}
