"""What heat maps are made of: objects of a sequence, and what of them counts how."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.sequences.same_sequence import check_extent
from datasets.types import Sequence, Tracks
from reports.heatmaps.accumulate import KERNELS, Decay, Heat, Maskout

MODES = ("decay", "maskout")


@dataclass(frozen=True)
class Settings:
    """What a heat map is of.

    Args:
        mode: One of MODES.
        half_life_s: Of `decay`, in seconds of video.
        kernel: What an object adds: a name in KERNELS. Of `decay`, and of the sums compared.
        classes: Names of those that count; None for all.
    """

    mode: str = "decay"
    half_life_s: float = 2.0
    kernel: str = "foot"
    classes: tuple[str, ...] | None = None

    def start(self, shape: tuple[int, int], frame_rate: float) -> Heat:
        """Return an empty map; that of `maskout` has its own shape."""
        if self.mode == "maskout":
            return Maskout(frame_rate)
        return Decay(shape, frame_rate, self.half_life_s, KERNELS[self.kernel])

    def select(self, tracks: Tracks) -> Tracks:
        """Return the rows that count; ignored classes do not.

        Raises:
            ValueError: There is no such class.
        """
        extent = tracks.extent
        names = {name: key for key, name in extent.classes.items() if key not in extent.ignored}
        unknown = [name for name in self.classes or () if name not in names]
        if unknown:
            raise ValueError(f"classes {unknown} found, expected some of {[*names]}")
        kept = [names[name] for name in self.classes or names]
        return tracks.take(np.isin(tracks.class_id, kept))


@dataclass(frozen=True)
class Source:
    """Objects of one sequence, of which maps are made; rows of truth that count only.

    Raises:
        ValueError: The sequence has no frames or pixels, or the tracks are of another image size
            or length.
    """

    sequence: Sequence
    prediction: Tracks
    truth: Tracks | None = None

    def __post_init__(self) -> None:
        extent, name = self.sequence.extent, self.sequence.name
        if not extent.frame_count or not extent.height or not extent.width:
            raise ValueError(f"{name}: this sequence has no frames, or none with pixels")
        for kind, tracks in (("tracks", self.prediction), ("truth", self.truth)):
            if tracks is not None:
                check_extent(f"{name}, {kind}", tracks.extent, extent)
