"""AP of COCO files and the matches it is made from equal hotcoco's."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench.material.frames import make_frames
from datasets.formats import coco_json
from datasets.layout import load_layout
from metrics.families import coco_box_ap, coco_mask_ap
from metrics.score import make_pairings
from tests.support import hotcoco_oracle
from tests.support.metrics.coco_files import ours_of
from tests.support.metrics.coco_sequences import random_sequence

FAMILIES = {"bbox": coco_box_ap, "segm": coco_mask_ap}


def files(folder, seeds, masks):
    """Write random sequences as COCO files, and return the paths."""
    sides = zip(*(random_sequence(seed, masks) for seed in seeds), strict=True)
    truth, results = (dict(zip(map(str, seeds), each, strict=True)) for each in sides)
    paths = folder / "truth.json", folder / "results.json"
    coco_json.write_truth(paths[0], truth)
    coco_json.write_results(paths[1], results)
    return paths


def assert_equal(paths, kind):
    found = hotcoco_oracle.statistics(hotcoco_oracle.evaluate(*paths, kind))
    assert list(ours_of(*paths, kind).values()) == pytest.approx(found, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("case", range(12))
def test_random_files_with_crowds_and_ties(case, kind, tmp_path):
    paths = files(tmp_path, range(4 * case, 4 * case + 1 + case % 4), masks=kind == "segm")
    assert_equal(paths, kind)


@pytest.mark.parametrize("kind", FAMILIES)
def test_eighty_classes_most_of_which_are_in_few_images(kind, tmp_path):
    paths = tmp_path / "truth.json", tmp_path / "results.json"
    make_frames(*paths, images=30, masks=kind == "segm")
    assert_equal(paths, kind)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("seed", [7, 13, 22, 31, 43])
def test_every_match_is_the_same(seed, kind, tmp_path):
    paths = files(tmp_path, [seed], masks=kind == "segm")
    evaluator = hotcoco_oracle.evaluate(*paths, kind)
    theirs = {}
    for each in filter(None, evaluator.eval_imgs):
        size = evaluator.params.area_rng.index(each["aRng"])
        flags = np.array(each["dtMatched"], bool), np.array(each["dtIgnore"], bool)
        counted = np.invert(np.array(each["gtIgnore"], bool)).sum()
        theirs[each["category_id"], size, each["image_id"]] = each["dtScores"], *flags, counted
    (name,) = load_layout("coco").list_sequences(paths[0])
    truth, prediction = load_layout("coco").read_pair(*paths, name)
    pairings = make_pairings(truth, prediction, "coco")
    for key, class_name in truth.extent.classes.items():
        partial = FAMILIES[kind].evaluate(pairings[class_name])
        for size in range(4):
            found = [theirs[each] for each in sorted(theirs) if each[:2] == (key, size)]
            expected = [
                np.concatenate([np.zeros((10, 0)), *(f[n] for f in found)], 1) for n in (1, 2)
            ]
            assert partial.score.tolist() == [score for each in found for score in each[0]]
            assert np.array_equal(bits(partial.matched, size), expected[0])
            assert np.array_equal(bits(partial.ignored, size), expected[1])
            assert partial.truth_count[0, size] == sum(each[3] for each in found)


def bits(packed, size):
    """Return the flags of a size, (10, D)."""
    return packed.astype(int)[None] >> (10 * size + np.arange(10))[:, None] & 1


def test_hotcoco_refuses_types_that_pycocotools_reads(tmp_path):
    paths = files(tmp_path, [7], masks=False)
    content = json.loads(paths[0].read_text())
    assert ours_of(*paths, "bbox")["AP"] > 0
    for change in ({"height": None}, {"id": "a"}, {"flickr_url": 3}):
        images = [content["images"][0] | change, *content["images"][1:]]
        paths[0].write_text(json.dumps(content | {"images": images}))
        with pytest.raises(ValueError, match="invalid type"):
            hotcoco_oracle.evaluate(*paths, "bbox")
