"""Write the timing.json of external trackers, which are timed per process or by their elements."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any, Literal

from datasets.io.files import write_json
from trackers.profiling.machine import describe_machine


def write_timing(
    path: Path,
    timed: Literal["process", "elements"],
    frames: int,
    elapsed_ns: Many[int],
    warm_up_frames: int = 0,
    further: Mapping[str, Any] | None = None,
) -> None:
    """Write the timing.json of a tracker whose steps cannot be timed.

    Args:
        timed: `process` if a whole program was timed from start to end; `elements` if the elements
            of a pipeline that detect and track were timed, frame by frame.
        frames: Number of timed frames.
        elapsed_ns: Nanoseconds of the process, or of each frame.
        warm_up_frames: Number of frames at the start of a pipeline whose times are left out.
        further: Further keys and values.
    """
    content = {
        "timed": timed,
        "frames": frames,
        "step_ns": [list(elapsed_ns)],
        "warm_up_frames": warm_up_frames,
        "peak_memory": None,
        "machine": describe_machine(),
        **(further or {}),
    }
    write_json(path, content)
