"""Cost of checking a tracker's output for a 1080p frame with ten objects.

    python -m bench.harness.output_check --output bench/output_check.json

It is reported beside the next step, encoding the masks as run lengths.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from bench.overlay import walkers
from datasets.io.files import write_json
from datasets.io.program import run_main
from datasets.masks import coco_rle
from datasets.types import Sequence
from trackers.contract import TrackerOutput
from trackers.feed import pack
from trackers.output_check import OutputCheck
from trackers.profiling.machine import describe_machine


def outputs() -> tuple[Sequence, dict[str, TrackerOutput]]:
    """Return a sequence, and one output for its first frame by type of masks."""
    tracks = walkers()
    rows = tracks.take(np.flatnonzero(tracks.frame == 0))
    assert rows.rle is not None
    dense = np.ascontiguousarray(coco_rle.decode(rows.rle))
    boxes = TrackerOutput(rows.track, rows.box, rows.score, rows.class_id)
    sequence = Sequence("bench", "walkers", tracks.extent, 30)
    return sequence, {
        "none": boxes,
        "bool": replace(boxes, mask=dense),
        "uint8": replace(boxes, mask=dense.view(np.uint8)),
        "run_lengths": replace(boxes, mask=rows.rle),
    }


def milliseconds(work: Callable[[], object], repeats: int) -> dict[str, float]:
    """Return the median and minimum time of a function."""
    spent = []
    for _ in range(repeats):
        begin = perf_counter_ns()
        work()
        spent.append((perf_counter_ns() - begin) / 1e6)
    return {"median": float(np.median(spent)), "minimum": min(spent)}


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    sequence, by_masks = outputs()
    found = {}
    for name, output in by_masks.items():
        check = OutputCheck("bench", sequence)
        found[name] = {
            "check_ms": milliseconds(partial(check.check, 0, output), args.repeats),
            "pack_ms": milliseconds(partial(pack, output), args.repeats),
        }
        print(name, found[name])
    content = {
        "what": "Output check of ten objects at 1080p, and encoding of their masks, by mask type",
        "date": str(date.today()),
        "repeats": args.repeats,
        "masks": found,
        "machine": describe_machine(),
    }
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
