"""A constant-velocity Kalman filter over independent coordinates, vectorised over targets.

The box filters of SORT, DeepSORT and ByteTrack have diagonal process and measurement noise, and
their motion model couples a coordinate only with its own velocity. Their 8 x 8 (or 7 x 7) filter is
therefore exactly equivalent to C filters with two-element states. This module implements the latter
without matrix algebra, for all N targets at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Motion:
    """State estimates of N targets; each array has shape (N, C).

    Args:
        position: Mean of each coordinate.
        velocity: Mean change of each coordinate per frame.
        position_variance: Variance of the position.
        covariance: Covariance of position and velocity.
        velocity_variance: Variance of the velocity.
    """

    position: np.ndarray
    velocity: np.ndarray
    position_variance: np.ndarray
    covariance: np.ndarray
    velocity_variance: np.ndarray


def initiate(
    position: np.ndarray, position_variance: np.ndarray, velocity_variance: np.ndarray
) -> Motion:
    """Return the initial estimate for measured positions (N, C), with a mean velocity of zero."""
    zeros = np.zeros_like(position)
    return Motion(
        position,
        zeros,
        np.broadcast_to(position_variance, position.shape),
        zeros,
        np.broadcast_to(velocity_variance, position.shape),
    )


def predict(
    motion: Motion,
    position_noise: np.ndarray,
    velocity_noise: np.ndarray,
    elapsed: float | np.ndarray = 1.0,
) -> Motion:
    """Return the estimate for the next frame.

    For a whole number of frames it is that of as many predictions of one frame.

    Args:
        position_noise: Variance added per frame, broadcast to (N, C).
        velocity_noise: Variance added per frame, broadcast to (N, C).
        elapsed: Time until the next frame, in frames of a constant rate; a number or (N, 1).
    """
    crossed = np.maximum(elapsed * (elapsed - 1) / 2, 0) * velocity_noise  # 0 for one frame
    return Motion(
        motion.position + elapsed * motion.velocity,
        motion.velocity,
        motion.position_variance
        + 2 * elapsed * motion.covariance
        + elapsed * elapsed * motion.velocity_variance
        + elapsed * position_noise
        + crossed * (2 * elapsed - 1) / 3,
        motion.covariance + elapsed * motion.velocity_variance + crossed,
        motion.velocity_variance + elapsed * velocity_noise,
    )


def update(motion: Motion, measured: np.ndarray, noise: np.ndarray) -> Motion:
    """Return the estimate updated with measured positions (N, C) of variances `noise`."""
    innovation_variance = motion.position_variance + noise
    gain = motion.position_variance / innovation_variance
    velocity_gain = motion.covariance / innovation_variance
    innovation = measured - motion.position
    return Motion(
        motion.position + gain * innovation,
        motion.velocity + velocity_gain * innovation,
        motion.position_variance - gain * motion.position_variance,
        motion.covariance - gain * motion.covariance,
        motion.velocity_variance - velocity_gain * motion.covariance,
    )


def squared_mahalanobis(motion: Motion, measured: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return the squared Mahalanobis distances between N estimates and M measurements, (N, M).

    Args:
        measured: (M, C).
        noise: Measurement variances, (N, C).
    """
    innovation = measured[None] - motion.position[:, None]
    return (innovation * innovation / (motion.position_variance + noise)[:, None]).sum(axis=2)
