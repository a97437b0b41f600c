"""Round trips of real files through another format, through the command line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from datasets.formats import mots_text
from datasets.formats.mots_text import IGNORE
from tests.support.datasets.converting import run

MAX_CHANGE = 2e-13  # pixels: a width of 100 added to a coordinate of 1000, and subtracted again


def test_masks_and_identities_of_kitti_mots_survive_youtube_vis(tmp_path, shared):
    path = shared / "kitti_mots" / "instances_txt" / "0012.txt"
    before = mots_text.read_tracks(path, frame_count=78)
    found = run("mots", "youtube_vis_truth", path, tmp_path / "t.json", "--frames", "78")
    assert found[2] == "dropped: ignore flags (78 rows), rows without identity (78 rows)\n"
    found = run("youtube_vis_truth", "mots", tmp_path / "t.json", tmp_path / "back" / "0012.txt")
    assert found[::2] == (0, "")
    after = mots_text.read_tracks(tmp_path / "back" / "0012.txt", before.extent)
    assert len(after) == 204
    assert after.same(before.take(before.class_id != IGNORE))


def test_masks_of_kitti_mots_survive_as_results(tmp_path, shared):
    path = shared / "kitti_mots" / "instances_txt" / "0012.txt"
    truth = tmp_path / "t.json"
    run("mots", "youtube_vis_truth", path, truth, "--frames", "78")
    before = mots_text.read_tracks(path, frame_count=78)
    before = before.take(before.class_id != IGNORE)
    mots_text.write_tracks(tmp_path / "0012.txt", before)
    found = run(
        *("mots", "youtube_vis_results", tmp_path / "0012.txt", tmp_path / "r.json"),
        *("--number-as", truth),
    )
    assert found[2] == "dropped: class names, identity numbers (204 rows)\n"
    run("youtube_vis_results", "mots", tmp_path / "r.json", tmp_path / "out", "--truth", truth)
    after = mots_text.read_tracks(tmp_path / "out" / "0012.txt", before.extent)
    numbers = np.unique(before.track, return_inverse=True)[1] + 1  # positions in the file
    assert after.same(replace(before, track=numbers))


@pytest.mark.slow
def test_pixels_of_davis_survive_youtube_vis(tmp_path, shared):
    masks = shared / "davis2017" / "dogs-jump" / "masks"
    found = run("davis", "youtube_vis_truth", masks, tmp_path / "t.json")
    assert found[::2] == (0, "")
    found = run("youtube_vis_truth", "davis", tmp_path / "t.json", tmp_path / "back")
    assert found[::2] == (0, "")
    before, after = sorted(masks.glob("*")), sorted((tmp_path / "back" / "masks").glob("*"))
    assert [path.name for path in after] == [path.name for path in before]
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(np.array(Image.open(one)), np.array(Image.open(other)))


@pytest.mark.slow
def test_boxes_of_mot17_survive_kitti(tmp_path, shared):
    results = shared / "mot17" / "results" / "lif_t"
    found = run("mot", "kitti", results, tmp_path / "kitti", "--classes", "1=pedestrian")
    assert found[::2] == (0, "")
    found = run("kitti", "mot", tmp_path / "kitti", tmp_path / "back")
    assert found[::2] == (0, "dropped: class names\n")
    for path in sorted(results.glob("*.txt")):
        before = np.loadtxt(path, delimiter=",")
        before = before[np.argsort(before[:, 0], kind="stable")]
        after = np.loadtxt(tmp_path / "back" / path.name, delimiter=",")
        np.testing.assert_array_equal(after[:, :2], before[:, :2])
        np.testing.assert_array_equal(after[:, 6], before[:, 6])
        np.testing.assert_allclose(after[:, 2:6], before[:, 2:6], rtol=0, atol=MAX_CHANGE)
