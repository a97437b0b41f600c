"""DAVIS 2017, unsupervised: objects without a class, void pixels removed from the predictions.

Source: Caelles et al., The 2019 DAVIS challenge on VOS, arXiv 1905.00737; davis2017-evaluation
ac7c43f. TrackEval 1.3.0 removes void for J&F only: its HOTA, CLEAR, Identity and VACE use the IoU
of predictions that include void pixels.
"""

from __future__ import annotations

from metrics.family import ScoringProtocol
from metrics.preprocessing.davis_void import keep_objects, one_class, remove_void

PROTOCOL = ScoringProtocol(
    description=(
        "Objects of any class, for J&F those up to the largest identity in the first frame; void "
        "pixels of the ground truth are removed from the predictions; masks of a frame must not "
        "overlap."
    ),
    layout="davis",
    families=("jf_davis_us", "hota", "clear", "identity"),
    keep=keep_objects,
    similarity="disjoint masks",
    classes=one_class,
    prepare=remove_void,
)
