"""Run DeepStream's MaskTracker on a sequence in its container, and read its tracks and times.

    python -m trackers.methods.deepstream.run --options '{"detector": "...", "labels": "...", ...}'
        --engines engines/deepstream/<key>/engines.json --sequence data/.../sequence.json
        --output tracks.parquet --timing timing.json --run run.json

The container receives a video of the sequence's images, the configuration files of `files.py`, the
networks and the engines built by `engines.py`. deepstream-app writes a KITTI dump; with the option
`masks`, `probe.py` runs the same pipeline and writes boxes and masks. The time of a frame is that
which detector and tracker work on it, see `latency.py`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from datasets.io.program import run_main
from datasets.sequences.sequence_json import open_sequence
from datasets.types import Sequence, Tracks
from trackers.contract import check_options, load_method
from trackers.external_timing import write_timing
from trackers.methods.deepstream import latency, run_folder
from trackers.methods.deepstream.container import Command, run_container
from trackers.methods.deepstream.dump import read_dump
from trackers.methods.deepstream.engines import check_engines, check_not_rebuilt
from trackers.methods.deepstream.files import WORKDIR
from trackers.methods.deepstream.latency import Latencies
from trackers.methods.deepstream.objects import read_objects
from trackers.methods.deepstream.options import Options
from trackers.options import make_options
from trackers.run_record import Job, add_flags, begin_record, write_result

_MAX_WARM_UP = 20  # frames excluded from the times, in which memory is still allocated
_PROBE = Path(__file__).with_name(run_folder.PROBE)


def command(folder: Path, engines: Path, options: Options) -> Command:
    """Return the command of the container.

    Args:
        folder: Folder that the container works in.
        engines: .../engines.json.
    """
    inside = (f"{WORKDIR}/{name}" for name in (run_folder.OBJECTS, run_folder.ELEMENTS))
    application = f"{WORKDIR}/application.txt"
    words = ["deepstream-app", "-c", application]
    if options.masks:
        words = ["python3", f"{WORKDIR}/{run_folder.PROBE}", application, *inside]
    return Command(
        options.docker,
        options.image_name,
        run_folder.mounts(folder, engines.parent, options),
        words,
        latency.VARIABLES,
    )


def run(
    sequence: Sequence, options: Options, engines: Path, workdir: Path
) -> tuple[Tracks, Latencies]:
    """Run the container and return the tracks and the times of the frames.

    Args:
        engines: .../engines.json, see `engines.py`.
        workdir: Empty folder for the files that the container reads and writes.

    Raises:
        OSError: The program that runs containers, or a file that an option names, does not exist.
        ValueError: An option or the container's output is invalid.
        RuntimeError: The container failed, or built engines again; the message quotes the end of
            its output.
    """
    if sequence.images is None:
        raise ValueError(f"{sequence.name}: deepstream needs images and this sequence has none")
    extent, folder = sequence.extent, run_folder.make_folder(workdir)
    contents = run_folder.configuration(extent.width, extent.height, options)
    run_folder.write_files(folder, contents, options)
    run_folder.write_video(folder / "video.mp4", sequence)
    if options.masks:
        shutil.copyfile(_PROBE, folder / run_folder.PROBE)
    output = run_container(command(folder, engines, options))
    check_not_rebuilt(engines, output)
    if options.masks:
        latencies = latency.read_elements(folder / run_folder.ELEMENTS, extent.frame_count)
        return read_objects(folder / run_folder.OBJECTS, extent, options.overlap), latencies
    latencies = latency.read_log(output, extent.frame_count)
    return read_dump(folder / run_folder.DUMP, extent), latencies


def write_times(path: Path, latencies: Latencies) -> None:
    """Write timing.json: the own time of detector and tracker, and what it is made of.

    Beside the keys that all have: `element_ns` with that of each, and `pipeline_ns` with how long
    each frame was in the pipeline, waiting included, or null if the probe ran.
    """
    skipped = min(_MAX_WARM_UP, len(latencies.step_ns) // 2)
    whole = {**latencies.own_ns, "pipeline": latencies.pipeline_ns, "step": latencies.step_ns}
    timed = {
        name: None if each is None else [int(value) for value in each[skipped:]]
        for name, each in whole.items()
    }
    step, pipeline = timed.pop("step") or [], timed.pop("pipeline")
    further = {"element_ns": timed, "pipeline_ns": pipeline}
    write_timing(path, "elements", len(step), step, skipped, further)


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timing", type=Path, required=True, help=".../timing.json")
    parser.add_argument("--engines", type=Path, required=True, help=".../engines.json")
    add_flags(parser)
    args = parser.parse_args()
    check_options("deepstream", args.options)
    method = load_method("deepstream")
    options = make_options(Options, args.options)
    prepared = open_sequence(args.sequence)
    job = Job(
        "trackers.methods.deepstream.run", "deepstream", args.options, prepared,
        method.inputs, (args.engines,), args.code,
    )  # fmt: skip
    record = begin_record(job)
    check_engines(args.engines, options, record.content["files"])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as workdir:
        tracks, latencies = run(prepared.sequence, options, args.engines, Path(workdir))
    write_result(args.output, tracks, args.run, record)
    write_times(args.timing, latencies)


if __name__ == "__main__":
    sys.exit(run_main(main))
