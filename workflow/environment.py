"""Make the conda environment of a GPU machine from the lock, so that the two cannot differ.

    python -m workflow.environment requirements.lock environment.yml

conda installs Python and its tools; pip installs exactly the versions of the lock, and the packages
that only a GPU machine needs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from datasets.io.program import run_main

# the engines were written against the bindings of this version; its libraries come from NVIDIA
GPU = {"tensorrt-cu13": "10.14.1.48.post1"}
PYTHON = "3.11"

_HEAD = f"""\
# Made by `make lock` from requirements.lock: do not edit.
#   mamba env create -f environment.yml && mamba activate masktrack-bench
name: masktrack-bench
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={PYTHON}
  - git
  - make
  - pip
  - pip:
"""


def read_pins(lock: str) -> dict[str, str]:
    """Return the version of each package of a lock file for Python 3.11 on Linux."""
    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)(?: ; (.*?))? \\$", lock, re.MULTILINE)
    return {name: version for name, version, marker in pins if _applies(marker)}


def make_environment(lock: str) -> str:
    """Return environment.yml for a lock file."""
    pins = sorted((read_pins(lock) | GPU).items())
    return _HEAD + "".join(f"      - {name}=={version}\n" for name, version in pins)


def _applies(marker: str) -> bool:
    from packaging.markers import Marker

    there = {"python_full_version": f"{PYTHON}.0", "python_version": PYTHON}
    linux = {"sys_platform": "linux", "platform_machine": "x86_64"}
    return not marker or Marker(marker).evaluate(there | linux)


def main() -> None:
    """Run the command line program."""
    lock_path, environment_path = map(Path, sys.argv[1:])
    environment_path.write_text(make_environment(lock_path.read_text()))


if __name__ == "__main__":
    sys.exit(run_main(main))
