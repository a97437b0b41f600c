"""Make heat maps of tracked objects: an image, a video, or coarse maps as JSON.

    python -m reports.heatmap --tracks results/sort/synthetic/crowd/tracks.parquet
        --sequence data/synthetic/crowd/sequence.json --truth data/synthetic/crowd/truth.parquet
        --half-life 2 --kernel foot --output heat.png

The output format follows the file name: .png is the map at the end or at `--time`; .mp4 shows the
map after each frame; .json holds the coarse maps of one or more sequences that the page shows. With
`--truth`, each output also holds the ground-truth map and the difference. On invalid input the exit
code is 2 and one line gives the reason. See docs/heatmaps.md.
"""

from __future__ import annotations

import argparse
import math
import sys
from bisect import bisect_right
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
from reports.heatmaps.frames import paint_frame, paint_frames
from reports.heatmaps.sample import describe
from reports.heatmaps.source import MODES, Settings, Source

_OUTPUTS = (".png", ".mp4", ".json")
_FRAME_TOLERANCE = 1e-6  # of a frame: 0.04 s at 25 fps is frame 1


def write_picture(path: Path, source: Source, settings: Settings, time_s: float | None) -> None:
    """Write a PNG of the map at a time in seconds, or at the end if it is None.

    Raises:
        ValueError: The sequence ends before that time.
    """
    image = paint_frame(source, settings, _frame_at(source.sequence, time_s))
    _, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    with replacing(path) as part:
        part.write_bytes(data.tobytes())


def write_video(path: Path, source: Source, settings: Settings) -> None:
    """Write an MP4 of the map after each frame."""
    from datasets.media.video import writing_video

    sequence, images = source.sequence, paint_frames(source, settings)
    first = next(images)
    times = sequence.timestamps
    with writing_video(path, sequence.frame_rate, *first.shape[:2], timestamps=times) as write:
        frames = chain([first], images)
        for image in progress(frames, sequence.name, "frame", sequence.extent.frame_count):
            write(image)


def _frame_at(sequence: Sequence, time_s: float | None) -> int:
    count, rate = sequence.extent.frame_count, sequence.frame_rate
    if time_s is None:
        return count - 1
    times = sequence.timestamps
    end_s = count / rate if times is None else times[-1] + 1 / rate
    if not 0 <= time_s < end_s:
        raise ValueError(
            f"--time: expected a time within the {end_s:g} seconds of {sequence.name}, "
            f"found {time_s:g}"
        )
    if times is not None:
        return bisect_right(times, time_s) - 1
    return min(count - 1, math.floor(time_s * rate + _FRAME_TOLERANCE))


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
        write_video(args.output, sources[0], settings)


def _read(sequence: Path, tracks: Path, truth: Path | None) -> Source:
    """Return the tracks and ground truth of a sequence, without unscored ground truth (score 0)."""
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
            help="one file; for .json one per sequence, in the same order for each option",
        )  # fmt: skip
    parser.add_argument("--mode", choices=MODES, default=Settings.mode)
    parser.add_argument(
        "--half-life",
        type=_seconds,
        default=Settings.half_life_s,
        help="half-life of the decay, in seconds",
    )
    parser.add_argument(
        "--kernel",
        choices=[*KERNELS],
        default=Settings.kernel,
        help="shape that an object adds to the map",
    )
    parser.add_argument(
        "--classes", nargs="+", action="extend", metavar="NAME",
        help="classes to count (default: all)",
    )  # fmt: skip
    parser.add_argument("--time", type=float, help="time of a .png, in seconds of video")
    parser.add_argument("--output", type=Path, required=True, help=f"file: {' '.join(_OUTPUTS)}")
    args = parser.parse_args()
    _check(parser, args)
    return args


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    kind, count = args.output.suffix.lower(), len(args.tracks)
    if kind not in _OUTPUTS:
        parser.error(
            f"--output: expected a name that ends in {', '.join(_OUTPUTS)}, found {args.output}"
        )
    if kind != ".json" and count > 1:
        parser.error(
            f"--tracks: expected one file, because only .json takes several, found {count}"
        )
    if kind != ".png" and args.time is not None:
        parser.error("--time: allowed for a .png only")
    for name in ("sequence", "truth"):
        found = len(getattr(args, name) or args.tracks)
        if found != count:
            parser.error(
                f"--{name}: expected one file for each of {count} tracks files, found {found}"
            )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, found {text!r}")
    return value


if __name__ == "__main__":
    sys.exit(run_main(main))
