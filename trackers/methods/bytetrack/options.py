"""Options of ByteTrack; the defaults are those of the paper."""

from __future__ import annotations

from dataclasses import dataclass

from trackers.option_types import NonNegativeInt, UnitInterval


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of ByteTrack.

    Args:
        high_threshold: Score above which detections take part in the first association.
        low_threshold: Score above which the other detections, those up to `high_threshold`, take
            part in the second association.
        birth_threshold: Minimum score of an unmatched detection that starts a track.
        match_threshold: Minimum IoU times score of a match in the first association.
        track_buffer: Number of frames in which a lost track can be found again, at 30 frames per
            second; it is scaled to the frame rate of the sequence.
    """

    high_threshold: float = 0.6
    low_threshold: float = 0.1
    birth_threshold: float = 0.7
    match_threshold: UnitInterval = 0.2
    track_buffer: NonNegativeInt = 30
