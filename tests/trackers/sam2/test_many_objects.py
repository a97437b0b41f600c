"""A session on engines with profiles tracks any number of objects, with the outputs of one call."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.trackers.profiled_engines import profiled_engines
from tests.support.trackers.small_sam2 import small_model
from trackers.engines.tensorrt_build import AxisRange
from trackers.engines.torch_engine import TorchArrays
from trackers.sam2.networks import on_tensorrt, on_torch
from trackers.sam2.prompt import Prompt
from trackers.sam2.session import Session

POINTS = AxisRange(1, 2, 8)


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture
def open_networks(model, tmp_path):
    """A function that returns the model's networks on engines that accept ranges of objects."""

    def build(*objects):
        calls = []
        profiles = [{"objects": AxisRange(*each), "points": POINTS} for each in objects]
        with profiled_engines(model, tmp_path, profiles, calls):
            return on_tensorrt(tmp_path, tmp_path), calls

    return build


def track(networks, counts):
    """Return the logits of frames that add objects up to these numbers."""
    session, found = Session(networks), []
    for frame, count in enumerate(counts):
        session.track(np.full((32, 32, 3), 40 * frame, np.uint8))
        new = range(len(session.identities), count)
        session.prompt({n: Prompt(box=np.array([n % 8, n // 8, n % 8 + 9, 20])) for n in new})
        session.memorize()
        found.append(session.outputs.logits)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("counts", [(1, 17, 17), (40, 40)])
def test_objects_beyond_the_profile_run_in_chunks(counts, model, open_networks):
    networks, calls = open_networks((2, 4, 16))
    expected = track(on_torch(model, TorchArrays()), counts)
    for one, other in zip(track(networks, counts), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3)
    assert {rows for name, rows in calls if name != "encode"} <= set(range(2, 17))
    assert max(rows for _, rows in calls) >= 9


def test_more_points_than_the_engines_accept_are_refused_and_the_session_continues(open_networks):
    networks, _ = open_networks((1, 4, 16))
    session, inside = Session(networks), np.full((9, 2), 5.0)
    session.track(np.zeros((32, 32, 3), np.uint8))
    message = r"object 3: prompt: expected at most 8 points, .*, found 9"
    with pytest.raises(ValueError, match=message):
        session.prompt({3: Prompt(points=inside, labels=np.ones(9, int))})
    session.prompt({3: Prompt(points=inside[:8], labels=np.ones(8, int))})
    assert session.identities == [3]
