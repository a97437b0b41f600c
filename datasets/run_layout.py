"""Paths of the files of a run, defined once for rules, metrics, gate and page.

data/<dataset>/<sequence>/                           sequence.json, truth.parquet, ...
results/<variant>/<dataset>/<sequence>/              tracks.parquet, run.json, timing.json, ...
results/<variant>/<dataset>/<sequence>/<protocol>/   score.json, events.parquet
results/<variant>/<dataset>/<protocol>/              combined.json, crosscheck.json
results/<variant>/<dataset>/                         speed.json, heatmap.json
results/comparisons/<dataset>/<protocol>.json
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SEQUENCE, TRUTH, DETECTIONS, PROMPTS = (
    "sequence.json", "truth.parquet", "detections.parquet", "prompts.parquet",
)  # fmt: skip
TRACKS, RUN, TIMING, STREAMING = "tracks.parquet", "run.json", "timing.json", "streaming.json"
SCORE, EVENTS, COMBINED, CROSSCHECK = (
    "score.json", "events.parquet", "combined.json", "crosscheck.json",
)  # fmt: skip
SPEED, HEATMAP = "speed.json", "heatmap.json"


@dataclass(frozen=True)
class RunLayout:
    """Paths of the files of a run below a root folder.

    Args:
        root: Folder that holds `data/` and `results/`.
    """

    root: Path = Path()

    def prepared(self, dataset: str, sequence: str, file: str = SEQUENCE) -> Path:
        """Return the path of a file of a prepared sequence."""
        return self.root / "data" / dataset / sequence / file

    def dataset(self, variant: str, dataset: str, file: str = "") -> Path:
        """Return the folder of a variant on a data set, or a file in it."""
        return self.root / "results" / variant / dataset / file

    def sequence(self, variant: str, dataset: str, sequence: str, file: str = "") -> Path:
        """Return the folder of a variant on a sequence, or a file in it."""
        return self.dataset(variant, dataset, sequence) / file

    def score(
        self, variant: str, dataset: str, sequence: str, protocol: str, file: str = SCORE
    ) -> Path:
        """Return a file of a variant on a sequence, as scored by a protocol."""
        return self.sequence(variant, dataset, sequence, protocol) / file

    def combined(self, variant: str, dataset: str, protocol: str, file: str = COMBINED) -> Path:
        """Return a file of a variant on all sequences of a data set, as scored by a protocol."""
        return self.dataset(variant, dataset, protocol) / file

    def comparison(self, dataset: str, protocol: str) -> Path:
        """Return the path of the comparison of all variants."""
        return self.root / "results" / "comparisons" / dataset / f"{protocol}.json"
