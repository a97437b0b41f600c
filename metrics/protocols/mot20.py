"""MOT20: as MOT17, and predictions on other vehicles do not count either."""

from __future__ import annotations

from metrics.preprocessing.distractors import pedestrians

BENCHMARK = pedestrians(
    {
        2: "person on a vehicle",
        6: "other vehicle",
        7: "static person",
        8: "distractor",
        12: "reflection",
    }
)
