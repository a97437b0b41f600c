"""The jobs of DeepStream: engines once for all sequences and variants that can share them."""

from __future__ import annotations

import pytest

from tests.support.workflow.workdir import make_workdir

CONFIG = """
run:
  - dataset: synthetic
    variants: [boxes, rarer, masks]
    clock: [crossing]
datasets:
  synthetic: {sequences: [crossing, crowd]}
variants:
  boxes:
    method: deepstream
    options: &options
      detector: peoplenet.onnx
      labels: labels.txt
      models: engines/deepstream/sam2/9.0/tiny
  rarer:
    method: deepstream
    options: {<<: *options, interval: 2}
  masks:
    method: deepstream
    options: {<<: *options, image: "masktrack-deepstream:9.0", masks: true}
"""


@pytest.mark.slow
def test_engines_are_built_once_for_the_variants_that_share_them(tmp_path):
    workdir = make_workdir(tmp_path)
    workdir.write("config/small.yaml", CONFIG)
    jobs = workdir.jobs()
    assert jobs["deepstream"] == 3 * 2
    assert jobs["deepstream_engines"] == 2  # of two images
    assert jobs["deepstream_sam2"] == jobs["fetch_weights"] == 1
    assert not {"track", "clock"} & jobs.keys()
