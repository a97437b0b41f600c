"""DAVIS 2017, unsupervised: objects without a class, void taken out of the predictions.

Source: Caelles et al., The 2019 DAVIS challenge on VOS, arXiv 1905.00737; davis2017-evaluation
ac7c43f. TrackEval 1.3.0 takes void out for J&F alone: its HOTA, CLEAR, Identity and VACE are of the
IoU with void still in the predictions.
"""

from __future__ import annotations

from metrics.family import Benchmark
from metrics.preprocessing.davis_void import cut_void, keep_objects, one_class

BENCHMARK = Benchmark(
    card=(
        "Objects of any class, for J&F those up to the largest identity in the first frame; pixels "
        "that are void in the truth are taken out of the predictions; masks of a frame may not "
        "overlap."
    ),
    layout="davis",
    families=("jf_davis_us", "hota", "clear", "identity"),
    keep=keep_objects,
    similarity="disjoint masks",
    classes=one_class,
    prepare=cut_void,
)
