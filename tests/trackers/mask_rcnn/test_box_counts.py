"""MaskTrack R-CNN with any number of boxes, on engines with the profile that `build` gives them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from trackers.engines.numpy_arrays import NumpyArrays
from trackers.engines.tensorrt_build import BuildFlags, profile_shapes
from trackers.engines.tensorrt_engine import fitting_profile
from trackers.mask_rcnn import build
from trackers.mask_rcnn.card import Card
from trackers.mask_rcnn.options import Limits
from trackers.mask_rcnn.segmenter import Segmenter
from trackers.mask_rcnn.sizes import BOXES, LEVELS, SIZES, STRIDES

SIDE = 128  # of the image, in pixels
FIXED = {name: {"shape": ["of_" + name, 4]} for name in BOXES}


@pytest.fixture(scope="module")
def profiles(tmp_path_factory):
    """The shapes of boxes that TensorRT engines are built for."""
    folder, found = tmp_path_factory.mktemp("networks"), []
    (folder / "networks.json").write_text(json.dumps({"precision": "fp32"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "build_engine", lambda *args: found.append(args[2]))
        build.build_engines(folder, folder, BuildFlags())
    assert found[0] == found[-1]
    return [profile_shapes(Path("x.onnx"), FIXED, profile) for profile in found[0]]


def pyramid(image):
    """Return anchors that are all proposals, at the finest level."""
    found = {name: np.zeros(1, np.float32) for name in LEVELS}
    for number, stride in enumerate(STRIDES):
        count = (SIDE // stride) ** 2 * len(SIZES["demo"].ratios)
        found[f"objectness{number}"] = np.full(count, -number, np.float32)
        found[f"deltas{number}"] = np.zeros((count, 4), np.float32)
    return found


class Head:
    """A network with the given profiles, which returns the box itself, and one class."""

    def __init__(self, profiles):
        self.profiles, self.counts = profiles, []

    def __call__(self, **inputs):
        boxes = [inputs[name] for name in BOXES]
        shapes = {name: list(inputs[name].shape) for name in BOXES}
        fitting_profile(Path("head.engine"), self.profiles, shapes)
        self.counts.append(max(map(len, boxes)))
        every = np.concatenate(boxes)
        return {
            "logits": np.tile(np.float32([0, 1]), (len(every), 1)),
            "moves": np.zeros((len(every), 8), np.float32),
            "vectors": every,
            "masks": np.zeros((len(every), 2, 28, 28), np.float32),
        }


def segmenter(profiles, max_objects):
    heads = {name: Head(profiles) for name in ("classify", "embed", "segment")}
    card = Card("demo", ("person",), "torchvision", (SIDE, SIDE))
    limits = Limits(max_objects=max_objects, max_overlap=1.0)
    return Segmenter({"pyramid": pyramid, **heads}, NumpyArrays(np.float32), card, limits), heads


def test_a_frame_full_of_proposals_of_one_level_is_in_the_profile(profiles):
    full, heads = segmenter(profiles, 300)
    found = full.detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert len(found.score) == 200
    assert heads["classify"].counts == [201], "all proposals, and the filler row"


@pytest.mark.parametrize("count", [0, 1, 200, 201, 450])
def test_any_number_of_objects_has_embeddings_and_masks_in_their_order(profiles, count):
    full, heads = segmenter(profiles, 300)
    full.detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    rows = np.arange(count) % 200
    assert full.masks(rows).shape == (count, SIDE, SIDE)
    assert sum(each - 1 for each in heads["segment"].counts) == count, "no box runs twice"
    np.testing.assert_array_equal(
        full.vectors(), full.detect(np.zeros((SIDE, SIDE, 3), np.uint8)).box
    )
