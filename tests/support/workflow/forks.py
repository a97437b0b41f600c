"""Start Snakemake by forking a process that has already imported its libraries.

Only third-party libraries are imported: each fork imports the code of the folder it starts in.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

LIBRARIES = (
    "jinja2",
    "jsonschema",
    "pandas",
    "pulp",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.sparse",
    "smart_open",
    "snakemake.cli",
    "yaml",
    "yte",
)


def run_forked(
    command: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a `snakemake ...` to its end."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with TemporaryDirectory() as workdir:
        printed = [Path(workdir) / name for name in ("stdout", "stderr")]
        request = [command[1:], str(folder), environment, *map(str, printed)]
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code = server.stdout.readline()
        assert code, "the process that forks has ended"
        return subprocess.CompletedProcess(command, int(code), *(p.read_text() for p in printed))


@cache
def _server() -> subprocess.Popen[str]:
    """Return the forking process; it ends with this one, when its input closes."""
    server = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(server.kill)
    return server


def main() -> None:
    """Fork for each line of the input, and print the exit code."""
    from importlib import import_module

    del sys.path[0]  # this folder
    for name in LIBRARIES:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become_snakemake(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become_snakemake(
    words: list[str], folder: str, environment: dict[str, str], *printed: str
) -> None:
    from snakemake.cli import main

    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # cached before the environment was set
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, path in enumerate(printed, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    sys.argv = ["snakemake", *words]
    main()


if __name__ == "__main__":
    main()
