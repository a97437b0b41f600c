"""Box motion models: the two usual state vectors, for the filter in `kalman`.

`AspectHeight`: centre, aspect ratio and height with noise that grows with the height, from
DeepSORT (Wojke, Bewley, Paulus, arXiv 1703.07402), also used by ByteTrack. `AreaAspect`: centre,
area and aspect ratio, from SORT (Bewley et al., arXiv 1602.00763); the aspect ratio is constant.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trackers.parts import kalman
from trackers.parts.kalman import Motion

_POSITION, _VELOCITY = 1 / 20, 1 / 160  # deviations in box heights, as in DeepSORT


class AspectHeight:
    """State (centre x, centre y, width / height, height)."""

    @staticmethod
    def initiate(box: np.ndarray) -> Motion:
        """Return the initial state estimate for one box per target, (N, 4)."""
        measured = _aspect_height(box)
        height = measured[:, 3:]
        position = _variances(2 * _POSITION * height, 1e-2)
        return kalman.initiate(measured, position, _variances(10 * _VELOCITY * height, 1e-5))

    @staticmethod
    def predict(motion: Motion, elapsed: float = 1.0) -> Motion:
        """Return the state predicted for the next frame, see `kalman.predict`."""
        height = motion.position[:, 3:]
        position = _variances(_POSITION * height, 1e-2)
        velocity = _variances(_VELOCITY * height, 1e-5)
        return kalman.predict(motion, position, velocity, elapsed)

    @staticmethod
    def update(motion: Motion, box: np.ndarray) -> Motion:
        """Return the state updated with one measured box per target, (N, 4)."""
        return kalman.update(motion, _aspect_height(box), _measurement_noise(motion))

    @staticmethod
    def distance(motion: Motion, box: np.ndarray) -> np.ndarray:
        """Return the squared Mahalanobis distances between N targets and M boxes, (N, M)."""
        noise = _measurement_noise(motion)
        return kalman.squared_mahalanobis(motion, _aspect_height(box), noise)

    @staticmethod
    def box(motion: Motion) -> np.ndarray:
        """Return the mean boxes, (N, 4): left, top, right, bottom."""
        x, y, aspect, height = motion.position.T
        return _box_around(x, y, aspect * height, height)


class AreaAspect:
    """State (centre x, centre y, area, width / height); the last has no velocity."""

    # Variances chosen by SORT's authors: initial position and velocity, process noise of both,
    # measurement noise. The zeros keep the velocity of the aspect ratio at zero.
    _INITIAL = np.array([10.0, 10.0, 10.0, 10.0]), np.array([1e4, 1e4, 1e4, 0.0])
    _PROCESS = np.array([1.0, 1.0, 1.0, 1.0]), np.array([1e-2, 1e-2, 1e-4, 0.0])
    _MEASUREMENT = np.array([1.0, 1.0, 10.0, 10.0])

    @classmethod
    def initiate(cls, box: np.ndarray) -> Motion:
        """Return the initial state estimate for one box per target, (N, 4)."""
        return kalman.initiate(_area_aspect(box), *cls._INITIAL)

    @classmethod
    def predict(cls, motion: Motion, elapsed: float | np.ndarray = 1.0) -> Motion:
        """Return the state predicted for the next frame, see `kalman.predict`.

        An area never shrinks to zero or below.
        """
        vanishing = (motion.position + elapsed * motion.velocity)[:, 2] <= 0
        velocity = motion.velocity.copy()
        velocity[vanishing, 2] = 0
        return kalman.predict(replace(motion, velocity=velocity), *cls._PROCESS, elapsed)

    @classmethod
    def update(cls, motion: Motion, box: np.ndarray) -> Motion:
        """Return the state updated with one measured box per target, (N, 4)."""
        return kalman.update(motion, _area_aspect(box), cls._MEASUREMENT)

    @staticmethod
    def box(motion: Motion) -> np.ndarray:
        """Return the mean boxes, (N, 4); a negative area gives a box of size zero."""
        x, y, area, aspect = motion.position.T
        width = np.sqrt(np.maximum(area * aspect, 0))
        height = np.divide(area, width, out=np.zeros_like(area), where=width > 0)
        return _box_around(x, y, width, np.maximum(height, 0))


def _aspect_height(box: np.ndarray) -> np.ndarray:
    centre, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
    return np.column_stack([centre, size[:, 0] / size[:, 1], size[:, 1]])


def _area_aspect(box: np.ndarray) -> np.ndarray:
    centre, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
    return np.column_stack([centre, size[:, 0] * size[:, 1], size[:, 0] / size[:, 1]])


def _box_around(x: np.ndarray, y: np.ndarray, width: np.ndarray, height: np.ndarray) -> np.ndarray:
    return np.column_stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2])


def _measurement_noise(motion: Motion) -> np.ndarray:
    return _variances(_POSITION * motion.position[:, 3:], 1e-1)


def _variances(deviation_px: np.ndarray, aspect: float) -> np.ndarray:
    """Return variances (N, 4) from standard deviations.

    Args:
        deviation_px: (N, 1), of centre and height.
        aspect: Of the aspect ratio, the third coordinate.
    """
    deviation = np.repeat(deviation_px, 4, axis=1)
    deviation[:, 2] = aspect
    return deviation * deviation
