"""Times of frames in DeepStream's pipeline: in it, and in detector and tracker without waiting.

With NVDS_ENABLE_LATENCY_MEASUREMENT=1, deepstream-app prints for each frame how long it was in the
pipeline, from the decoder on; with NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT=1 also when it entered
and left each element. The lines of frame 8, with one source, shortened:

    ************BATCH-NUM = 8**************
    Comp name = primary_gie in_system_timestamp = 1684240026634.278076 out_system_timestamp = ...
    Comp name = tracking_tracker in_system_timestamp = ... out_system_timestamp = ...
    Source id = 0 Frame_num = 8 Frame latency = 258.079103 (ms)

Both include waiting: the pipeline holds several frames, and an element takes a frame in before it
is done with the one before. Elements finish frames in order, so a frame is worked on from when it
has entered and the one before has left; what remains until it leaves is the element's own time.

Sources: latency_measurement_buf_prob in NVIDIA/DeepStream src/apps/sample_apps/deepstream-app; the
lines of nvds_measure_buffer_latency as in forums.developer.nvidia.com/t/253843; gstnvtracker.cpp,
whose input and output timestamps enclose its queue; names of the elements in
deepstream_primary_gie_bin.c and deepstream_tracker_bin.c.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.io.files import read_json

ELEMENTS = {"detector": "primary_gie", "tracker": "tracking_tracker"}  # by part of the step
VARIABLES = {
    "NVDS_ENABLE_LATENCY_MEASUREMENT": "1",
    "NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT": "1",
}
_FRAME = re.compile(r"Source id = 0 Frame_num = (\d+) Frame latency = ([0-9.]+) \(ms\)")
_COMPONENT = re.compile(
    r"Comp name = (\S+) .*in_system_timestamp = ([0-9.]+) +out_system_timestamp = ([0-9.]+)"
)
_NS = 1e6  # in a millisecond


@dataclass(frozen=True)
class Latencies:
    """Times of all frames, in nanoseconds.

    Args:
        own_ns: (F,) time that detector and tracker work on each frame, by part.
        pipeline_ns: (F,) time of each frame in the pipeline, waiting included; None if unknown.
    """

    own_ns: Mapping[str, np.ndarray]
    pipeline_ns: np.ndarray | None = None

    @property
    def step_ns(self) -> np.ndarray:
        """(F,) own time of detector and tracker together, which `Tracker.step` would take."""
        return np.sum([*self.own_ns.values()], axis=0)


def read_log(text: str, frames: int) -> Latencies:
    """Return the times that deepstream-app has printed.

    Args:
        frames: Expected number of frames.

    Raises:
        ValueError: The log has other frames, or a frame without detector or tracker.
    """
    spans: dict[int, dict[str, tuple[float, float]]] = {}
    pipeline, seen = {}, {}
    for line in text.splitlines():
        if component := _COMPONENT.search(line):
            seen[component[1]] = float(component[2]), float(component[3])
        elif frame := _FRAME.search(line):
            pipeline[int(frame[1])], spans[int(frame[1])] = float(frame[2]), seen
            seen = {}
    if sorted(spans) != list(range(frames)):
        raise ValueError(
            f"expected latencies of frames 0 to {frames - 1}, found those of {len(spans)} frames"
        )
    own = {}
    for part, element in ELEMENTS.items():
        missing = [frame for frame in range(frames) if element not in spans[frame]]
        if missing:
            found = sorted(spans[missing[0]]) or "none"
            raise ValueError(
                f"frame {missing[0]}: expected a component latency of {element}, found {found}"
            )
        times = np.array([spans[frame][element] for frame in range(frames)]).reshape(-1, 2)
        own[part] = (own_time(times[:, 0], times[:, 1], element) * _NS).round()
    return Latencies(own, np.array([pipeline[frame] * _NS for frame in range(frames)]).round())


def read_elements(path: Path, frames: int) -> Latencies:
    """Return the times in the file that `probe.py` writes when it has finished.

    Raises:
        OSError: The file does not exist.
        ValueError: It has another number of frames.
    """
    content, own = read_json(path), {}
    for part, element in ELEMENTS.items():
        entered, left = (np.array(content[element][key], float) for key in ("in_ns", "out_ns"))
        if len(entered) != frames or len(left) != frames:
            found = f"{len(entered)} that enter and {len(left)} that leave"
            raise ValueError(f"{path}: {element}: expected {frames} frames, found {found}")
        own[part] = own_time(entered, left, element)
    return Latencies(own)


def own_time(entered: np.ndarray, left: np.ndarray, element: str = "element") -> np.ndarray:
    """Return how long an element worked on each frame, without the time the frame waited.

    Args:
        entered: (F,) time at which each frame entered.
        left: (F,) time at which it left.
        element: Name of the element, for the message.

    Raises:
        ValueError: A frame left before the one before, or before it entered.
    """
    before = np.concatenate([[-np.inf], left[:-1]])
    own: np.ndarray = left - np.maximum(entered, before)
    if (own < 0).any():
        frame = int(np.argmax(own < 0))
        raise ValueError(f"frame {frame}: expected that it leaves {element} last, found it earlier")
    return own
