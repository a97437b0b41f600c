"""MOT17: pedestrians; predictions on distractors, such as reflections, are not scored."""

from __future__ import annotations

from metrics.preprocessing.distractors import pedestrian_protocol

PROTOCOL = pedestrian_protocol(
    {2: "person on a vehicle", 7: "static person", 8: "distractor", 12: "reflection"}
)
