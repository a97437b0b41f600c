"""Methods whose networks run as graphs, which reuse their outputs, report the same as without."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from bench.precision import CASES, make_frames, run
from tests.support.trackers.replayed_graphs import replayed_engines
from tests.support.trackers.small_sam2 import small_model
from trackers.sam2 import loading

SIMILAR = ("sam2_prompted, points", "masktracker, segmentation")  # to others, in their networks


@pytest.fixture(scope="module")
def small_sam2():
    """SAM 2 of every size is a small one."""
    once = cache(small_model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load_model", lambda size, weights: once())
        yield


@cache
def frames():
    return make_frames(3, 3)


def options(case):
    """Options under which the masks of random weights, which match no detection, are reported."""
    if case != "yolo_sam2, online":
        return {}
    return {"suspicious_score": -1e9, "match_iou": 0.0, "min_mask_share": 0.0}


@pytest.mark.slow
@pytest.mark.usefixtures("small_sam2")
@pytest.mark.parametrize("case", [case for case in CASES if case not in SIMILAR])
def test_a_method_reports_the_same_with_graphs(case):
    eager, replays = list(run(case, options(case), frames())), []
    with replayed_engines(replays):
        graphed = list(run(case, options(case), frames()))
    assert replays
    assert sum(len(output.track) for output in eager)
    for one, other in zip(eager, graphed, strict=True):
        for name in ("track", "class_id", "mask"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        for name in ("box", "score"):  # three objects run as four, with another order of sums
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-5)
