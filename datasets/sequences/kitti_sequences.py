"""Frame counts of KITTI's training sequences, which its files do not provide.

Source: the seqmaps of the KITTI-MOTS tools.
"""

from __future__ import annotations

_LENGTHS = (
    154, 447, 233, 144, 314, 297, 270, 800, 390, 803, 294,
    373, 78, 340, 106, 376, 209, 145, 339, 1059, 837,
)  # fmt: skip
FRAME_COUNT = {f"{number:04d}": length for number, length in enumerate(_LENGTHS)}
