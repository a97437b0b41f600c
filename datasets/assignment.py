"""SciPy's assignment solver, loaded without `scipy.optimize`, whose import takes a second.

The solver is one compiled module which needs only numpy. Many jobs of the workflow are shorter than
the import of the rest of the package. If the compiled module is not found, the solver is imported
from its public location.
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
    folders = scipy.submodule_search_locations if scipy else None
    paths = [str(Path(folder, "optimize")) for folder in folders or ()]
    spec = PathFinder.find_spec("_lsap", paths)
    if spec is None or not isinstance(spec.loader, ExtensionFileLoader):
        from scipy.optimize import linear_sum_assignment as public

        return public
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.linear_sum_assignment


linear_sum_assignment = _load()
