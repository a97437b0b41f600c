"""Run command line programs and report their errors in one line.

    if __name__ == "__main__":
        sys.exit(run_main(main))

A deliberate error describes invalid input and is shown unchanged. Any other error is a fault of a
program or a tracker and is shown with its type and its location in this repository, as is an error
that a tracker's method raises in a step. The traceback is shown by the flag `--debug`, which every
program accepts, or by the environment variable `MASKTRACK_DEBUG=1`, which the jobs of the workflow
inherit. The log of a job always has the traceback of a fault, above that line.
"""

from __future__ import annotations

import os
import select
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from datasets.io.errors import shorten
from datasets.io.files import RUN, printable
from datasets.io.mended import describe_mended, take_mended

DEBUG = "MASKTRACK_DEBUG"
FLAG = "--debug"
CRASHED, REFUSED, BROKEN_PIPE, INTERRUPTED = 1, 2, 141, 130  # the last two as a shell reports them
_ROOT = Path(__file__).resolve().parents[2]
_METHODS = "trackers/methods/"
_DELIBERATE = (ValueError, OSError, RuntimeError)


def run_main(main: Callable[[], int | None], crashed: int = CRASHED) -> int:
    """Run a program's main function and return the exit code.

    Args:
        crashed: Exit code after a fault, for programs in which 1 has another meaning.
    """
    name = program_name(main.__module__)
    debug = is_debugged()
    sys.argv = [name, *(each for each in sys.argv[1:] if each != FLAG)]
    take_mended()  # of an earlier program in this process
    try:
        code = _call(main)
        if mended := take_mended():
            print(printable(f"{name}: note: {describe_mended(mended)}"), file=sys.stderr)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, BrokenPipeError) and _is_output_closed():
            return BROKEN_PIPE
        return _report(name, error, crashed, debug=debug)
    return code


def program_name(module: str = "__main__") -> str:
    """Return the command that runs the program whose main function is in a module."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    name = spec.name if module == "__main__" and spec else module
    return f"python -m {name.removesuffix('.__main__')}"


def is_debugged() -> bool:
    """Return whether tracebacks are requested."""
    return FLAG in sys.argv or os.environ.get(DEBUG, "") not in ("", "0")


def describe_error(error: BaseException) -> str:
    """Return an error on one line, with its notes.

    Type and location are included for a fault, and for an error that a method raised in a step: the
    input of a step has been validated, so that the error is probably the method's.
    """
    notes = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
    text = " ".join(f"{_message(error)}{notes}".split("\n"))
    if is_refusal(error) and not _is_from_step(error):
        return printable(text)
    return printable(f"{type(error).__name__}: {shorten(text)} ({_location(error)})")


def is_refusal(error: BaseException) -> bool:
    """Return whether an error describes invalid input, rather than a fault of the program.

    It is of a type that this repository raises deliberately and comes from a `raise` statement in
    this repository, possibly in a process of a pool; or the operating system raised it, for example
    for a missing file.
    """
    if isinstance(error, OSError):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    pooled = type(error.__cause__).__name__ == "_RemoteTraceback"
    raised = bool(frames) and _is_ours(frames[-1]) and (frames[-1].line or "").startswith("raise ")
    return isinstance(error, _DELIBERATE) and (raised or pooled)


def _is_from_step(error: BaseException) -> bool:
    """Return whether a tracker's method raised the error in a step."""
    frames = traceback.extract_tb(error.__traceback__)
    inner = [frame for frame in frames if _short(frame.filename).startswith(_METHODS)]
    return bool(inner) and frames[-1] is inner[-1] and "step" in {frame.name for frame in inner}


def _call(main: Callable[[], int | None]) -> int:
    """Return the exit code of a main function, and add the common flag to the parser's help."""
    try:
        return main() or 0
    except SystemExit as end:
        if end.code == 0 and {"-h", "--help"} & {*sys.argv}:
            print(f"  {FLAG:<20}  show the Python traceback of an error")
        if isinstance(end.code, str):
            raise
        return end.code or 0


def _report(name: str, error: Exception, crashed: int, *, debug: bool) -> int:
    """Print an error and return the exit code."""
    refusal = is_refusal(error)
    line = describe_error(error)
    if debug or (RUN in os.environ and not refusal):
        traceback.print_exception(error)
    elif not refusal:
        line += f"; use {FLAG} to show the traceback"
    traceback.clear_frames(error.__traceback__)  # ends the line of a progress bar
    print(f"{name}: error: {line}", file=sys.stderr)
    return REFUSED if isinstance(error, ValueError | OSError) and refusal else crashed


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error).strip() or "no message"


def _location(error: BaseException) -> str:
    """Return file, line and function of the innermost frame in this repository."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_ours(frame):
            return f"{_short(frame.filename)}:{frame.lineno} in {frame.name}"
    return "outside this repository"


def _is_ours(frame: traceback.FrameSummary) -> bool:
    """Return whether a frame is in this repository, outside its hidden folders (environments)."""
    path = Path(frame.filename)
    below = path.is_relative_to(_ROOT)
    return below and not any(part.startswith(".") for part in path.relative_to(_ROOT).parts)


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path)


def _is_output_closed() -> bool:
    """Return whether standard output is a closed pipe; if so, further output is discarded."""
    output = sys.__stdout__
    if output is None:
        return False
    poll = select.poll()
    poll.register(output.fileno(), select.POLLOUT)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
    return True
