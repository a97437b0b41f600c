"""Write a small JPEG per frame of a sequence and its ground truth, truth.js, for the page.

python -m reports.gallery.pictures --sequence data/synthetic/crowd/sequence.json
    --truth data/synthetic/crowd/truth.parquet --output reports/media/synthetic/frames/crowd
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.formats.parquet import read_tracks
from datasets.io.folders import replacing_folder
from datasets.io.program import run_main
from datasets.sequences.sequence_json import read_sequence
from reports.gallery.media import FILES, write_objects, write_pictures


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--sequence", type=Path, required=True, help="sequence.json of the sequence"
    )
    parser.add_argument("--truth", type=Path, required=True, help="truth.parquet of the sequence")
    parser.add_argument("--output", type=Path, required=True, help="output folder")
    args = parser.parse_args()
    sequence, truth = read_sequence(args.sequence), read_tracks(args.truth)
    with replacing_folder(args.output, FILES) as folder:
        write_pictures(folder, sequence)
        write_objects(folder / "truth.js", sequence, None, truth)


if __name__ == "__main__":
    sys.exit(run_main(main))
