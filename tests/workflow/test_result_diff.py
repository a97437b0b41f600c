"""Comparing two folders of results."""

from __future__ import annotations

import pytest

from datasets.io.files import write_json
from workflow.result_diff import compare_results


def write(root, score):
    folder = root / "sort" / "d" / "s"
    write_json(folder / "mot15" / "score.json", {"origin": root.name, "values": {"HOTA": score}})
    (folder / "tracks.parquet").write_bytes(b"tracks")
    (folder / "run.json").write_text(root.name)
    return root


@pytest.fixture
def before(tmp_path):
    return write(tmp_path / "before", [0.5, 0.25])


def test_equal_numbers_of_different_code_are_equal(before, tmp_path):
    assert compare_results(before, write(tmp_path / "after", [0.5, 0.25])) == (2, [])


def test_the_first_different_number_is_named(before, tmp_path):
    after = write(tmp_path / "after", [0.5, 0.25000001])
    assert compare_results(before, after)[1] == [
        "sort/d/s/mot15/score.json: values.HOTA[1]: 0.25 before, 0.25000001 after"
    ]
    name = "sort/d/s/mot15/score.json"
    assert compare_results(before / name, after / name)[1] == [
        "score.json: values.HOTA[1]: 0.25 before, 0.25000001 after"
    ]


def test_different_tracks_and_missing_files_are_named(before, tmp_path):
    after = write(tmp_path / "after", [0.5, 0.25])
    (after / "sort" / "d" / "s" / "tracks.parquet").write_bytes(b"others")
    (after / "sort" / "d" / "s" / "mot15" / "score.json").unlink()
    assert compare_results(before, after)[1] == [
        f"sort/d/s/mot15/score.json: not in {after}/sort/d/s/mot15",
        "sort/d/s/tracks.parquet: different bytes",
    ]


def test_folders_without_results_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"expected some of .*, found none"):
        compare_results(tmp_path, tmp_path)
