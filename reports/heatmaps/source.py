"""Inputs of heat maps: the objects of a sequence, and the settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.sequences.same_sequence import check_extent
from datasets.types import Sequence, Tracks
from reports.heatmaps.accumulate import KERNELS, Decay, Heat, Maskout

MODES = ("decay", "maskout")


@dataclass(frozen=True)
class Settings:
    """Settings of a heat map.

    Args:
        mode: How heat is accumulated, one of MODES.
        half_life_s: Half-life of the mode `decay`, in seconds of video.
        kernel: Shape that an object adds in the mode `decay` and in sums, a name in KERNELS.
        classes: Names of the counted classes; None for all.
    """

    mode: str = "decay"
    half_life_s: float = 2.0
    kernel: str = "foot"
    classes: tuple[str, ...] | None = None

    def start(self, shape: tuple[int, int], frame_rate: float) -> Heat:
        """Return an empty heat map; in the mode `maskout` it has a fixed shape."""
        if self.mode == "maskout":
            return Maskout(frame_rate)
        return Decay(shape, frame_rate, self.half_life_s, KERNELS[self.kernel])

    def select(self, tracks: Tracks) -> Tracks:
        """Return the rows of the counted classes; ignored classes never count.

        Raises:
            ValueError: A class does not exist or is ignored.
        """
        extent = tracks.extent
        names = {name: key for key, name in extent.classes.items() if key not in extent.ignored}
        unknown = [name for name in self.classes or () if name not in names]
        if unknown:
            raise ValueError(f"classes: expected some of {[*names]}, found {unknown}")
        kept = [names[name] for name in self.classes or names]
        return tracks.take(np.isin(tracks.class_id, kept))


@dataclass(frozen=True)
class Source:
    """Tracks of one sequence, and its ground truth without unscored rows.

    Raises:
        ValueError: The sequence has no frames or pixels, or the tracks have another image size or
            length.
    """

    sequence: Sequence
    prediction: Tracks
    truth: Tracks | None = None

    def __post_init__(self) -> None:
        extent, name = self.sequence.extent, self.sequence.name
        if not extent.frame_count or not extent.height or not extent.width:
            raise ValueError(f"{name}: expected frames with pixels, found none")
        for kind, tracks in (("tracks", self.prediction), ("ground truth", self.truth)):
            if tracks is not None:
                check_extent(f"{name}, {kind}", tracks.extent, extent)
