"""What scoring uses of the files it reads: the rest is not read, so it is not checked either."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Needs:
    """The parts of ground truth and results that are used.

    Args:
        masks: Masks, where files hold boxes too.
        identities: Track ids, where files hold single detections too.
    """

    masks: bool = True
    identities: bool = True


EVERYTHING = Needs()
