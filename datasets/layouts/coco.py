"""COCO's detection format: one JSON file each for ground truth and results; see `json_pair`."""

from __future__ import annotations

from pathlib import Path

from datasets.formats import coco_json
from datasets.needs import EVERYTHING, Needs
from datasets.sequences.json_pair import JsonPair
from datasets.types import Tracks


def list_sequences(truth: Path) -> list[str]:
    """Return the names of the sequences that have ground truth."""
    return with_needs(EVERYTHING).list_sequences(truth)


def read_pair(truth: Path, results: Path, sequence: str) -> tuple[Tracks, Tracks]:
    """Return ground truth and prediction of one sequence."""
    return with_needs(EVERYTHING).read_pair(truth, results, sequence)


def with_needs(needs: Needs) -> JsonPair:
    """Return the layout that reads no more of the files than is used."""
    return JsonPair(coco_json, needs)
