"""The unit of the boxes in the outputs of a network, measured on a plain image.

YOLOX is exported with the decoding of its boxes in the graph or outside, and some exporters give
boxes in fractions of the input. The shapes of the outputs are the same; their values are not.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

import numpy as np

from trackers.detectors.layouts.boxes import Unit
from trackers.detectors.layouts.table import Layout

_LARGEST_FRACTION = 2.0  # boxes reach beyond the input, but not twice its size
_REACH = 0.25  # share of the shorter side of the input that candidates everywhere surpass
_COVERED = (0.4, 1.6)  # share of the input over which the centres of candidates spread


def measured_unit(
    layout: Layout, outputs: Many[np.ndarray], size: tuple[int, int], classes: int
) -> Unit | None:
    """Return the unit of the boxes of an output; None if it has no boxes to measure.

    Args:
        outputs: Outputs for a plain image.
        size: Height and width of the input.
        classes: Number of classes.

    Raises:
        ValueError: The outputs are of another layout or not finite, or no unit is possible.
    """
    if len(layout.units) == 1:
        layout.decode(outputs, size, classes, layout.units[0])
        return layout.units[0]
    box = layout.decode(outputs, size, classes, "pixels").box
    if not np.isfinite(box).all():
        raise ValueError("the output of the network is not finite")
    if "cells" not in layout.units:
        if not box.any():
            return None
        largest = abs(box).max()
        if layout.dense and _LARGEST_FRACTION < largest < _REACH * min(size):
            raise ValueError(
                f"boxes: expected candidates all over the input, found none beyond {largest:.3g} "
                "pixels: boxes that are not decoded, or another layout"
            )
        return "fractions" if largest <= _LARGEST_FRACTION else "pixels"
    with np.errstate(over="ignore", invalid="ignore"):
        found = [each for each in layout.units if _covers(layout, outputs, size, classes, each)]
    if len(found) != 1:
        raise ValueError(
            f"boxes: expected one of the units {[*layout.units]}, found centres that fit "
            f"{found or 'none'}: set the key boxes of the network card"
        )
    return found[0]


def _covers(
    layout: Layout, outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit
) -> bool:
    """Return whether the centres of all candidates, read in a unit, spread over the input."""
    box = layout.decode(outputs, size, classes, unit).box
    centre = (box[:, :2] + box[:, 2:]) / 2
    low, high = np.percentile(centre, [5, 95], axis=0)
    share = (high - low) / size[::-1]
    return bool(((share >= _COVERED[0]) & (share <= _COVERED[1])).all())
