"""Write the timing.json of external trackers, which are timed per process or per pipeline frame."""

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
        timed: `process` if a whole program was timed from start to end; `pipeline` if each frame
            was timed from its decoding on.
        frames: Number of timed frames.
        elapsed_ns: Nanoseconds of the process, or of each frame.
        warm_up_frames: Number of frames at the start of a pipeline whose times are left out.
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
