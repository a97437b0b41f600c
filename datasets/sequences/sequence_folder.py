"""Write a sequence as a folder in MOTChallenge layout for external programs, without ground truth.

    python -m datasets.sequences.sequence_folder --output=crowd
        --sequence=data/synthetic/crowd/sequence.json

See `mot_folder`, which reads such folders. Frames count from one, in file names and in files.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from datasets.formats import mot_text
from datasets.io.program import run_main
from datasets.media.frames import list_images, sequence_frames, write_image
from datasets.sequences.mot_folder import detections_path, info_path
from datasets.sequences.mot_images import write_times
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Sequence, Tracks

_IMAGES = "img1"


def write_folder(
    folder: Path, sequence: Sequence, detections: Tracks | None, *, copied: bool = False
) -> None:
    """Write seqinfo.ini, and det/det.txt and img1/ if the sequence has detections and images.

    Frame times of a variable rate go into timestamps.txt, see `mot_images`.

    Images of a folder are linked, those of a video are written losslessly.

    Args:
        copied: Copy the images instead, for a container that cannot follow links.

    Raises:
        FileNotFoundError: The image folder or video file does not exist.
        ValueError: The numbers of images and frames differ, or an image cannot be decoded.
    """
    folder.mkdir(parents=True)
    suffix = ".jpg"
    if sequence.images is not None:
        suffix = _write_images(folder / _IMAGES, sequence, copied=copied)
    extent = sequence.extent
    rate = f"{sequence.frame_rate:.6f}".rstrip("0").rstrip(".")
    info_path(folder).write_text(
        f"[Sequence]\nname={sequence.name}\nimDir={_IMAGES}\nframeRate={rate}\n"
        f"seqLength={extent.frame_count}\nimWidth={extent.width}\nimHeight={extent.height}\n"
        f"imExt={suffix}\n"
    )
    if sequence.timestamps is not None:
        write_times(folder, sequence.timestamps)
    if detections is not None:
        mot_text.write_tracks(detections_path(folder), detections)


def _write_images(folder: Path, sequence: Sequence, *, copied: bool) -> str:
    """Write or link the images, and return their suffix."""
    images = Path(str(sequence.images))
    if not images.is_dir():
        for index, image in enumerate(sequence_frames(sequence)):
            write_image(folder / f"{index + 1:06}.png", image)
        return ".png"
    paths, expected = list_images(images), sequence.extent.frame_count
    if len(paths) != expected:
        raise ValueError(f"{images}: expected {expected} images, found {len(paths)}")
    folder.mkdir()
    for index, path in enumerate(paths):
        place = folder / f"{index + 1:06}{path.suffix}"
        if copied:
            shutil.copyfile(path, place)
        else:
            place.symlink_to(path.resolve())
    return paths[0].suffix if paths else ".jpg"


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequence", type=Path, required=True, help=".../sequence.json")
    parser.add_argument("--output", type=Path, required=True, help="folder to create")
    parser.add_argument("--copy-images", action="store_true", help="copy images instead of linking")
    args = parser.parse_args()
    prepared = open_sequence(args.sequence)
    sequence, detections = prepared.sequence, prepared.detections()
    write_folder(args.output, sequence, detections, copied=args.copy_images)


if __name__ == "__main__":
    sys.exit(run_main(main))
