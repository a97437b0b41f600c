"""SciPy's solver of the assignment problem, without the second that `scipy.optimize` takes to load.

It is one compiled module that needs numpy alone; a job of the workflow is often shorter than what
else that package loads. Where SciPy keeps it elsewhere, it comes from the public place.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import ExtensionFileLoader, PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

import numpy as np


def _load() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    scipy = find_spec("scipy")
    places = scipy.submodule_search_locations if scipy else None
    spec = PathFinder.find_spec("_lsap", [str(Path(place, "optimize")) for place in places or ()])
    if spec is None or not isinstance(spec.loader, ExtensionFileLoader):
        from scipy.optimize import linear_sum_assignment as public

        return public
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.linear_sum_assignment


linear_sum_assignment = _load()
