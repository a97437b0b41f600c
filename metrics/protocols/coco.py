"""COCO's detection task: boxes of every class, frame by frame; nothing is left out.

Source: Lin et al., Microsoft COCO, ECCV 2014; https://cocodataset.org/#detection-eval.
"""

from __future__ import annotations

from metrics.family import Benchmark, rows_of_class

BENCHMARK = Benchmark(
    card="Boxes of every class, each on its own; nothing is left out; AP alone ignores crowds.",
    layout="coco",
    families=("coco_box_ap",),
    keep=rows_of_class,
)
