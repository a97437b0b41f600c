"""MaskTracker's simple Kalman filter: centre with velocity, width and height without.

With the shipped variances it all but passes the latest measurement through. Source:
`stateEstimatorType: 1` of DeepStream's tracker configuration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trackers.methods.masktracker.options import StateEstimator
from trackers.parts import kalman
from trackers.parts.kalman import Motion


@dataclass(frozen=True)
class BoxFilter:
    """The filter with its variances."""

    variances: StateEstimator

    @property
    def _process(self) -> tuple[np.ndarray, np.ndarray]:
        variances = self.variances
        location, size = variances.process_noise_var_4_loc, variances.process_noise_var_4_size
        velocity = variances.process_noise_var_4_vel
        position = np.array([location, location, size, size])
        return position, np.array([velocity, velocity, 0.0, 0.0])

    def initiate(self, box: np.ndarray) -> Motion:
        """Return the initial state estimate for one detected box per target, (N, 4)."""
        return kalman.initiate(_state(box), *self._process)

    def predict(self, motion: Motion, elapsed: float = 1.0) -> Motion:
        """Return the state predicted for the next frame, see `kalman.predict`."""
        return kalman.predict(motion, *self._process, elapsed)

    def update(self, motion: Motion, box: np.ndarray, detected: np.ndarray) -> Motion:
        """Return the state updated with one box per target, (N, 4).

        Args:
            detected: (N,) bool, whether the box comes from the detector, not from the mask.
        """
        of_detector = self.variances.measurement_noise_var_4_detector
        of_mask = self.variances.measurement_noise_var_4_tracker
        noise = np.where(detected, of_detector, of_mask)[:, None]
        return kalman.update(motion, _state(box), noise)


def boxes(motion: Motion) -> np.ndarray:
    """Return the mean boxes, (N, 4)."""
    centre, size = motion.position[:, :2], motion.position[:, 2:]
    return np.concatenate([centre - size / 2, centre + size / 2], 1)


def _state(box: np.ndarray) -> np.ndarray:
    return np.concatenate([(box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]], 1)
