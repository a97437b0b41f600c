from __future__ import annotations

import numpy as np
import pytest

from datasets.io.errors import RowError
from datasets.types import NO_TRACK, Extent, Tracks

EXTENT = Extent(height=100, width=200, frame_count=3, classes={1: "person", 2: "car"})


def tracks(**changed) -> Tracks:
    columns = {
        "frame": [2, 0, 0],
        "track": [7, 8, 7],
        "class_id": [1, 2, 1],
        "score": [0.5, 0.6, 0.7],
        "box": [[0, 0, 1, 1], [1, 1, 5, 5], [2, 2, 4, 4]],
    }
    return Tracks(EXTENT, **{name: np.array(v) for name, v in (columns | changed).items()})


def test_rows_are_sorted_by_frame_and_keep_their_order_within_a_frame():
    ordered = tracks()
    assert ordered.frame.tolist() == [0, 0, 2]
    assert ordered.track.tolist() == [8, 7, 7]
    assert ordered.box[:, 0].tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("changed", "row", "message"),
    [
        ({"frame": [0, 3, 1]}, 1, r"frame 3 \(from 0\) is beyond the last frame, 2"),
        ({"frame": [0, 1, -1]}, 2, r"frame -1 \(from 0\) is before the first frame"),
        ({"class_id": [1, 1, 9]}, 2, r"class: expected one of \[1, 2\], found 9"),
        ({"score": [np.nan, 1, 1]}, 0, "score nan is not finite"),
        ({"box": [[0, 0, 1, 1], [0, np.inf, 1, 1], [0, 0, 1, 1]]}, 1, "not finite"),
        ({"box": [[0, 0, 1, 1], [5, 0, 1, 1], [0, 0, 1, 1]]}, 1, "has a negative size"),
        ({"frame": [0, 1.5, 2]}, 1, r"frame: expected a whole number below 2\^53, found 1.5"),
        ({"visibility": [1, 0.5, 7]}, 2, r"visibility 7.0 is not in 0 \.\. 1"),
        ({"track": [1, 8, 8]}, 2, "identity 8 appears twice in frame 0"),
    ],
)
def test_an_invalid_row_is_refused_and_named(changed, row, message):
    with pytest.raises(RowError, match=message) as error:
        tracks(**changed)
    assert error.value.row == row


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        tracks(score=[1.0])


def test_rows_without_identity_may_share_a_frame():
    assert len(tracks(track=[NO_TRACK] * 3)) == 3


def test_before_keeps_the_first_frames():
    assert tracks().before(2).track.tolist() == [8, 7]
    assert tracks().before(3).same(tracks())


def test_detections_of_a_frame_are_its_rows():
    found = tracks().detections(0)
    assert found.score.tolist() == [0.6, 0.7]
    assert len(tracks().detections(1).score) == 0


def test_tracks_that_differ_in_the_last_bit_are_different():
    assert not tracks().same(tracks(score=[0.5, 0.6, np.nextafter(0.7, 1)]))
