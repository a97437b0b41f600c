from __future__ import annotations

import json

import numpy as np
import pytest

from datasets.formats.parquet import read_tracks
from datasets.masks import coco_rle
from datasets.sequences.prompts import first_visible, starting_in
from datasets.sequences.sequence_json import Prepared, open_sequence, read_sequence, write_prepared
from datasets.types import NO_TRACK, Extent, Sequence, Tracks

EXTENT = Extent(4, 6, 3, {1: "person", 2: "crowd"}, ignored=(2,))


def rows(*each, masks=None):
    """Return tracks from (frame, track, box) or (frame, track, box, class, score)."""
    each = [(*row, 1, 1.0)[:5] for row in each]
    frame, track, box, class_id, score = zip(*each, strict=True)
    return Tracks(EXTENT, frame, track, class_id, score, np.array(box, float), masks)


def test_each_object_is_prompted_in_its_first_frame():
    truth = rows(
        (0, 1, (0, 0, 2, 2)), (1, 1, (1, 1, 3, 3)), (1, 2, (0, 0, 4, 4)), (2, 2, (0, 0, 1, 1))
    )
    found = first_visible(truth)
    assert found.frame.tolist() == [0, 1]
    assert found.track.tolist() == [1, 2]
    assert found.box.tolist() == [[0, 0, 2, 2], [0, 0, 4, 4]]


def test_prompt_boxes_are_clipped_to_the_image():
    truth = rows((0, 1, (-5, 0, 0, 2)), (1, 1, (-3, -1, 2, 9)))
    found = first_visible(truth)
    assert (found.frame.tolist(), found.box.tolist()) == ([1], [[0, 0, 2, 4]])


def test_an_empty_mask_is_invisible_and_the_box_is_tight_around_the_mask():
    mask = np.zeros((2, 4, 6), bool)
    mask[1, 1:3, 2:4] = True
    truth = rows((0, 1, (0, 0, 6, 4)), (2, 1, (0, 0, 6, 4)), masks=coco_rle.encode(mask))
    found = first_visible(truth)
    assert (found.frame.tolist(), found.box.tolist()) == ([2], [[2, 1, 4, 3]])
    assert np.array_equal(coco_rle.decode(found.rle), mask[1:])


def test_invisible_ignored_or_unscored_rows_are_not_prompted():
    box = (0, 0, 2, 2)
    truth = rows((0, 1, box, 2, 1), (0, 2, box, 1, 0), (0, NO_TRACK, box), (1, 3, box))
    assert first_visible(truth).track.tolist() == [3]
    occluded = Tracks(EXTENT, [0, 1], [1, 1], [1, 1], [1, 1], [box, box], visibility=[0, 0.5])
    assert first_visible(occluded).frame.tolist() == [1]


def test_a_frame_has_the_prompts_that_start_in_it():
    prompts = rows((0, 1, (0, 0, 2, 2)), (2, 2, (0, 0, 4, 4)))
    assert [starting_in(prompts, frame).track.tolist() for frame in range(3)] == [[1], [], [2]]


@pytest.mark.slow
def test_prompts_come_from_the_truth_by_default(crossing):
    found = open_sequence(crossing).prompts()
    truth = read_tracks(crossing.with_name("truth.parquet"))
    assert found.same(first_visible(truth))
    assert sorted(found.track.tolist()) == np.unique(truth.track).tolist()


def test_prompts_of_the_reader_are_used_and_there_are_none_without_truth(tmp_path):
    sequence, prompts = Sequence("own", "a", EXTENT, 10), rows((1, 5, (0, 0, 2, 2)))
    path = tmp_path / "sequence.json"
    write_prepared(path, Prepared(sequence, truth=None, prompts=prompts))
    assert open_sequence(path).prompts().same(prompts)
    assert read_sequence(path) == sequence
    write_prepared(path, Prepared(sequence, rows((0, 1, (0, 0, 2, 2))), prompts=prompts))
    assert open_sequence(path).prompts().same(prompts)
    write_prepared(path, Prepared(sequence, truth=None))
    assert open_sequence(path).prompts() is None
    assert json.loads(path.read_text())["sha256"] == {}


def test_changed_prompts_are_refused(tmp_path):
    path = tmp_path / "sequence.json"
    write_prepared(path, Prepared(Sequence("own", "a", EXTENT, 10), rows((0, 1, (0, 0, 2, 2)))))
    (tmp_path / "prompts.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match=r"prompts\.parquet: it has changed since sequence\.json"):
        open_sequence(path).prompts()
