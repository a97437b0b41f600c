"""The simple Kalman filter of MaskTracker: centre with velocity, width and height without.

The variances it ships with make it all but a pass-through: what was measured last is believed.
Source: `stateEstimatorType: 1` of DeepStream's tracker configuration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trackers.methods.masktracker.options import Variances
from trackers.parts import kalman
from trackers.parts.kalman import Motion


@dataclass(frozen=True)
class Noise:
    """The filter with its variances."""

    variances: Variances

    @property
    def _process(self) -> tuple[np.ndarray, np.ndarray]:
        given = self.variances
        location, size = given.process_noise_var_4_loc, given.process_noise_var_4_size
        velocity = given.process_noise_var_4_vel
        still = np.array([location, location, size, size])
        return still, np.array([velocity, velocity, 0.0, 0.0])

    def begin(self, box: np.ndarray) -> Motion:
        """Return the belief after a first detection, (N, 4)."""
        return kalman.begin(_state(box), *self._process)

    def predict(self, motion: Motion) -> Motion:
        """Return the belief one frame later."""
        return kalman.predict(motion, *self._process)

    def update(self, motion: Motion, box: np.ndarray, detected: np.ndarray) -> Motion:
        """Return the belief after a box each, (N, 4), of the detector or else of the mask."""
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
