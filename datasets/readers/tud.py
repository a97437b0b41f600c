"""TUD-Campus and TUD-Stadtmitte from the `motmetrics` wheel: ground truth and one tracker's result.

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
    """Return the folder in the wheel, or the one given."""
    if root is not None:
        return Path(root)
    package = find_spec("motmetrics")
    if package is None or package.origin is None:
        raise FileNotFoundError("the package motmetrics, which holds the TUD files, is not there")
    return Path(package.origin).parent / "data"


def inputs(root: Path | None, sequence: str) -> list[Path]:
    """Return the ground truth file."""
    if sequence not in _FRAME_COUNT:
        raise ValueError(f"sequence {sequence!r} is unknown: expected one of {list(_FRAME_COUNT)}")
    assert root is not None
    return [root / sequence / "gt.txt"]


def read(dataset: str, root: Path | None, sequence: str, folder: Path) -> Prepared:
    """Return one sequence: labels only, no images, no detections."""
    (truth,) = inputs(root, sequence)
    extent = Extent(_HEIGHT, _WIDTH, _FRAME_COUNT[sequence], {1: "pedestrian"})
    return Prepared(
        Sequence(dataset, sequence, extent, _FRAME_RATE, root=str(root)),
        mot_text.read_tracks(truth, extent, "mot15"),
    )
