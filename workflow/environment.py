"""Write the conda environment of the rules from the lock file of GPU machines.

    python -m workflow.environment requirements-gpu.lock environment.yml

conda installs Python and its tools. A script beside the file, which Snakemake runs after it has
made the environment, installs the lock file as `make setup WITH=gpu` does. A list of packages for
pip in the file would not do: pip would also install what the lock leaves out on purpose, and conda
sets no variable for the build of `sam2`.
Source: Snakemake's documentation, "Providing post-deployment scripts".
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from datasets.io.files import sha256
from datasets.io.program import run_main

PYTHON = "3.11"

_ENVIRONMENT = f"""\
# Made by `make lock`: do not edit. Python and tools only; the script installs the packages:
#   mamba env create -f environment.yml && mamba activate masktrack-bench
#   sh environment.post-deploy.sh
name: masktrack-bench
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={PYTHON}
  - git
  - make
  - pip
"""
_SCRIPT = """\
# Made by `make lock`: do not edit. Snakemake runs it in a new conda environment (--use-conda), in
# the root of the repository. Another lock file makes another environment:
#   {name} {digest}
set -e
SAM2_BUILD_CUDA=0 python -m pip install --no-deps --require-hashes -r {name}
"""


def read_pins(lock: str) -> dict[str, str]:
    """Return the version of each package of a lock file for Python 3.11 on Linux."""
    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)(?: ; (.*?))? \\$", lock, re.MULTILINE)
    return {name: version for name, version, marker in pins if _applies(marker)}


def write_environment(lock: Path, path: Path) -> None:
    """Write the conda environment, and the script beside it that installs the lock file."""
    path.write_text(_ENVIRONMENT)
    script = path.with_name(f"{path.stem}.post-deploy.sh")
    script.write_text(_SCRIPT.format(name=lock.name, digest=sha256(lock)))


def _applies(marker: str) -> bool:
    from packaging.markers import Marker

    there = {"python_full_version": f"{PYTHON}.0", "python_version": PYTHON}
    linux = {"sys_platform": "linux", "platform_machine": "x86_64"}
    return not marker or Marker(marker).evaluate(there | linux)


def main() -> None:
    """Run the command line program."""
    lock, path = map(Path, sys.argv[1:])
    write_environment(lock, path)


if __name__ == "__main__":
    sys.exit(run_main(main))
