"""COCO's detection format: one JSON file each for ground truth and results; see `json_pair`."""

from __future__ import annotations

from pathlib import Path

from datasets.formats import coco_json
from datasets.sequences import json_pair
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return json_pair.list_sequences(coco_json, truth)


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence."""
    return json_pair.read_pair(coco_json, truth, results, sequence)
