"""MOT16: pedestrians; predictions on people on vehicles, reflections and the like do not count."""

from __future__ import annotations

from metrics.preprocessing.distractors import pedestrians

BENCHMARK = pedestrians(
    {2: "person on a vehicle", 7: "static person", 8: "distractor", 12: "reflection"}
)
