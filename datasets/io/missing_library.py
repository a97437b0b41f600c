"""Report a missing library in one line if a program's own imports need it.

`datasets.io.program.run_main` cannot do that: it is called after the imports. Each stage calls
`watch_imports` in its `__init__.py`, which Python runs before the program is imported.
"""

from __future__ import annotations

import sys
from types import TracebackType


def watch_imports() -> None:
    """Report missing libraries in one line if Python is about to load a program (`python -m`)."""
    if sys.argv[:1] == ["-m"]:  # replaced by the program's path once it is found
        sys.excepthook = _report


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from datasets.io.program import describe_error, is_debugged, program_name

    if not isinstance(error, ModuleNotFoundError) or is_debugged():
        sys.__excepthook__(kind, error, trace)
        return
    line = f"{describe_error(error)}: run `make setup` to install all libraries"
    print(f"{program_name()}: error: {line}", file=sys.stderr)
