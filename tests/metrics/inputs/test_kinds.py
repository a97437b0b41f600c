"""Each kind of fault has at least three inputs of our own beside the examples in shared/cases."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.metrics.inputs import test_coco, test_davis, test_kitti, test_mot, test_vis
from tests.support.metrics.inputs import KINDS

MIN_INPUTS = 3
INPUTS = [
    *(*test_mot.INPUTS, *test_kitti.BOXES, *test_kitti.MASKS, *test_kitti.MASKS_FROM_1),
    *(*test_coco.INPUTS, *test_vis.INPUTS, *test_davis.INPUTS),
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_three_inputs(kind):
    assert Counter(each.kind for each in INPUTS)[kind] >= MIN_INPUTS


def test_no_input_is_listed_twice():
    assert max(Counter(map(str, INPUTS)).values()) == 1


def test_each_example_file_has_its_kind(shared):
    examples = {path.parent.name for path in (shared.parent / "cases").glob("*/*/case.json")}
    if not examples:
        pytest.skip("no shared/cases/*/*/case.json")
    assert sorted(name for names in KINDS.values() for name in names) == sorted(examples)
