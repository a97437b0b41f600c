"""How a command line program ends: an error is one line, with Python's traceback only on request.

    if __name__ == "__main__":
        sys.exit(run_main(main))

An error that a program raises on purpose says what is wrong with its input, and is shown as it is.
Any other is a fault of a program or of a tracker, and is shown with its type and the place in this
repository where it happened; so is what a tracker's method raises in a step. Ask for the traceback
with the flag `--debug`, which every program takes, or with the environment variable
`MASKTRACK_DEBUG=1`, which reaches the jobs of the workflow. The log of such a job keeps the
traceback of a fault in any case, above that line.
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

DEBUG = "MASKTRACK_DEBUG"
FLAG = "--debug"
CRASHED, REFUSED, BROKEN_PIPE, INTERRUPTED = 1, 2, 141, 130  # the last two as a shell reports them
_ROOT = Path(__file__).resolve().parents[2]
_METHODS = "trackers/methods/"
_ON_PURPOSE = (ValueError, OSError, RuntimeError)


def run_main(main: Callable[[], int | None], crashed: int = CRASHED) -> int:
    """Run a program's main function; return the exit code.

    Args:
        crashed: The exit code after a fault, of a program for which 1 means something else.
    """
    name = program_name(main.__module__)
    debug = is_debugged()
    sys.argv = [name, *(each for each in sys.argv[1:] if each != FLAG)]
    try:
        code = _call(main)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, BrokenPipeError) and _nobody_reads():
            return BROKEN_PIPE
        return _report(name, error, crashed, debug=debug)
    return code


def program_name(module: str = "__main__") -> str:
    """Return how the program is called whose main function is in a module."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    called = spec.name if module == "__main__" and spec else module
    return f"python -m {called.removesuffix('.__main__')}"


def is_debugged() -> bool:
    """Whether tracebacks are asked for."""
    return FLAG in sys.argv or os.environ.get(DEBUG, "") not in ("", "0")


def describe_error(error: BaseException) -> str:
    """Return an error on one line, with its notes.

    Its type and place are given too if it is a fault, or if a method raised it in a step: the input
    of a step has been checked before, so such an error is more often one of the method.
    """
    notes = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
    text = " ".join(f"{_message(error)}{notes}".split("\n"))
    if is_refusal(error) and not _is_of_step(error):
        return printable(text)
    return printable(f"{type(error).__name__}: {shorten(text)} ({_place(error)})")


def is_refusal(error: BaseException) -> bool:
    """Whether an error says what is wrong with the input, rather than with the program.

    It is of a kind that our code raises on purpose, and a `raise` there, here or in a process of a
    pool, is where it came from; or the operating system refused something, such as a missing file.
    """
    if isinstance(error, OSError):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    pooled = type(error.__cause__).__name__ == "_RemoteTraceback"
    raised = bool(frames) and _is_ours(frames[-1]) and (frames[-1].line or "").startswith("raise ")
    return isinstance(error, _ON_PURPOSE) and (raised or pooled)


def _is_of_step(error: BaseException) -> bool:
    """Whether a tracker's method raised it, in a step."""
    frames = traceback.extract_tb(error.__traceback__)
    inner = [frame for frame in frames if _short(frame.filename).startswith(_METHODS)]
    return bool(inner) and frames[-1] is inner[-1] and "step" in {frame.name for frame in inner}


def _call(main: Callable[[], int | None]) -> int:
    """Return the exit code of a main function; the parser's help gets the flag of all programs."""
    try:
        return main() or 0
    except SystemExit as end:
        if end.code == 0 and {"-h", "--help"} & {*sys.argv}:
            print(f"  {FLAG:<20}  show Python's traceback of an error")
        if isinstance(end.code, str):
            raise
        return end.code or 0


def _report(name: str, error: Exception, crashed: int, *, debug: bool) -> int:
    """Print an error; return the exit code."""
    refusal = is_refusal(error)
    line = describe_error(error)
    if debug or (RUN in os.environ and not refusal):
        traceback.print_exception(error)
    elif not refusal:
        line += f"; {FLAG} shows the traceback"
    traceback.clear_frames(error.__traceback__)  # which ends a progress bar's line
    print(f"{name}: error: {line}", file=sys.stderr)
    return REFUSED if isinstance(error, ValueError | OSError) and refusal else crashed


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error).strip() or "no message"


def _place(error: BaseException) -> str:
    """Return file, line and function of the innermost frame in this repository."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_ours(frame):
            return f"{_short(frame.filename)}:{frame.lineno} in {frame.name}"
    return "outside this repository"


def _is_ours(frame: traceback.FrameSummary) -> bool:
    """Whether a frame is in this repository, and not in a hidden folder of it: an environment."""
    path = Path(frame.filename)
    below = path.is_relative_to(_ROOT)
    return below and not any(part.startswith(".") for part in path.relative_to(_ROOT).parts)


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path)


def _nobody_reads() -> bool:
    """Whether standard output is a pipe that was closed; then nothing more is written to it."""
    output = sys.__stdout__
    if output is None:
        return False
    poll = select.poll()
    poll.register(output.fileno(), select.POLLOUT)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
    return True
