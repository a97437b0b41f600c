"""A reader either reads a modified file, or raises a ValueError that names the file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.formats import coco_json, vis_json
from datasets.masks import coco_rle
from datasets.types import Extent, Tracks
from tests.support.json_changes import MISSING, changed

KINDS = ("truth", "results")
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 6),
    st.sampled_from([2**31, 2**53, 2**63, 2**70, 10**400, -(2**63), 1e308, -0.0, 0.5, 1e999]),
    st.text(max_size=3),
    st.lists(st.one_of(st.none(), st.integers(-2, 9), st.lists(st.integers(0, 9))), max_size=8),
    st.dictionaries(st.sampled_from(["id", "size", "counts", "name"]), st.integers(), max_size=2),
    st.just(MISSING),
)


def places(content, keys=()):
    """Yield the keys of every value in the content."""
    if keys:
        yield keys
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in inner if isinstance(content, dict | list) else ():
        yield from places(value, (*keys, key)) if isinstance(value, dict | list) else [(*keys, key)]


@pytest.fixture(scope="module", params=[vis_json, coco_json], ids=["vis", "coco"])
def written(request, tmp_path_factory):
    """Return the reader, a folder with ground truth and results, and the contents of both."""
    folder, writer = tmp_path_factory.mktemp("any"), request.param
    dense = np.arange(6 * 2 * 3).reshape(6, 2, 3) % 4 > 0
    masks = coco_rle.encode(dense)
    extent = Extent(2, 3, 3, {1: "a", 4: "b"})
    columns = np.array([0, 0, 1, 1, 2, 2]), np.array([1, 2] * 3), np.array([1, 4] * 3), np.ones(6)
    tracks = Tracks(extent, *columns, masks.boxes, masks)
    for kind, write in zip(KINDS, (writer.write_truth, writer.write_results), strict=True):
        write(folder / f"{kind}.json", {"v": tracks, "w": tracks})
    kinds = {kind: json.loads((folder / f"{kind}.json").read_text()) for kind in KINDS}
    return writer, folder, kinds


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=400)
@given(data=st.data())
def test_a_file_with_one_unusual_value_is_read_or_refused_by_name(written, kind, data):
    reader, folder, kinds = written
    keys = data.draw(st.sampled_from(list(places(kinds[kind]))))
    path = folder / "odd.json"
    path.write_text(json.dumps(changed(kinds[kind], *keys, to=data.draw(ODD))))
    reason = refusal(reader, kind, folder)
    assert reason is None or reason.startswith(str(path))


def refusal(reader, kind, folder):
    """Return the error of the modified file, None if it is read."""
    try:
        if kind == "truth":
            reader.read_labels(folder / "odd.json")
        else:
            reader.read_results(folder / "odd.json", reader.read_labels(folder / "truth.json")[0])
    except ValueError as error:
        return str(error)
    return None
