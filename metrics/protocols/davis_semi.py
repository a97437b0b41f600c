"""DAVIS 2017, semi-supervised: the objects are given in the first frame, void is background.

Source: Pont-Tuset et al., The 2017 DAVIS challenge, arXiv 1704.00675; davis2017-evaluation ac7c43f.
"""

from __future__ import annotations

from metrics.family import ScoringProtocol
from metrics.preprocessing.davis_void import keep_objects, one_class, refuse_void

PROTOCOL = ScoringProtocol(
    description=(
        "Objects given in the first frame, of any class; void is background; masks of a frame must "
        "not overlap. J&F excludes the first and the last frame."
    ),
    layout="davis",
    families=("jf_davis_ss",),
    keep=keep_objects,
    similarity="disjoint masks",
    classes=one_class,
    prepare=refuse_void,
)
