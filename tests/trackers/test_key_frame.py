from __future__ import annotations

import numpy as np
import pytest

from datasets.sequences.sequence_json import open_sequence
from trackers.contract import load_method, load_tracker
from trackers.key_frame import find_key_frame

pytestmark = pytest.mark.slow


def find(crossing, name, **options):
    return find_key_frame(name, load_method(name), options, open_sequence(crossing))


def test_the_key_frame_of_the_article_has_the_detections_in_the_zone_with_their_points(crossing):
    given = open_sequence(crossing).detections().detections(3)
    box = given.box[given.score >= 0.5]
    left, top, right, bottom = box[0]
    zone = [left, top, right - left, bottom - top]
    key = find(crossing, "yolo_sam2", mode="article", key_frame=3, zone=zone)
    assert key.index == 3
    assert len(key.prompts) + len(key.others) == len(box)
    assert key.prompts.track.tolist() == [*range(1, len(key.prompts) + 1)] == [*key.points]
    assert key.prompts.box[0] == pytest.approx(np.clip(box[0], 0, [383, 287] * 2))
    (x, y), below, above = key.points[1].tolist()
    height = key.prompts.box[0][3] - key.prompts.box[0][1]
    assert (below, above) == (
        pytest.approx([x, y + 0.05 * height]),
        pytest.approx([x, y - 0.15 * height]),
    )


def test_objects_of_the_mode_online_and_of_box_trackers_may_start_in_any_frame(crossing):
    assert find(crossing, "yolo_sam2", mode="online") is None
    assert find(crossing, "sort") is None


def test_a_prompted_method_starts_in_the_first_frame_with_prompts(crossing):
    key = find(crossing, "sam2_prompted")
    prompts = open_sequence(crossing).prompts()
    assert key.index == prompts.frame[0]
    assert key.prompts.same(prompts.take(prompts.frame == key.index))


def test_a_key_frame_beyond_the_end_is_refused_with_both_numbers(crossing):
    sequence = open_sequence(crossing).sequence
    count = sequence.extent.frame_count
    message = f"key_frame: expected a frame below {count}, .* of crossing, found {count}"
    with pytest.raises(ValueError, match=message):
        find(crossing, "yolo_sam2", mode="joint", key_frame=count)
    options = {"mode": "joint", "key_frame": count, "weights": "random"}
    with pytest.raises(ValueError, match=message):
        load_tracker("yolo_sam2", options).start(sequence)
