"""Prepare sequences of the synthetic train split for training.

python -m trackers.training.sequences --count 60 --output .cache/training/people
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.prepare import load_reader
from datasets.sequences.sequence_json import write_prepared
from datasets.synthesis.scripts import SCENARIOS

_DATASET = "people"


def prepare(folder: Path, name: str) -> Path:
    """Return the sequence.json of a train sequence, which is drawn into `folder` if missing."""
    path = folder / name / "sequence.json"
    if not path.is_file():
        prepared = load_reader("synthetic").read(_DATASET, None, name, path.parent, split="train")
        write_prepared(path, prepared)
    return path


def main() -> None:
    """Run the command line program; existing sequences are kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, required=True, help="number of sequences")
    parser.add_argument("--output", type=Path, required=True, help="folder of the sequences")
    args = parser.parse_args()
    names = list(SCENARIOS)
    for number in progress(range(args.count), "sequences", "sequence"):
        prepare(args.output, f"{names[number % len(names)]}-{number // len(names)}")


if __name__ == "__main__":
    sys.exit(run_main(main))
