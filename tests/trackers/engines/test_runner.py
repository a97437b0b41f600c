"""Which CUDA devices the options of a method name."""

from __future__ import annotations

import pytest

from trackers.engines.runner import cuda_ordinals, measured_ordinal


@pytest.mark.parametrize(
    ("options", "ordinals"),
    [
        ({}, []),
        ({"device": "cpu", "engine": "torch"}, []),
        ({"device": "cuda"}, [0]),
        ({"device": "cuda:1"}, [1]),
        ({"engine": "tensorrt"}, [0]),
        ({"engine": "tensorrt", "device": "cpu"}, [0]),
        ({"engine": "tensorrt", "device": "cuda:2"}, [2]),
        ({"device": "cpu", "detector_device": "cuda:3"}, [3]),
        ({"engine": "tensorrt", "networks": "engines/a/fp16/tensorrt", "device": "cuda:2"}, [2]),
        ({"detector": "engines/a/fp16/tensorrt", "device": "cuda:1"}, [0, 1]),
        ({"detector": "engines/a/fp16/tensorrt", "detector_device": "cuda:1"}, [1]),
        ({"detector": "engines/tensorrt/fp16"}, []),
        ({"tracker_options": {"device": "cuda"}, "device": "cuda:1"}, [0, 1]),
        ({"tracker_options": None, "detector": "cuda"}, []),
    ],
)
def test_the_devices_of_networks_are_those_that_options_name(options, ordinals):
    assert cuda_ordinals(options) == ordinals
    assert measured_ordinal(options) == (ordinals or [0])[0]
