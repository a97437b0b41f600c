"""Trackers that are programs of their own: given whole sequences, their results read and timed."""

from __future__ import annotations

from collections.abc import Sequence as Many
from pathlib import Path
from typing import Literal

from datasets.io.files import write_json
from trackers.profiling.machine import describe_machine


def write_timing(
    path: Path,
    timed: Literal["process", "pipeline"],
    frames: int,
    elapsed_ns: Many[int],
    warm_up_frames: int = 0,
) -> None:
    """Write the timing.json of a tracker whose steps cannot be timed.

    Args:
        timed: `process`, a whole program from its start to its end; `pipeline`, each frame from its
            decoding on.
        frames: Timed frames.
        elapsed_ns: Nanoseconds of the process, or of each frame.
        warm_up_frames: Frames of a pipeline whose times are left out.
    """
    content = {
        "timed": timed,
        "frames": frames,
        "step_ns": [list(elapsed_ns)],
        "warm_up_frames": warm_up_frames,
        "peak_memory": None,
        "machine": describe_machine(),
    }
    write_json(path, content)
