"""Options of ByteTrack; the defaults are those of its paper."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import NonNegativeInt, UnitInterval


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        high_threshold: Detections with a higher score take part in the first association.
        low_threshold: Detections with a higher score, up to `high_threshold`, take part in the
            second.
        birth_threshold: An unmatched detection with at least this score starts a track.
        match_threshold: Minimum of IoU times score in the first association.
        track_buffer: Frames in which a lost track can be found again, at 30 frames per second; it
            is scaled to the frame rate of the sequence.
    """

    high_threshold: float = 0.6
    low_threshold: float = 0.1
    birth_threshold: float = 0.7
    match_threshold: UnitInterval = 0.2
    track_buffer: NonNegativeInt = 30
