"""Where tracked objects were, as a heat map: over the scene, over time, or in numbers.

    python -m reports.heatmap --tracks results/sort/synthetic/crowd/tracks.parquet
        --sequence data/synthetic/crowd/sequence.json --truth data/synthetic/crowd/truth.parquet
        --half-life 2 --kernel foot --output heat.png

The name of the output chooses: .png, the map at the end or at `--time`; .mp4, after each frame;
.json, coarse maps of one sequence or several, which the page shows. With truth all three have both
and their difference. Exits with 2 and one line of reason on bad input. docs/heatmaps.md says more.
"""

from __future__ import annotations

import argparse
import math
import sys
from itertools import chain
from pathlib import Path

import cv2

from datasets.formats.parquet import read_tracks
from datasets.io.files import replacing, write_json
from datasets.io.program import run_main
from datasets.io.progress import progress
from datasets.sequences.same_sequence import check_tracks_of
from datasets.sequences.sequence_json import read_sequence
from datasets.types import Sequence
from reports.heatmaps.accumulate import KERNELS
from reports.heatmaps.sample import describe
from reports.heatmaps.scenes import paint_each, paint_one
from reports.heatmaps.source import MODES, Settings, Source

_OUTPUTS = (".png", ".mp4", ".json")
_NEARLY = 1e-6  # of a frame: 0.04 s of 25 a second is frame 1


def write_picture(path: Path, source: Source, settings: Settings, time_s: float | None) -> None:
    """Write a PNG of the map at a time in seconds, or at the end.

    Raises:
        ValueError: The sequence is not that long.
    """
    image = paint_one(source, settings, _frame_at(source.sequence, time_s))
    _, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    with replacing(path) as part:
        part.write_bytes(data.tobytes())


def write_film(path: Path, source: Source, settings: Settings) -> None:
    """Write an MP4 of the map after each frame."""
    from datasets.media.video import writing_video

    sequence, images = source.sequence, paint_each(source, settings)
    first = next(images)
    with writing_video(path, sequence.frame_rate, *first.shape[:2]) as write:
        both = chain([first], images)
        for image in progress(both, sequence.name, "frame", sequence.extent.frame_count):
            write(image)


def _frame_at(sequence: Sequence, time_s: float | None) -> int:
    count, rate = sequence.extent.frame_count, sequence.frame_rate
    if time_s is None:
        return count - 1
    if not 0 <= time_s * rate < count:
        raise ValueError(f"--time: {time_s:g} found, {sequence.name} has {count / rate:g} seconds")
    return min(count - 1, math.floor(time_s * rate + _NEARLY))


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    classes = None if args.classes is None else tuple(args.classes)
    settings = Settings(args.mode, args.half_life, args.kernel, classes)
    truths = args.truth or [None] * len(args.tracks)
    paths = zip(args.sequence, args.tracks, truths, strict=True)
    sources = [_read(*each) for each in paths]
    kind = args.output.suffix.lower()
    if kind == ".json":
        write_json(args.output, describe(sources, settings), indent=None)
    elif kind == ".png":
        write_picture(args.output, sources[0], settings, args.time)
    else:
        write_film(args.output, sources[0], settings)


def _read(sequence: Path, tracks: Path, truth: Path | None) -> Source:
    """Return what to make maps of; rows of truth with a score of 0 are not scored, nor seen."""
    check_tracks_of(tracks, sequence)
    true = None if truth is None else read_tracks(truth)
    scored = None if true is None else true.take(true.score > 0)
    return Source(read_sequence(sequence), read_tracks(tracks), scored)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("tracks", "sequence", "truth"):
        parser.add_argument(
            f"--{name}", type=Path, nargs="+", metavar="FILE", required=name != "truth",
            help="of one sequence; of several in the same order, for .json",
        )  # fmt: skip
    parser.add_argument("--mode", choices=MODES, default=Settings.mode)
    parser.add_argument(
        "--half-life", type=_seconds, default=Settings.half_life_s, help="of decay, in seconds"
    )
    parser.add_argument(
        "--kernel", choices=[*KERNELS], default=Settings.kernel, help="what an object adds"
    )
    parser.add_argument(
        "--classes", nargs="+", action="extend", metavar="NAME",
        help="those that count, if not all",
    )  # fmt: skip
    parser.add_argument("--time", type=float, help="of a .png, in seconds of video")
    parser.add_argument("--output", type=Path, required=True, help=" ".join(_OUTPUTS))
    args = parser.parse_args()
    _check(parser, args)
    return args


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    kind, count = args.output.suffix.lower(), len(args.tracks)
    if kind not in _OUTPUTS:
        parser.error(
            f"--output: {args.output} found, expected a name that ends in {', '.join(_OUTPUTS)}"
        )
    if kind != ".json" and count > 1:
        parser.error(f"--tracks: {count} files found, expected one: several go into .json only")
    if kind != ".png" and args.time is not None:
        parser.error("--time: only a .png has a time")
    for name in ("sequence", "truth"):
        found = len(getattr(args, name) or args.tracks)
        if found != count:
            parser.error(f"--{name}: {found} files found, expected one for each of {count} tracks")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} found, expected seconds, more than 0")
    return value


if __name__ == "__main__":
    sys.exit(run_main(main))
