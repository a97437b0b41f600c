"""KITTI-MOTS: masks of cars and pedestrians, regions to ignore.

Source: Voigtlaender et al., MOTS, CVPR 2019; equal to TrackEval 1.3.0
(tests/parity/test_parity.py).
"""

from __future__ import annotations

from metrics.family import Benchmark
from metrics.preprocessing.ignore_regions import keep_masks_outside_regions

BENCHMARK = Benchmark(
    card=(
        "Cars and pedestrians, each on its own; a prediction without a match at IoU 0.5 of which "
        "more than half lies in a region to ignore is left out; masks of a frame may not overlap."
    ),
    layout="kitti_mots",
    families=("hota", "clear", "identity", "vace", "count"),
    keep=keep_masks_outside_regions,
    similarity="disjoint masks",
)
