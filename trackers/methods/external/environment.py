"""Make the virtual environment of an external program from a file that pins all its packages.

    python -m trackers.methods.external.environment --requirements environments/roboflow.txt
        --output engines/environments/roboflow/versions.txt

The environment is the folder that contains the output. The output lists the installed packages and
is written last. The requirements need hashes, as written by `uv pip compile --generate-hashes`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from datasets.io.files import replacing
from datasets.io.program import run_main

_UV = [sys.executable, "-m", "uv", "--no-progress"]
# compiled at installation, so that the first run, which is timed, does not compile it
_INSTALL = ("pip", "install", "--require-hashes", "--compile-bytecode")


def make_environment(requirements: Path, folder: Path) -> str:
    """Make a new virtual environment and return the list of its packages, one per line.

    Raises:
        RuntimeError: The environment could not be made, and no part of it is kept; or the folder
            contains files of something else, which are kept.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise RuntimeError(
            f"{folder}: expected an empty folder or a virtual environment, found files"
        )
    python = folder / "bin" / "python"
    try:
        _run("venv", "--clear", "--python", sys.executable, str(folder))
        _run(*_INSTALL, "--python", str(python), "-r", str(requirements))
        return _run("pip", "freeze", "--python", str(python))
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        step = " ".join(error.cmd[len(_UV) : len(_UV) + 2])
        raise RuntimeError(f"{requirements}: uv {step}: exit code {error.returncode}") from error


def _run(*arguments: str) -> str:
    command = [*_UV, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requirements", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True, help=".../versions.txt")
    args = parser.parse_args()
    versions = make_environment(args.requirements, args.output.parent)
    with replacing(args.output) as part:
        part.write_text(versions)


if __name__ == "__main__":
    sys.exit(run_main(main))
