"""MOT20: as MOT17, with other vehicles as an additional distractor."""

from __future__ import annotations

from metrics.preprocessing.distractors import pedestrian_protocol

PROTOCOL = pedestrian_protocol(
    {
        2: "person on a vehicle",
        6: "other vehicle",
        7: "static person",
        8: "distractor",
        12: "reflection",
    }
)
