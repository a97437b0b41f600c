"""The files of ground truth and results as the user gave them, for references that read them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from pathlib import Path

from datasets.io.files import file_in
from datasets.sequences.result_files import find_result

KINDS = {  # kind of the files by layout
    **dict.fromkeys(("mot15", "mot16", "plain"), "mot"),
    **dict.fromkeys(("davis", "davis2016"), "davis"),
    **{name: name for name in ("mots", "kitti", "kitti_mots", "coco", "youtube_vis")},
}


@dataclass(frozen=True)
class GivenFiles:
    """The user's files: one per sequence, a folder per sequence (DAVIS), or one for all (JSON).

    Args:
        kind: One of the values of `KINDS`; empty if there are no files.
        truth: Path of the ground truth by sequence.
        results: Path of the results by sequence.
        frames: Number of frames by sequence, where the user gave it in place of a file.
        sized: Whether images have a size, which scoring masks needs.
    """

    kind: str = ""
    truth: Mapping[str, Path] = field(default_factory=dict)
    results: Mapping[str, Path] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)
    sized: bool = True

    def has_both(self, kind: str, sequences: Many[str]) -> bool:
        """Return whether there are both files of all sequences, of this kind."""
        names = {*sequences}
        return self.kind == kind and names <= self.truth.keys() and names <= self.results.keys()


def find_given(layout: str, truth: Path, results: Path, sequences: Many[str]) -> GivenFiles:
    """Return the files that a layout reads; none for a layout of this repository alone."""
    kind = KINDS.get(layout, "")
    if not kind:
        return GivenFiles()
    paths = {name: _paths(kind, truth, results, name) for name in sequences}
    return GivenFiles(
        kind,
        {name: one for name, (one, _) in paths.items()},
        {name: other for name, (_, other) in paths.items()},
    )


def _paths(kind: str, truth: Path, results: Path, sequence: str) -> tuple[Path, Path]:
    if kind in ("coco", "youtube_vis"):
        return file_in(truth, "instances.json"), file_in(results, "results.json")
    if kind == "davis":
        return truth / sequence, results / sequence
    if kind in ("mot", "mots"):
        from datasets.sequences.mot_folder import truth_path  # imports Arrow

        return truth_path(truth / sequence), find_result(results, sequence)
    return truth / f"{sequence}.txt", find_result(results, sequence)
