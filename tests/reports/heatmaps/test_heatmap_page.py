from __future__ import annotations

import os

import numpy as np
import pytest

from datasets.io.files import write_json
from datasets.types import Extent, Sequence, Tracks
from reports.heatmaps.page import page_part
from reports.heatmaps.sample import describe
from reports.heatmaps.source import Settings, Source
from reports.results import Run

PLANS = [
    {"dataset": "own", "sequences": ["walk"], "variants": [{"name": "sort"}, {"name": "<b>"}]},
    {"dataset": "own", "sequences": ["walk"], "variants": [{"name": "<b>"}]},
    {"dataset": "other", "sequences": ["run"], "variants": [{"name": "sort"}]},
]
RUNS = [Run(plan, [], "", "box", [], [], [], {}, finished=False) for plan in PLANS]


@pytest.fixture
def workdir(tmp_path):
    """A folder in which `sort` and `<b>` have maps of `own/walk`."""
    extent = Extent(27, 36, 2, {1: "person"})
    rows = Tracks(extent, [0], [1], [1], [1], np.array([[4.0, 4, 8, 8]]))
    content = describe([Source(Sequence("own", "walk", extent, 10), rows, rows)], Settings())
    touch(tmp_path / "data" / "own" / "walk" / "truth.parquet", 1)
    for variant in ("sort", "<b>"):
        place = tmp_path / "results" / variant / "own"
        touch(place / "walk" / "tracks.parquet", 2)
        write_json(place / "heatmap.json", content)
    return tmp_path


def touch(path, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (seconds, seconds))


def variants(workdir):
    part = page_part(RUNS, workdir)["own"]
    return None if part is None else list(part["sequences"]["walk"]["variants"])


def test_ground_truth_is_included_once_and_each_variant_with_its_agreement(workdir):
    parts = page_part(RUNS, workdir)
    assert parts["other"] is None
    walk = parts["own"]["sequences"]["walk"]
    assert (parts["own"]["half_life_s"], parts["own"]["kernel"]) == (2, "foot")
    assert (walk["rows"], walk["columns"], walk["frames"]) == (27, 36, [0, 1])
    assert list(walk["variants"]) == ["sort", "<b>"]
    assert walk["variants"]["sort"]["over_time"] == walk["truth"]["over_time"]
    assert walk["variants"]["sort"]["agreement"]["error"] == 0


def test_a_missing_file_does_not_affect_other_variants(workdir):
    (workdir / "results" / "sort" / "own" / "heatmap.json").unlink()
    assert variants(workdir) == ["<b>"]


def test_a_map_older_than_its_inputs_is_not_used(workdir):
    os.utime(workdir / "results" / "sort" / "own" / "heatmap.json", (1, 1))
    assert variants(workdir) == ["<b>"]
    os.utime(workdir / "data" / "own" / "walk" / "truth.parquet")
    os.utime(workdir / "results" / "<b>" / "own" / "heatmap.json", (3, 3))
    assert variants(workdir) is None


def test_a_map_without_its_tracks_is_not_used(workdir):
    (workdir / "results" / "sort" / "own" / "walk" / "tracks.parquet").unlink()
    assert variants(workdir) == ["<b>"]
