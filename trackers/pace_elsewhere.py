"""Time the tracker of another checkout by this checkout's clock and calibration.

    cd OTHER && PYTHONPATH=OTHER python -P HERE/trackers/pace_elsewhere.py (flags of trackers.pace)

The package `trackers` is the other checkout's, except for the two modules that measure: two sides
timed by two programs could differ because of the programs.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType


def load_own(name: str) -> ModuleType:
    """Return this checkout's module of `trackers`, in place of the one of that name on the path."""
    spec = spec_from_file_location(f"trackers.{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Run the command line program."""
    load_own("calibration")
    load_own("pace").main()


if __name__ == "__main__":
    main()
