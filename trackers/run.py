"""Run one variant on one sequence: write tracks.parquet, and run.json with its provenance.

python -m trackers.run --method sort --options '{"max_age": 3}'
    --sequence data/synthetic/crowd/sequence.json --output tracks.parquet --run run.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.sequences.sequence_json import PreparedSequence, open_sequence
from datasets.types import Frame, Tracks
from trackers.contract import Method, Tracker, TrackerOutput, load_method, load_tracker
from trackers.feed import Collector, pack, read_feed
from trackers.output_check import OutputCheck
from trackers.prefetch import map_in_background, prefetch
from trackers.run_record import Job, add_flags, begin_record, write_result

Result = TypeVar("Result")


def track(tracker: Tracker, method: Method, prepared: PreparedSequence) -> Tracks:
    """Return the tracks that a tracker reports on a prepared sequence."""
    collector = Collector(prepared.sequence.extent)
    for output in track_frames(tracker, method, prepared, lambda _, output: output):
        collector.add(output)
    return collector.tracks()


def track_frames(
    tracker: Tracker,
    method: Method,
    prepared: PreparedSequence,
    work: Callable[[Frame, TrackerOutput], Result],
) -> Iterator[Result]:
    """Yield for each frame what `work` makes of the tracker's checked output, masks as run lengths.

    Args:
        work: Function of a frame and the output for it. It runs in a background thread, in order of
            the frames, also for all frames before one whose step is interrupted or fails.
    """
    sequence = prepared.sequence
    check = OutputCheck(method.title, sequence)

    def check_and_work(step: tuple[Frame, TrackerOutput]) -> Result:
        frame, output = step
        check.check(frame.index, output)
        return work(frame, pack(output))

    tracker.start(sequence)
    frames = read_feed(prepared, method)
    if "image" in method.inputs:
        frames = prefetch(frames)
    shown = progress(frames, sequence.name, "frame", sequence.extent.frame_count)
    yield from map_in_background(check_and_work, _steps(tracker, shown, sequence.name))


def _steps(
    tracker: Tracker, frames: Iterable[Frame], name: str
) -> Iterator[tuple[Frame, TrackerOutput]]:
    """Yield each frame and the tracker's output for it."""
    for frame in frames:
        try:
            yield frame, tracker.step(frame)
        except Exception as error:
            error.add_note(f"in frame {frame.index} (from 0) of {name}")
            raise


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", required=True)
    add_flags(parser)
    args = parser.parse_args()
    method = load_method(args.method).with_options(args.options)
    prepared = open_sequence(args.sequence)
    record = begin_record(
        Job(
            "trackers.run", args.method, args.options, prepared, method.inputs, code=args.code
        )
    )  # fmt: skip
    tracker = load_tracker(args.method, args.options)
    write_result(args.output, track(tracker, method, prepared), args.run, record)


if __name__ == "__main__":
    sys.exit(run_main(main))
