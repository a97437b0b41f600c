"""Write the objects of one variant on one data set and strips of its worst errors for the page.

    python -m reports.gallery.variant --variant sort --truth data/synthetic
        --results results/sort/synthetic --pictures reports/media/synthetic/frames
        --sequences crossing crowd --protocols mot15 --output reports/media/synthetic/tracks/sort

Writes <sequence>.js, which the page loads, and thumbnails.json, which is embedded in the page: a
list by protocol, worst first.
"""

from __future__ import annotations

import argparse
import base64
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets.formats.parquet import read_tracks
from datasets.io.files import write_json
from datasets.io.folders import replacing_folder
from datasets.io.program import run_main
from datasets.run_layout import EVENTS, TRACKS
from datasets.sequences.same_sequence import check_tracks_of
from datasets.sequences.sequence_json import read_sequence
from datasets.types import Tracks
from reports.gallery.media import FILES, write_objects
from reports.gallery.thumbnails import draw_strip, worst_events
from reports.gallery.timelines import read_timelines

THUMBNAILS = "thumbnails.json"


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    found = {name: read_tracks(args.results / name / TRACKS) for name in args.sequences}
    with replacing_folder(args.output, FILES) as folder:
        for name, tracks in found.items():
            path = args.truth / name / "sequence.json"
            check_tracks_of(args.results / name / TRACKS, path)
            sequence = read_sequence(path)
            write_objects(folder / f"{name}.js", sequence, args.variant, tracks)
        strips = {each: _strips(args, each, found) for each in args.protocols}
        write_json(folder / THUMBNAILS, strips, indent=None)


def _strips(
    args: argparse.Namespace, protocol: str, found: dict[str, Tracks]
) -> list[dict[str, Any]]:
    """Return the worst errors under a protocol as JSON types, each with its strip."""
    timelines = {name: read_timelines(args.results / name / protocol / EVENTS) for name in found}
    worst, strips = worst_events(timelines), []
    names = {event.sequence for event in worst}
    truth = {name: read_tracks(args.truth / name / "truth.parquet") for name in names}
    for event in worst:
        name = event.sequence
        picture = draw_strip(event, truth[name], found[name], args.pictures / name)
        if picture is not None:
            strips.append(asdict(event) | {"webp": base64.b64encode(picture).decode("ascii")})
    return strips


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--variant", required=True, help="name of the variant")
    parser.add_argument(
        "--truth",
        type=Path,
        required=True,
        help="folder with the prepared sequences of the data set",
    )
    parser.add_argument(
        "--results", type=Path, required=True, help="folder with the variant's results on them"
    )
    parser.add_argument("--pictures", type=Path, required=True, help="folder with their pictures")
    parser.add_argument("--sequences", nargs="+", action="extend", required=True, help="names")
    parser.add_argument("--protocols", nargs="+", required=True, help="protocols with scores")
    parser.add_argument("--output", type=Path, required=True, help="output folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
