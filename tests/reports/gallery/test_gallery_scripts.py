"""Computations of the page on timelines and run lengths, run by Node.js if installed."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from datasets.masks.coco_rle import encode
from metrics.events import list_events, write_events
from reports.gallery.timelines import LOST, count_events, read_timelines, to_json
from tests.support.metrics.hand import pairing
from tests.support.paths import ROOT

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run_script(name, expression, content):
    """Return the value of an expression of `bench` and `input` after running a script."""
    code = (ROOT / "reports" / "page" / "js" / f"{name}.js").read_text()
    program = f"const bench = {{}}, input = {json.dumps(content)};\n{code}\n"
    program += f"console.log(JSON.stringify({expression}));"
    assert NODE is not None
    done = subprocess.run([NODE, "-"], input=program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_page_counts_the_errors_of_random_tracks_as_python_does(tmp_path):
    rng = np.random.default_rng(5)
    lines = []
    for _ in range(40):
        truth, prediction = (
            [
                (frame, track, float(rng.integers(0, 60)))
                for frame in range(12)
                for track in range(4)
                if rng.random() < 0.7 and frame != 5
            ]
            for _ in range(2)
        )
        events = list_events(pairing(truth, prediction, frame_count=12))
        write_events(tmp_path / "events.parquet", {("s", "person"): events})
        lines.append(read_timelines(tmp_path / "events.parquet")["person"])
    content = [to_json({"person": each})["person"] for each in lines]
    expression = "input.map(line => bench.errors.count(bench.errors.of(line).errors))"
    assert run_script("errors", expression, content) == [count_events(each) for each in lines]


def test_an_error_that_both_variants_make_is_no_difference():
    none = {"tracks": [], "fragmentations": []}
    one = {"objects": [[7, 0, 4, LOST, 4, 2, 1, 6, 1, 2]], **none, "tracks": [[9, 0, 3]]}
    other = {"objects": [[7, 0, 2, LOST, 2, 4, 5, 6, 1, 5]], **none}
    expression = (
        "bench.errors.differing(bench.errors.of(input[0]).errors, bench.errors.of(input[1]))"
        ".map(each => [each.kind, each.frame, each.length])"
    )
    assert run_script("errors", expression, [one, other]) == [["miss", 2, 2], ["switch", 6, 1]]


def test_the_page_decodes_masks_to_the_right_pixels():
    masks = np.random.default_rng(0).random((30, 9, 40)) < 0.5
    masks[0], masks[1] = False, True
    masks[2] = False
    masks[2, 8, 3] = masks[2, 0, 39] = True
    texts = [each.decode() for each in encode(masks).runs]
    found = run_script(
        "run_lengths",
        "input.map(text => bench.runLengths.decode(text, 9))"
        ".map(mask => mask && ({...mask, pixels: [...mask.pixels]}))",
        texts,
    )
    assert found[0] is None
    for mask, each in zip(masks[1:], found[1:], strict=True):
        dense = np.zeros_like(mask)
        box = np.array(each["pixels"], bool).reshape(each["height"], each["width"])
        down = slice(each["top"], each["top"] + each["height"])
        dense[down, each["left"] : each["left"] + each["width"]] = box
        assert (dense == mask).all()
        assert box.any(axis=0)[[0, -1]].all()
        assert box.any(axis=1)[[0, -1]].all()
