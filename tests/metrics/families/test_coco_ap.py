from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.formats import mot_text
from datasets.readers import mot17
from metrics.families import coco_box_ap, coco_mask_ap
from tests.support.coco_oracle import score_frames
from tests.support.metrics.ap import assert_same, corrupted, kitti_mots, total
from tests.support.metrics.coco_sequences import random_sequence, rectangles

CASES = [tuple(range(4 * n, 4 * n + 1 + n % 4)) for n in range(120)]  # one to four sequences


@pytest.mark.parametrize("seeds", CASES, ids=str)
def test_boxes_equal_pycocotools(seeds):
    sequences = [random_sequence(seed, masks=False) for seed in seeds]
    partial = total(coco_box_ap, sequences, "box")
    assert_same(coco_box_ap, partial, *score_frames(sequences, "bbox"))


@pytest.mark.parametrize("seeds", CASES, ids=str)
def test_masks_equal_pycocotools(seeds):
    sequences = [random_sequence(seed, masks=True) for seed in seeds]
    partial = total(coco_mask_ap, sequences, "masks")
    assert_same(coco_mask_ap, partial, *score_frames(sequences, "segm"))


@pytest.mark.slow
def test_the_random_cases_include_the_difficult_ones():
    sequences = [random_sequence(seed, masks=False) for seed in range(480)]
    assert max(np.bincount(found.frame, minlength=1).max() for _, found in sequences) > 200
    assert sum((truth.score == 0).any() for truth, _ in sequences) > 100
    assert sum(not len(truth) for truth, _ in sequences) > 50
    values = [coco_box_ap.summarize(total(coco_box_ap, [s], "box"))["box AP"] for s in sequences]
    assert sum(0.1 < value < 0.9 for value in values) > 100
    assert np.isnan(values).any()


@pytest.mark.parametrize("seed", [7, 13, 22])
def test_a_family_computes_its_own_overlaps_if_the_protocol_compares_another_kind(seed):
    sequences = [random_sequence(seed, masks=True)]
    for family, own, other in ((coco_box_ap, "box", "masks"), (coco_mask_ap, "masks", "box")):
        assert family.summarize(total(family, sequences, own)) == pytest.approx(
            family.summarize(total(family, sequences, other)), nan_ok=True
        )


@pytest.mark.parametrize("seed", [8, 20, 22])
def test_the_size_of_ground_truth_boxes_with_masks_is_that_of_the_mask(seed):
    truth, found = random_sequence(seed, masks=True)
    half = truth.box.copy()
    half[:, 2] = (half[:, 0] + half[:, 2]) // 2
    assert truth.area is None
    sequences = [(replace(truth, rle=rectangles(half)), found)]
    whole = total(coco_box_ap, [(replace(truth, rle=None), found)], "box")
    partial = total(coco_box_ap, sequences, "box")
    assert not np.array_equal(partial.truth_count, whole.truth_count)
    assert_same(coco_box_ap, partial, *score_frames(sequences, "bbox"))


@pytest.mark.slow
def test_real_masks_and_their_boxes_equal_pycocotools(shared):
    sequences = []
    for name in ("0003", "0012"):
        truth = kitti_mots(shared, name)
        found = corrupted(truth, int(name))
        score = np.random.default_rng(int(name)).integers(1, 100, len(found)) / 100
        sequences.append((truth, replace(found, score=score)))
    partial = total(coco_mask_ap, sequences, "masks")
    assert_same(coco_mask_ap, partial, *score_frames(sequences, "segm"))
    partial = total(coco_box_ap, sequences, "masks")
    assert_same(coco_box_ap, partial, *score_frames(sequences, "bbox"))


@pytest.mark.slow
def test_real_boxes_equal_pycocotools(shared):
    root, name = shared / "mot17", "MOT17-09-FRCNN"
    prepared = mot17.read("mot17", root, name, root)
    truth, extent = prepared.truth, prepared.sequence.extent
    found = mot_text.read_tracks(root / "results" / "lif_t" / f"{name}.txt", extent)
    score = np.random.default_rng(9).integers(1, 100, len(found)) / 100
    sequences = [(truth, replace(found, score=score))]  # rows that are not scored are crowds
    partial = total(coco_box_ap, sequences, "box")
    assert 0.1 < coco_box_ap.summarize(partial)["box AP"] < 0.9
    assert_same(coco_box_ap, partial, *score_frames(sequences, "bbox"))


def test_missing_masks_are_refused():
    sequences = [random_sequence(7, masks=False)]
    with pytest.raises(ValueError, match="the ground truth has no masks"):
        total(coco_mask_ap, sequences, "box")
