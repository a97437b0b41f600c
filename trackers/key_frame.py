"""The frame from which a tracker starts, with the boxes, points and masks it starts from.

A method whose objects all start in one frame that it chooses itself describes it in key_frame.py in
its folder, by a function `find(options, prepared)`. For prompted methods it is the first frame with
prompts.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.sequences.prompts import starting_in
from datasets.sequences.sequence_json import PreparedSequence
from datasets.types import Tracks
from trackers.contract import Method, options_of

_METHODS = Path(__file__).parent / "methods"


@dataclass(frozen=True)
class KeyFrame:
    """What a tracker starts from.

    Args:
        index: Frame number, counted from zero.
        prompts: Objects that are tracked, with their track ids.
        points: (P, 2) x and y in pixels, by track id, of objects prompted with points.
        others: Detections that are not tracked, each with an identity of its own.
    """

    index: int
    prompts: Tracks
    points: Mapping[int, np.ndarray]
    others: Tracks


def find_key_frame(
    name: str, method: Method, options: Mapping[str, Any], prepared: PreparedSequence
) -> KeyFrame | None:
    """Return the key frame of a variant on a sequence; None if objects may start in any frame.

    Args:
        name: Name of the method.
    """
    if (_METHODS / name / "key_frame.py").is_file():
        module = importlib.import_module(f"trackers.methods.{name}.key_frame")
        found: KeyFrame | None = module.find(options_of(name, options), prepared)
        return found
    prompts = prepared.prompts() if "prompts" in method.inputs else None
    if prompts is None or not len(prompts):
        return None
    first = int(prompts.frame[0])
    rows = starting_in(prompts, first)
    return KeyFrame(first, rows, {}, rows.take(np.zeros(len(rows), bool)))
