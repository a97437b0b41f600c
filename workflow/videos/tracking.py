"""Run a tracker and write what it reports frame by frame; an interruption keeps what is done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from datasets.formats.parquet import read_tracks, write_tracks
from datasets.io.progress import progress
from datasets.io.sigterm import raising_on_sigterm
from datasets.masks.mask_set import Masks
from datasets.run_layout import RUN, TRACKS
from datasets.sequences.sequence_json import PreparedSequence
from datasets.types import Frame, Tracks
from trackers.contract import Method, TrackerOutput, load_tracker
from trackers.feed import Collector
from trackers.run import track_frames
from trackers.run_record import Job, begin_record, write_result
from workflow.videos.source import read_images
from workflow.videos.writers import Writers

_REPORT_EVERY_S = 2.0


@dataclass(frozen=True)
class Run:
    """A method on a prepared sequence.

    Args:
        method_name: Name of the method.
        options: Options of the method.
        folder: Folder of tracks.parquet and run.json.
        report: Called every few seconds with the number of finished frames.
    """

    method_name: str
    method: Method
    options: dict[str, Any]
    prepared: PreparedSequence
    folder: Path
    report: Callable[[int], None]


@dataclass(frozen=True)
class Tracked:
    """The tracks of the finished frames.

    Args:
        tracks: Tracks whose extent has the finished frames only.
        seconds: Duration of tracking and writing.
        stopped: What ended the run early; None if all frames are done.
    """

    tracks: Tracks
    seconds: float
    stopped: BaseException | None = None


def run_tracker(run: Run, writers: Writers) -> Tracked:
    """Track all frames and write tracks.parquet, with run.json if the run was not stopped.

    An interruption or an error in a frame ends the run; it is returned, not raised, so that the
    writers can finish what they have.
    """
    prepared = run.prepared
    record = begin_record(_job(run))
    tracker = load_tracker(run.method_name, run.options)
    recorder = _Recorder(prepared, writers, run.report)
    method = replace(run.method, inputs=(*dict.fromkeys([*run.method.inputs, "image"]),))
    started, stopped = time.monotonic(), None
    try:
        with raising_on_sigterm(KeyboardInterrupt):
            for _ in track_frames(tracker, method, prepared, recorder.add):
                pass
    except (Exception, KeyboardInterrupt) as error:
        stopped = error
    tracks, seconds = recorder.tracks(), time.monotonic() - started
    output = run.folder / TRACKS
    if stopped is None:
        write_result(output, tracks, run.folder / RUN, record)
    elif recorder.done:
        write_tracks(output, tracks)
    return Tracked(tracks, seconds, stopped)


def write_again(prepared: PreparedSequence, path: Path, writers: Writers) -> Tracks:
    """Write the outputs of existing tracks, and return the tracks."""
    tracks, sequence = read_tracks(path), prepared.sequence
    shown = progress(
        read_images(sequence), f"{sequence.name}: draw", "frame", sequence.extent.frame_count
    )
    for index, image in enumerate(shown):
        rows = tracks.take(np.arange(*np.searchsorted(tracks.frame, [index, index + 1])))
        writers.write(index, image, rows)
    return tracks


class _Recorder:
    """Collects the outputs of a tracker and writes them."""

    def __init__(
        self, prepared: PreparedSequence, writers: Writers, report: Callable[[int], None]
    ) -> None:
        self._extent = prepared.sequence.extent
        self._collector, self._writers, self._report = Collector(self._extent), writers, report
        self._reported = time.monotonic()
        self.done = 0

    def add(self, frame: Frame, output: TrackerOutput) -> None:
        """Add the output for the next frame."""
        mask = output.mask if isinstance(output.mask, Masks) and len(output.track) else None
        rows = Tracks(
            self._extent,
            np.full(len(output.track), frame.index),
            output.track,
            output.class_id,
            output.score,
            output.box,
            mask,
        )
        self._writers.write(frame.index, frame.image, rows)
        self._collector.add(output)
        self.done += 1
        if time.monotonic() - self._reported > _REPORT_EVERY_S:
            self._reported = time.monotonic()
            self._report(self.done)

    def tracks(self) -> Tracks:
        """Return the tracks of the finished frames."""
        tracks = self._collector.tracks()
        return replace(tracks, extent=replace(self._extent, frame_count=self.done))


def _job(run: Run) -> Job:
    """Return the job as `trackers.run` would run it, so that run.json reproduces it."""
    options = json.dumps(run.options)
    flags = {"method": run.method_name, "options": options, "sequence": run.prepared.path}
    flags |= {"output": run.folder / TRACKS, "run": run.folder / RUN}
    return Job(
        "trackers.run",
        run.method_name,
        run.options,
        run.prepared,
        run.method.inputs,
        arguments=tuple(f"--{name}={value}" for name, value in flags.items()),
    )
