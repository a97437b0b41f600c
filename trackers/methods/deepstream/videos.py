"""Download a video of NVIDIA's MaskTracker sample.

python -m trackers.methods.deepstream.videos --output data/videos/bodypose.mp4

The file name is that of an entry in `videos.yaml`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.io.program import run_main
from trackers.weights.fetch import Published, fetch, read_catalogue

VIDEOS = read_catalogue(Path(__file__).with_name("videos.yaml"))
_MP4 = slice(4, 8), b"ftyp"  # where an MP4 file says what it is, and what it says


def download(published: Published, output: Path) -> None:
    """Download a video.

    Raises:
        OSError: The download fails.
        ValueError: It is not the video, but for example the pointer of Git LFS to it, or not the
            one of the first download.
    """
    fetch(published, output)
    place, expected = _MP4
    with output.open("rb") as file:
        found = file.read(place.stop)
    if found[place] != expected:
        for path in (output, output.with_name(f"{output.name}.sha256")):
            path.unlink(missing_ok=True)
        raise ValueError(f"{published.url}: expected an MP4 file, found one of {found!r}...")


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help=".../<video> to write")
    args = parser.parse_args()
    if args.output.name not in VIDEOS:
        parser.error(f"--output: expected one of {sorted(VIDEOS)}, found {args.output.name}")
    download(VIDEOS[args.output.name], args.output)


if __name__ == "__main__":
    sys.exit(run_main(main))
