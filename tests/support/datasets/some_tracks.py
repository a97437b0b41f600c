"""Random tracks for round trips through a format."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from datasets.types import NO_TRACK, Extent, Tracks

_numbers = st.floats(-1e4, 1e4, allow_nan=False, width=64)
_sizes = st.floats(0, 1e4, allow_nan=False, width=64)
_scores = st.floats(-1, 100, allow_nan=False)


@st.composite
def tracks_of(draw, extent: Extent, *, near=_numbers, size=_sizes, scores=_scores) -> Tracks:
    """Return tracks of an extent; rows of ignored classes have no identity."""
    frames = st.integers(0, extent.frame_count - 1)
    classes = st.sampled_from(sorted(extent.classes))
    row = st.tuples(frames, st.integers(0, 5), classes, scores, near, near, size, size)
    rows = draw(st.lists(row, max_size=25, unique_by=lambda row: row[:2]))
    columns = np.array(rows, float).reshape(-1, 8)
    corner = columns[:, 4:6]
    return Tracks(
        extent,
        frame=columns[:, 0],
        track=np.where(np.isin(columns[:, 2], extent.ignored), NO_TRACK, columns[:, 1]),
        class_id=columns[:, 2],
        score=columns[:, 3],
        box=np.concatenate([corner, corner + columns[:, 6:8]], axis=1),
    )
