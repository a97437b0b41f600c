"""DeepStream's MaskTracker on a sequence: files written, container run, tracks and times read.

    python -m trackers.methods.deepstream.run --options '{"image": "...", "detector": "...", ...}'
        --sequence data/.../sequence.json --output tracks.parquet --timing timing.json
        --run run.json

The container is given a video of the sequence's images, the files of `files.py` and the models. It
leaves a KITTI dump, and says on its way how long each frame took from decoding to the last element:
not the time of the tracker alone.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence as Many
from dataclasses import replace
from pathlib import Path

from datasets.formats import kitti_dump
from datasets.io.program import run_main
from datasets.media.frames import read_frames
from datasets.media.video import writing_video
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Extent, Sequence, Tracks
from trackers.contract import check_options, load_method
from trackers.methods.deepstream import files
from trackers.methods.deepstream.options import Options
from trackers.options import make_options
from trackers.parts.class_names import synonyms
from trackers.parts.result_files import check_identities
from trackers.run_record import Job, add_flags, begin_record, write_result
from trackers.whole_runs import write_timing

_STREAM = "00_000"
_LATENCY = re.compile(r"Source id = 0 Frame_num = (\d+) Frame latency = ([0-9.]+) \(ms\)")
_LAST = 20  # lines of the container's output in a message
_WARM_UP = 20  # frames whose times are left out: engines are still loading


def write_files(folder: Path, sequence: Sequence, options: Options) -> None:
    """Write what deepstream-app reads but for the video.

    Raises:
        ValueError: A value is of no key that is written.
        OSError: The names of the classes cannot be read.
    """
    extent, values = sequence.extent, options.values or {}
    names = [line for line in Path(options.labels).read_text().splitlines() if line.strip()]
    parts = {
        "application": files.application(extent.width, extent.height, options.interval),
        "detector": files.detector(
            f"{files.WORKDIR}/detector.onnx", f"{files.WORKDIR}/labels.txt", len(names)
        ),
        "tracker": files.tracker(),
        "segmenter": files.segmenter(),
    }
    unknown = sorted(path for path in values if path.partition(".")[0] not in parts)
    if unknown:
        raise ValueError(f"values: {unknown} found, expected names that begin with {list(parts)}")
    for name, groups in parts.items():
        told = files.replaced(name, groups, values)
        if name in ("application", "detector"):
            (folder / f"{name}.txt").write_text(files.as_ini(told))
        else:
            (folder / f"{name}.yml").write_text(files.as_yaml(told))
    (folder / "labels.txt").write_text("\n".join(names) + "\n")


def command(folder: Path, options: Options) -> list[str]:
    """Return the command that runs the container."""
    mounts = {
        folder: files.WORKDIR,
        Path(options.detector): f"{files.WORKDIR}/detector.onnx",
        Path(options.models): files.MODELS,
    }
    volumes = [
        part for here, there in mounts.items() for part in ("-v", f"{here.resolve()}:{there}")
    ]
    return [
        *(options.docker, "run", "--rm", "--gpus", "all", "--network", "none"),
        *volumes,
        *("-e", "NVDS_ENABLE_LATENCY_MEASUREMENT=1"),
        *(options.image, "deepstream-app", "-c", f"{files.WORKDIR}/application.txt"),
    ]


def read_dump(folder: Path, sequence: Sequence) -> Tracks:
    """Return the tracks in the container's dump, as the classes of the sequence.

    Raises:
        ValueError: A label is of no class of the sequence, an object has no identity, or a file is
            not as it should be.
    """
    labels = kitti_dump.list_labels(folder)
    own = {label: _class_of(label, sequence.extent) for label in labels}
    told = replace(sequence.extent, classes={key: label for label, key in own.items()})
    tracks = kitti_dump.read_tracks(folder, _STREAM, told)
    check_identities(folder, tracks)
    return replace(tracks, extent=sequence.extent)


def _class_of(label: str, extent: Extent) -> int:
    for key, name in extent.classes.items():
        if name in synonyms(label):
            return key
    raise ValueError(f"label {label!r} found, the classes of the sequence are {extent.classes}")


def read_latencies(text: str, frames: int) -> list[int]:
    """Return the nanoseconds of each frame in what the container printed.

    Raises:
        ValueError: There are not as many frames as expected.
    """
    found = {int(number): float(ms) for number, ms in _LATENCY.findall(text)}
    if sorted(found) != list(range(frames)):
        raise ValueError(f"latencies of {len(found)} frames found, expected 0 to {frames - 1}")
    return [round(found[number] * 1e6) for number in range(frames)]


def run(sequence: Sequence, options: Options, workdir: Path) -> tuple[Tracks, list[int]]:
    """Return the tracks and the nanoseconds of each frame.

    Args:
        workdir: Empty folder for files that only the container needs.

    Raises:
        OSError: The program that runs containers is not there.
        ValueError: An option or what the container leaves is not as it should be.
        RuntimeError: The container failed; with the end of what it printed.
    """
    if sequence.images is None:
        raise ValueError(f"{sequence.name}: deepstream needs images and this sequence has none")
    write_files(workdir, sequence, options)
    extent, images = sequence.extent, Path(sequence.images)
    if images.is_file() and images.suffix == ".mp4":
        shutil.copyfile(images, workdir / "video.mp4")
    else:
        video = writing_video(
            workdir / "video.mp4", sequence.frame_rate, extent.height, extent.width
        )
        with video as write:
            for image in read_frames(images, extent):
                write(image)
    (workdir / "tracks").mkdir()
    done = subprocess.run(
        command(workdir, options), capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        last = _end(done.stdout + done.stderr)
        raise RuntimeError(f"the container exited with {done.returncode}; it printed last:\n{last}")
    latencies = read_latencies(done.stdout + done.stderr, extent.frame_count)
    return read_dump(workdir / "tracks", sequence), latencies


def _end(text: str) -> str:
    lines: Many[str] = text.splitlines()
    return "\n".join(lines[-_LAST:])


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timing", type=Path, required=True, help=".../timing.json")
    add_flags(parser)
    args = parser.parse_args()
    check_options("deepstream", args.options)
    method = load_method("deepstream")
    options = make_options(Options, args.options)
    prepared = open_sequence(args.sequence)
    job = Job(
        "trackers.methods.deepstream.run", "deepstream", args.options, prepared,
        method.inputs, code=args.code,
    )  # fmt: skip
    record = begin_record(job)
    with tempfile.TemporaryDirectory() as workdir:
        tracks, latencies = run(prepared.sequence, options, Path(workdir))
    write_result(args.output, tracks, args.run, record)
    timed = latencies[_WARM_UP:]
    write_timing(args.timing, "pipeline", len(timed), timed, _WARM_UP)


if __name__ == "__main__":
    sys.exit(run_main(main))
