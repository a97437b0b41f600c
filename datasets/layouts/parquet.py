"""The repository's own: <truth>/<sequence>/truth.parquet, <results>/<sequence>/tracks.parquet."""

from __future__ import annotations

from pathlib import Path

from datasets.formats.parquet import read_tracks
from datasets.run_layout import TRACKS, TRUTH
from datasets.sequences.same_sequence import check_tracks_beside
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return sorted(path.parent.name for path in truth.glob("[!.]*/truth.parquet"))


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence; raises as `parquet.read_tracks` does.

    Raises:
        ValueError: The prediction belongs to another sequence, according to the files beside it.
    """
    labels, tracks = truth / sequence / TRUTH, results / sequence / TRACKS
    check_tracks_beside(tracks, labels)
    return read_tracks(labels), read_tracks(tracks)
