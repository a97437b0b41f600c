"""Timing a tracker of another checkout, which shares only the contract with this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from datasets.formats.parquet import write_tracks
from datasets.io.files import read_json
from datasets.masks import coco_rle
from datasets.sequences.sequence_json import open_sequence, read_sequence
from tests.support.paths import ROOT
from trackers.contract import TrackerOutput
from trackers.feed import Collector

pytestmark = pytest.mark.slow

CONTRACT = """
from collections import namedtuple
from types import SimpleNamespace

from datasets import WORD  # does not exist in this checkout
from trackers.other import Output

class Tracker:
    def __init__(self, run=None):
        self.run = run

    def start(self, sequence):
        self.size = sequence.extent.height, sequence.extent.width

    def step(self, frame):
        found = frame.detections
        n = len(found.score)
        masks = None if self.run is None else SimpleNamespace(
            runs=(self.run.encode(),) * n, height=self.size[0], width=self.size[1])
        return Output(list_of(n), found.box, found.score, found.class_id, masks)

def list_of(n):
    import numpy
    import trackers.late  # an import within a step also comes from the other checkout
    return numpy.arange(n)

def load_tracker(method, options):
    return Tracker(**options)
"""
OUTPUT = """
from collections import namedtuple
Output = namedtuple("Output", "track box score class_id mask")
"""


@pytest.fixture
def checkout(tmp_path):
    """The packages of another checkout, whose only module in common is `trackers.contract`."""
    for name, text in {
        "datasets/__init__.py": "WORD = 1",
        "trackers/__init__.py": "",
        "trackers/contract.py": CONTRACT,
        "trackers/other.py": OUTPUT,
        "trackers/late.py": "",
    }.items():
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "checkout"


def run_clock(checkout, crossing, tmp_path, options):
    """Run the program; the scored tracks are the detections."""
    sequence, detections = read_sequence(crossing), open_sequence(crossing).detections()
    collector = Collector(sequence.extent)
    empty = np.zeros((sequence.extent.height, sequence.extent.width), bool)
    for index in range(sequence.extent.frame_count):
        found = detections.detections(index)
        n = len(found.score)
        mask = np.repeat(empty[None], n, axis=0) if options != "{}" else None
        collector.add(TrackerOutput(np.arange(n), found.box, found.score, found.class_id, mask))
    write_tracks(tmp_path / "tracks.parquet", collector.tracks())
    command = [
        *(sys.executable, "-P", "-m", "trackers.timing.other_checkout", "--root", checkout),
        *("--inputs", "detections", "--method", "sort", "--options", options),
        *("--sequence", crossing, "--expect", tmp_path / "tracks.parquet", "--frames", "6"),
        *("--warm-up", "2", "--passes", "2", "3", "--seconds", "0"),
        *("--output", tmp_path / "times.json"),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


def test_a_tracker_of_another_checkout_is_timed_through_the_contract_alone(
    checkout, crossing, tmp_path
):
    done = run_clock(checkout, crossing, tmp_path, "{}")
    assert done.returncode == 0, done.stderr
    assert np.shape(read_json(tmp_path / "times.json")["step_ns"]) == (2, 6)


def test_masks_of_another_checkout_are_compared_with_the_scored_ones(checkout, crossing, tmp_path):
    extent = read_sequence(crossing).extent
    empty = coco_rle.encode(np.zeros((1, extent.height, extent.width), bool)).runs[0].decode()
    done = run_clock(checkout, crossing, tmp_path, json.dumps({"run": empty}))
    assert done.returncode == 0, done.stderr
    full = coco_rle.encode(np.ones((1, extent.height, extent.width), bool)).runs[0].decode()
    done = run_clock(checkout, crossing, tmp_path, json.dumps({"run": full}))
    assert done.returncode == 2
    assert "the output of the timed run differs" in done.stderr


def test_a_checkout_without_a_contract_is_an_error(checkout, crossing, tmp_path):
    (checkout / "trackers" / "contract.py").unlink()
    done = run_clock(checkout, crossing, tmp_path, "{}")
    assert done.returncode != 0
    assert "No module named 'trackers.contract'" in done.stderr
