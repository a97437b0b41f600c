"""TUD-Campus and TUD-Stadtmitte from the `motmetrics` wheel: ground truth only.

Source: the TUD pedestrian sequences (Andriluka, Roth, Schiele, CVPR 2008, 2010) as in MOT15.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from datasets.formats import mot_text
from datasets.sequences.sequence_json import Prepared
from datasets.types import Extent, Sequence

_FRAME_COUNT = {"TUD-Campus": 71, "TUD-Stadtmitte": 179}  # MOT15's seqinfo.ini
_HEIGHT, _WIDTH, _FRAME_RATE = 480, 640, 25


def locate(root: str | None) -> Path:
    """Return the given folder, or by default the one in the wheel."""
    if root is not None:
        return Path(root)
    package = find_spec("motmetrics")
    if package is None or package.origin is None:
        raise FileNotFoundError("the package motmetrics, which contains the TUD files, is missing")
    return Path(package.origin).parent / "data"


def inputs(root: Path | None, sequence: str) -> list[Path]:
    """Return the ground truth file."""
    if sequence not in _FRAME_COUNT:
        known = list(_FRAME_COUNT)
        raise ValueError(f"unknown sequence {sequence!r}: expected one of {known}")
    assert root is not None
    return [root / sequence / "gt.txt"]


def read(dataset: str, root: Path | None, sequence: str, folder: Path) -> Prepared:
    """Return one sequence with labels, but without images or detections."""
    (truth,) = inputs(root, sequence)
    extent = Extent(_HEIGHT, _WIDTH, _FRAME_COUNT[sequence], {1: "pedestrian"})
    return Prepared(
        Sequence(dataset, sequence, extent, _FRAME_RATE, root=str(root)),
        mot_text.read_tracks(truth, extent, "mot15"),
    )
