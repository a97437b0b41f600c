"""Run an external program on a sequence: write its folder, time the process, read its result.

    python -m trackers.methods.external.run --options '{"command": ["...", "{sequence}", ...]}'
        --sequence data/.../sequence.json --output tracks.parquet --timing timing.json
        --run run.json

The time is that of the whole process, including start-up, reading and writing. If the program
leaves no result, exits with 1, prints the reason as its last line, and writes nothing.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
from pathlib import Path

from datasets.conversion.registry import FORMATS
from datasets.io.files import printable
from datasets.io.program import run_main
from datasets.sequences.sequence_folder import write_folder
from datasets.sequences.sequence_json import PreparedSequence, open_sequence
from datasets.types import Tracks
from trackers.contract import check_options
from trackers.external_timing import write_timing
from trackers.methods.external.command import (
    check_command,
    fill_command,
    list_files,
    versions_path,
)
from trackers.methods.external.options import Options
from trackers.methods.external.process import ProgramResult, run_program
from trackers.options import make_options
from trackers.parts.result_files import read_result
from trackers.run_record import Job, add_flags, begin_record, write_result

_QUOTED_LINES, _QUOTED_WIDTH = 3, 160  # of standard error in a message
_MAX_BYTES = 1 << 30  # of a result; a day of video with 100 boxes per frame


def run(
    prepared: PreparedSequence, options: Options, workdir: Path
) -> tuple[Tracks, ProgramResult]:
    """Run a program on a prepared sequence and return its tracks and how it ended.

    Args:
        workdir: Empty folder for temporary files.

    Raises:
        OSError: The program cannot be started.
        ValueError: An option, the sequence or the result is invalid.
        RuntimeError: The program failed, timed out or left no result.
    """
    check_command(options)
    sequence, detections = prepared.sequence, prepared.detections()
    folder, work = workdir / "sequence" / sequence.name, workdir / "work"
    result = workdir / "result" / f"{sequence.name}{FORMATS[options.format].suffix}"
    write_folder(folder, sequence, detections, copied=options.copy_images)
    work.mkdir()
    result.parent.mkdir()
    words = fill_command(options, folder, result)
    print(printable(f"command: {shlex.join(words)}"), file=sys.stderr)
    completed = run_program(words, work, options.timeout_s)
    for name, text in (("stdout", completed.output), ("stderr", completed.errors)):
        print(f"{name}:\n{text}" if text else f"{name}: nothing", file=sys.stderr)
    _check_end(completed, options.timeout_s)
    _check_result(result)
    return read_result(result, options.format, sequence, options.only_class), completed


def _check_end(completed: ProgramResult, timeout_s: float) -> None:
    """Raise RuntimeError if a program timed out or failed."""
    if completed.code is None:
        raise RuntimeError(f"no result after {timeout_s:g} s: the program was stopped")
    if completed.code:
        lines = [line.strip() for line in completed.errors.splitlines() if line.strip()]
        last = " | ".join(line[-_QUOTED_WIDTH:] for line in lines[-_QUOTED_LINES:]) or "nothing"
        raise RuntimeError(f"exit code {_describe(completed.code)}; printed last as error: {last}")


def _describe(code: int) -> str:
    known = {-number.value: number.name for number in signal.Signals}
    return f"{code} ({known[code]})" if code in known else str(code)


def _check_result(path: Path) -> None:
    """Raise RuntimeError if a result is missing, ValueError if it is too large to be valid."""
    if not path.is_file() and not path.is_dir():
        raise RuntimeError(f"expected a result {path.name} after exit code 0, found none")
    size = sum(each.stat().st_size for each in [path, *path.rglob("*")] if each.is_file())
    if size > _MAX_BYTES:
        raise ValueError(f"{path.name}: expected at most {_MAX_BYTES} bytes, found {size}")


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    check_options("external", args.options)
    options = make_options(Options, args.options)
    prepared = open_sequence(args.sequence)
    record = begin_record(_job(args, options, prepared))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as workdir:
        tracks, completed = run(prepared, options, Path(workdir).resolve())
    write_result(args.output, tracks, args.run, record)
    write_timing(args.timing, "process", tracks.extent.frame_count, [completed.elapsed_ns])


def _job(args: argparse.Namespace, options: Options, prepared: PreparedSequence) -> Job:
    """Return the job to record; a virtual environment is recorded by its package list."""
    check_command(options)
    files = [Path(name) for name in list_files(options)]
    if options.environment:
        files.append(versions_path(options.environment))
    return Job(
        "trackers.methods.external.run",
        "external",
        args.options,
        prepared,
        ("image", "detections"),
        tuple(path for path in files if path.is_file()),
        args.code,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timing", type=Path, required=True, help=".../timing.json")
    add_flags(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run_main(main))
