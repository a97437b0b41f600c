"""How a box moves: the two state models of the field, on the filter of `kalman`.

`aspect_height`: centre, aspect ratio and height with noise that grows with the height, from
DeepSORT (Wojke, Bewley, Paulus, arXiv 1703.07402), used by ByteTrack too. `area_aspect`: centre,
area and aspect ratio, from SORT (Bewley et al., arXiv 1602.00763), whose aspect ratio is constant.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trackers.parts import kalman
from trackers.parts.kalman import Motion

_POSITION, _VELOCITY = 1 / 20, 1 / 160  # deviations in heights, chosen by DeepSORT's authors


class AspectHeight:
    """Coordinates (centre x, centre y, width / height, height)."""

    @staticmethod
    def begin(box: np.ndarray) -> Motion:
        """Return the belief after a first box, (N, 4)."""
        measured = _aspect_height(box)
        height = measured[:, 3:]
        position = _square(2 * _POSITION * height, 1e-2)
        return kalman.begin(measured, position, _square(10 * _VELOCITY * height, 1e-5))

    @staticmethod
    def predict(motion: Motion) -> Motion:
        """Return the belief one frame later."""
        height = motion.position[:, 3:]
        position = _square(_POSITION * height, 1e-2)
        return kalman.predict(motion, position, _square(_VELOCITY * height, 1e-5))

    @staticmethod
    def update(motion: Motion, box: np.ndarray) -> Motion:
        """Return the belief after seeing one box a target, (N, 4)."""
        return kalman.update(motion, _aspect_height(box), _measurement_noise(motion))

    @staticmethod
    def distance(motion: Motion, box: np.ndarray) -> np.ndarray:
        """Return the squared Mahalanobis distance of every box from every target, (N, M)."""
        noise = _measurement_noise(motion)
        return kalman.squared_mahalanobis(motion, _aspect_height(box), noise)

    @staticmethod
    def box(motion: Motion) -> np.ndarray:
        """Return the mean boxes, (N, 4) left, top, right, bottom."""
        x, y, aspect, height = motion.position.T
        return _around(x, y, aspect * height, height)


class AreaAspect:
    """Coordinates (centre x, centre y, area, width / height); the last has no velocity."""

    # SORT's variances, figures of its authors: of a new target's position and velocity, of the
    # process, of a measurement. The zeros keep the aspect ratio's velocity at zero.
    _FIRST = np.array([10.0, 10.0, 10.0, 10.0]), np.array([1e4, 1e4, 1e4, 0.0])
    _PROCESS = np.array([1.0, 1.0, 1.0, 1.0]), np.array([1e-2, 1e-2, 1e-4, 0.0])
    _MEASUREMENT = np.array([1.0, 1.0, 10.0, 10.0])

    @classmethod
    def begin(cls, box: np.ndarray) -> Motion:
        """Return the belief after a first box, (N, 4)."""
        return kalman.begin(_area_aspect(box), *cls._FIRST)

    @classmethod
    def predict(cls, motion: Motion) -> Motion:
        """Return the belief one frame later; an area that would vanish stops shrinking."""
        vanishing = (motion.position + motion.velocity)[:, 2] <= 0
        velocity = motion.velocity.copy()
        velocity[vanishing, 2] = 0
        return kalman.predict(replace(motion, velocity=velocity), *cls._PROCESS)

    @classmethod
    def update(cls, motion: Motion, box: np.ndarray) -> Motion:
        """Return the belief after seeing one box a target, (N, 4)."""
        return kalman.update(motion, _area_aspect(box), cls._MEASUREMENT)

    @staticmethod
    def box(motion: Motion) -> np.ndarray:
        """Return the mean boxes, (N, 4); an area below zero gives a box of no size."""
        x, y, area, aspect = motion.position.T
        width = np.sqrt(np.maximum(area * aspect, 0))
        height = np.divide(area, width, out=np.zeros_like(area), where=width > 0)
        return _around(x, y, width, np.maximum(height, 0))


def _aspect_height(box: np.ndarray) -> np.ndarray:
    centre, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
    return np.column_stack([centre, size[:, 0] / size[:, 1], size[:, 1]])


def _area_aspect(box: np.ndarray) -> np.ndarray:
    centre, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
    return np.column_stack([centre, size[:, 0] * size[:, 1], size[:, 0] / size[:, 1]])


def _around(x: np.ndarray, y: np.ndarray, width: np.ndarray, height: np.ndarray) -> np.ndarray:
    return np.column_stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2])


def _measurement_noise(motion: Motion) -> np.ndarray:
    return _square(_POSITION * motion.position[:, 3:], 1e-1)


def _square(in_heights: np.ndarray, aspect: float) -> np.ndarray:
    """Return the variances (N, 4) of deviations (N, 1), the third being that of the aspect."""
    deviation = np.repeat(in_heights, 4, axis=1)
    deviation[:, 2] = aspect
    return deviation * deviation
