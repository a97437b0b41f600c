"""MOTSChallenge (MOTS20): masks of pedestrians, with ignore regions.

Source: Voigtlaender et al., MOTS, CVPR 2019; TrackEval 1.3.0, mots_challenge.
"""

from __future__ import annotations

from datasets.types import Extent
from metrics.family import ScoringProtocol
from metrics.preprocessing.ignore_regions import keep_masks_outside_regions

_PEDESTRIAN = 2


def _pedestrians(extent: Extent) -> dict[str, int]:
    found = extent.classes.get(_PEDESTRIAN, "missing")
    if found != "pedestrian":
        raise ValueError(f"class {_PEDESTRIAN}: expected pedestrian, found {found}")
    return {found: _PEDESTRIAN}


PROTOCOL = ScoringProtocol(
    description=(
        "Pedestrians; predictions unmatched at IoU 0.5 and more than half inside an ignore region "
        "are excluded; masks of a frame must not overlap."
    ),
    layout="mots",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=keep_masks_outside_regions,
    similarity="disjoint masks",
    classes=_pedestrians,
)
