"""Run DeepStream's MaskTracker on a sequence in its container, and read its tracks and times.

    python -m trackers.methods.deepstream.run --options '{"image": "...", "detector": "...", ...}'
        --sequence data/.../sequence.json --output tracks.parquet --timing timing.json
        --run run.json

The container receives a video of the sequence's images, the configuration files of `files.py` and
the models. It writes a KITTI dump and prints the latency of each frame from decoding to the last
element of the pipeline, which is more than the time of the tracker alone.
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
from datasets.media.frames import sequence_frames
from datasets.media.video import writing_video
from datasets.media.video_reader import is_upright
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Extent, Sequence, Tracks
from trackers.contract import check_options, load_method
from trackers.external_timing import write_timing
from trackers.methods.deepstream import files
from trackers.methods.deepstream.options import Options
from trackers.options import make_options
from trackers.parts.class_names import synonyms
from trackers.parts.result_files import check_identities
from trackers.run_record import Job, add_flags, begin_record, write_result

_STREAM = "00_000"
_LATENCY = re.compile(r"Source id = 0 Frame_num = (\d+) Frame latency = ([0-9.]+) \(ms\)")
_QUOTED_LINES = 20  # of the container's output in a message
_WARM_UP = 20  # frames excluded from the times, in which engines are still loading


def write_files(folder: Path, sequence: Sequence, options: Options) -> None:
    """Write the configuration files and the labels for deepstream-app.

    Raises:
        ValueError: The option `overrides` names an unknown key.
        OSError: The file of labels cannot be read.
    """
    extent, overrides = sequence.extent, options.overrides or {}
    names = [line for line in Path(options.labels).read_text().splitlines() if line.strip()]
    contents = {
        "application": files.application(extent.width, extent.height, options.interval),
        "detector": files.detector(
            f"{files.WORKDIR}/detector.onnx", f"{files.WORKDIR}/labels.txt", len(names)
        ),
        "tracker": files.tracker(),
        "segmenter": files.segmenter(),
    }
    unknown = sorted(path for path in overrides if path.partition(".")[0] not in contents)
    if unknown:
        raise ValueError(f"overrides: expected keys of the files {list(contents)}, found {unknown}")
    for name, groups in contents.items():
        configured = files.override(name, groups, overrides)
        if name in ("application", "detector"):
            (folder / f"{name}.txt").write_text(files.as_ini(configured))
        else:
            (folder / f"{name}.yml").write_text(files.as_yaml(configured))
    (folder / "labels.txt").write_text("\n".join(names) + "\n")


def command(folder: Path, options: Options) -> list[str]:
    """Return the command that runs the container."""
    mounts = {
        folder: files.WORKDIR,
        Path(options.detector): f"{files.WORKDIR}/detector.onnx",
        Path(options.models): files.MODELS,
    }
    volumes = [
        part for source, target in mounts.items() for part in ("-v", f"{source.resolve()}:{target}")
    ]
    return [
        *(options.docker, "run", "--rm", "--gpus", "all", "--network", "none"),
        *volumes,
        *("-e", "NVDS_ENABLE_LATENCY_MEASUREMENT=1"),
        *(options.image, "deepstream-app", "-c", f"{files.WORKDIR}/application.txt"),
    ]


def read_dump(folder: Path, sequence: Sequence) -> Tracks:
    """Return the tracks in the container's dump, with the class ids of the sequence.

    Raises:
        ValueError: A label is not a class of the sequence, an object has no identity, or a file is
            malformed.
    """
    labels = kitti_dump.list_labels(folder)
    classes = {_class_of(label, sequence.extent): label for label in labels}
    labelled = replace(sequence.extent, classes=classes)
    tracks = kitti_dump.read_tracks(folder, _STREAM, labelled)
    check_identities(folder, tracks)
    return replace(tracks, extent=sequence.extent)


def _class_of(label: str, extent: Extent) -> int:
    for class_id, name in extent.classes.items():
        if name in synonyms(label):
            return class_id
    known = sorted(extent.classes.values())
    raise ValueError(f"label: expected a class of the sequence, one of {known}, found {label!r}")


def read_latencies(text: str, frames: int) -> list[int]:
    """Return the latency of each frame in nanoseconds, from the container's output.

    Args:
        frames: Expected number of frames.

    Raises:
        ValueError: The output has other frames than expected.
    """
    found = {int(number): float(ms) for number, ms in _LATENCY.findall(text)}
    if sorted(found) != list(range(frames)):
        raise ValueError(
            f"expected latencies of frames 0 to {frames - 1}, found those of {len(found)} frames"
        )
    return [round(found[number] * 1e6) for number in range(frames)]


def run(sequence: Sequence, options: Options, workdir: Path) -> tuple[Tracks, list[int]]:
    """Run the container and return the tracks and the latency of each frame in nanoseconds.

    Args:
        workdir: Empty folder for the files that the container reads and writes.

    Raises:
        OSError: The program that runs containers does not exist.
        ValueError: An option or the container's output is invalid.
        RuntimeError: The container failed; the message quotes the end of its output.
    """
    if sequence.images is None:
        raise ValueError(f"{sequence.name}: deepstream needs images and this sequence has none")
    write_files(workdir, sequence, options)
    extent, images = sequence.extent, Path(sequence.images)
    if images.suffix == ".mp4" and images.is_file() and _is_played_as_read(sequence):
        shutil.copyfile(images, workdir / "video.mp4")
    else:
        video = writing_video(
            workdir / "video.mp4", sequence.frame_rate, extent.height, extent.width
        )
        with video as write:
            for image in sequence_frames(sequence):
                write(image)
    (workdir / "tracks").mkdir()
    done = subprocess.run(
        command(workdir, options), capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        last = _last_lines(done.stdout + done.stderr)
        raise RuntimeError(f"the container exited with {done.returncode}; last output:\n{last}")
    latencies = read_latencies(done.stdout + done.stderr, extent.frame_count)
    return read_dump(workdir / "tracks", sequence), latencies


def _is_played_as_read(sequence: Sequence) -> bool:
    """Return whether the pipeline decodes the frames of a video file as this repository does."""
    images = Path(str(sequence.images))
    return sequence.damaged is None and sequence.timestamps is None and is_upright(images)


def _last_lines(text: str) -> str:
    lines: Many[str] = text.splitlines()
    return "\n".join(lines[-_QUOTED_LINES:])


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
