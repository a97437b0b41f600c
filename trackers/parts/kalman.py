"""A Kalman filter of coordinates that move at constant velocity, each on its own.

The box filters of SORT, DeepSORT and ByteTrack have diagonal process and measurement noise, and
their motion couples a coordinate with its own velocity only. Their 8 x 8 (or 7 x 7) filter is
therefore exactly C filters of two numbers, whose equations need no matrix algebra: that is what is
here, for all N targets at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Motion:
    """The belief about N targets, each array of shape (N, C).

    Args:
        position: Mean of each coordinate.
        velocity: Mean change of it a frame.
        position_variance: Variance of the position.
        covariance: Of position and velocity.
        velocity_variance: Variance of the velocity.
    """

    position: np.ndarray
    velocity: np.ndarray
    position_variance: np.ndarray
    covariance: np.ndarray
    velocity_variance: np.ndarray


def begin(
    position: np.ndarray, position_variance: np.ndarray, velocity_variance: np.ndarray
) -> Motion:
    """Return the belief after a first measurement: at rest, (N, C)."""
    still = np.zeros_like(position)
    return Motion(
        position,
        still,
        np.broadcast_to(position_variance, position.shape),
        still,
        np.broadcast_to(velocity_variance, position.shape),
    )


def predict(motion: Motion, position_noise: np.ndarray, velocity_noise: np.ndarray) -> Motion:
    """Return the belief one frame later; the noises are variances, broadcast to (N, C)."""
    return Motion(
        motion.position + motion.velocity,
        motion.velocity,
        motion.position_variance
        + 2 * motion.covariance
        + motion.velocity_variance
        + position_noise,
        motion.covariance + motion.velocity_variance,
        motion.velocity_variance + velocity_noise,
    )


def update(motion: Motion, measured: np.ndarray, noise: np.ndarray) -> Motion:
    """Return the belief after measuring (N, C) positions with variances `noise`."""
    spread = motion.position_variance + noise
    gain, velocity_gain = motion.position_variance / spread, motion.covariance / spread
    error = measured - motion.position
    return Motion(
        motion.position + gain * error,
        motion.velocity + velocity_gain * error,
        motion.position_variance - gain * motion.position_variance,
        motion.covariance - gain * motion.covariance,
        motion.velocity_variance - velocity_gain * motion.covariance,
    )


def squared_mahalanobis(motion: Motion, measured: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return the squared distance of M measurements from N beliefs, (N, M), in deviations.

    Args:
        measured: (M, C).
        noise: Variances of the measurements, (N, C).
    """
    error = measured[None] - motion.position[:, None]
    return (error * error / (motion.position_variance + noise)[:, None]).sum(axis=2)
