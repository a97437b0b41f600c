"""YouTube-VIS and OVIS: masks of every class, which may overlap; no row is excluded.

Source: Yang et al., Video Instance Segmentation, ICCV 2019; TrackEval 1.3.0, youtube_vis.
"""

from __future__ import annotations

from metrics.family import ScoringProtocol, rows_of_class

PROTOCOL = ScoringProtocol(
    description=(
        "Masks of every class, each class on its own; masks may overlap; no row is excluded; "
        "only AP ignores crowds."
    ),
    layout="youtube_vis",
    families=("vis_ap",),
    keep=rows_of_class,
    similarity="masks",
)
