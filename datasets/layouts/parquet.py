"""Our own: <truth>/<sequence>/truth.parquet and <results>/<sequence>/tracks.parquet."""

from __future__ import annotations

from pathlib import Path

from datasets.parquet import read_tracks
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return sorted(path.parent.name for path in truth.glob("*/truth.parquet"))


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return truth and prediction of one sequence; raises as `parquet.read_tracks` does."""
    return (
        read_tracks(truth / sequence / "truth.parquet"),
        read_tracks(results / sequence / "tracks.parquet"),
    )
