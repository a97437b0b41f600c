"""YouTube-VIS and OVIS: masks of every class, which may overlap; nothing is left out.

Source: Yang et al., Video Instance Segmentation, ICCV 2019; TrackEval 1.3.0, youtube_vis.
"""

from __future__ import annotations

from metrics.family import Benchmark, rows_of_class

BENCHMARK = Benchmark(
    card=(
        "Masks of every class, each on its own, which may overlap; nothing is left out; "
        "AP alone ignores crowds."
    ),
    layout="youtube_vis",
    families=("vis_ap",),
    keep=rows_of_class,
    similarity="masks",
)
