"""Read the outputs of a network for one image, and check their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trackers.detectors.candidates import Candidates
from trackers.detectors.layouts.boxes import MisfitError, Unit
from trackers.detectors.layouts.measured import measured_unit
from trackers.detectors.layouts.misfits import describe_misfit
from trackers.detectors.layouts.table import Layout

_TOLERANCE = 0.01  # of scores, for rounding in low precision
_MAPS = 4  # axes of mask prototypes, which are read only where masks are computed
_SPECK = 2.0  # pixels: a detection that ends here is in fractions of the input


@dataclass(frozen=True)
class OutputReader:
    """Reads the outputs of a network as candidates.

    Args:
        place: Name of the network, for messages.
        layout: Layout of the outputs.
        classes: Number of classes.
        size: Height and width of the input.
        batch: Number of images per call; the first counts.
        unit: Unit of the boxes; None to assume the first of the layout, where the boxes of a plain
            image are none, and to reject boxes in fractions when they come.
    """

    place: str
    layout: Layout
    classes: int
    size: tuple[int, int]
    batch: int = 1
    unit: Unit | None = None

    def measure(self, outputs: Mapping[str, Any]) -> Unit | None:
        """Return the unit of the boxes of a plain image; None without boxes to measure.

        Raises:
            ValueError: The outputs are of another layout. Names the layouts that they fit.
        """
        arrays = self._first_image(outputs)
        try:
            return measured_unit(self.layout, arrays, self.size, self.classes)
        except MisfitError as error:
            other = describe_misfit(arrays, self.size, self.classes)
            raise ValueError(f"{self.place}: {error}{other}") from error
        except ValueError as error:
            raise ValueError(f"{self.place}: {error}") from error

    def __call__(self, outputs: Mapping[str, Any]) -> Candidates:
        """Return the candidates of the first image.

        Raises:
            ValueError: The outputs are of another layout, not finite, or no probabilities.
        """
        unit = self.unit or self.layout.units[0]
        arrays = self._first_image(outputs)
        try:
            with np.errstate(over="ignore"):  # the result is checked below
                candidates = self.layout.decode(arrays, self.size, self.classes, unit)
        except ValueError as error:
            raise ValueError(f"{self.place}: {error}") from error
        self._check(candidates)
        return candidates

    def _first_image(self, outputs: Mapping[str, Any]) -> list[np.ndarray]:
        """Return the outputs for the first image, as float32 except for maps."""
        arrays = [np.atleast_1d(np.asarray(each)) for each in outputs.values()]
        if self.batch > 1 and not self.layout.flat:
            arrays = [each[:1] if each.shape[:1] == (self.batch,) else each for each in arrays]
        low = [each.dtype.kind == "f" and each.ndim < _MAPS for each in arrays]
        return [
            each.astype(np.float32, copy=False) if converted else each
            for each, converted in zip(arrays, low, strict=True)
        ]

    def _check(self, candidates: Candidates) -> None:
        box, score = candidates.box, candidates.score
        if not (np.isfinite(box).all() and np.isfinite(score).all()):
            raise ValueError(f"{self.place}: the output of the network is not finite")
        if not score.size:
            return
        low, high = score.min(), score.max()
        if low < -_TOLERANCE or high > 1 + _TOLERANCE:
            raise ValueError(
                f"{self.place}: scores: expected probabilities from 0 to 1, found {low:.3g} to "
                f"{high:.3g}: export the network with the final sigmoid, or check the layout"
            )
        if self.unit is None and "fractions" in self.layout.units and 0 < box.max() <= _SPECK:
            raise ValueError(
                f"{self.place}: boxes: expected pixels of the input, found corners of at most "
                f"{box.max():.3g}: set the key boxes of the network card to pixels or fractions"
            )
