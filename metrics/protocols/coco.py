"""COCO's detection task: boxes of every class, frame by frame; no row is excluded.

Source: Lin et al., Microsoft COCO, ECCV 2014; https://cocodataset.org/#detection-eval.
"""

from __future__ import annotations

from metrics.family import ScoringProtocol, rows_of_class

PROTOCOL = ScoringProtocol(
    description=(
        "Boxes of every class, each class on its own; no row is excluded; only AP ignores crowds."
    ),
    layout="coco",
    families=("coco_box_ap",),
    keep=rows_of_class,
)
