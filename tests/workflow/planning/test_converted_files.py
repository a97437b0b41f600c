"""The files that ground truth and tracks were converted from, as flags of the cross-check."""

from __future__ import annotations

import pytest
from PIL import Image

from workflow.planning.flags import Flags
from workflow.planning.plan import Plan

INFO = "[Sequence]\nimHeight=9\nimWidth=9\nseqLength=2\nframeRate=5\n"


@pytest.fixture
def flags(tmp_path) -> Flags:
    """Return the flags of a plan of four data sets, whose files are there."""
    for name in ("a", "b c"):
        (tmp_path / "mot" / "train" / name / "gt").mkdir(parents=True)
        (tmp_path / "mot" / "train" / name / "seqinfo.ini").write_text(INFO)
        (tmp_path / "mot" / "train" / name / "gt" / "gt.txt").touch()
    (tmp_path / "kitti" / "instances_txt").mkdir(parents=True)
    (tmp_path / "kitti" / "instances_txt" / "0002.txt").touch()
    (tmp_path / "davis" / "Annotations" / "480p" / "cow").mkdir(parents=True)
    Image.new("P", (4, 4)).save(tmp_path / "davis" / "Annotations" / "480p" / "cow" / "00000.png")
    place = f"{tmp_path}/{{sequence}}.txt"
    return Flags(
        Plan(
            {
                "datasets": {
                    "mot": {
                        "reader": "mot_folder",
                        "root": f"{tmp_path}/mot",
                        "sequences": ["a", "b c"],
                    },
                    "kitti": {
                        "reader": "kitti_mots",
                        "root": f"{tmp_path}/kitti",
                        "sequences": ["0002"],
                    },
                    "davis": {
                        "reader": "davis",
                        "root": f"{tmp_path}/davis",
                        "sequences": ["cow"],
                    },
                    "synthetic": {"reader": "synthetic", "sequences": ["crowd"]},
                },
                "variants": {
                    "sort": {"method": "sort"},
                    "file": {"method": "imported", "options": {"results": place}},
                    "masks": {
                        "method": "imported",
                        "options": {"results": place, "format": "mots"},
                    },
                },
            }
        )
    )


TWO = ["mot/train/a/gt/gt.txt", "mot/train/b c/gt/gt.txt"]


@pytest.mark.parametrize(
    ("names", "truth", "results"),
    [
        (("sort", "mot", "plain"), TWO, []),
        (("file", "mot", "mot17"), TWO, ["a.txt", "b c.txt"]),
        (("file@25fps", "mot", "mot15"), TWO, []),
        (("masks", "kitti", "kitti_mots"), ["kitti/instances_txt/0002.txt"], ["0002.txt"]),
        (("masks", "kitti", "mots"), [], []),
        (("file", "davis", "davis2016"), ["davis/Annotations/480p/cow"], []),
        (("file", "synthetic", "mot15"), [], ["crowd.txt"]),
    ],
)
def test_files_that_the_references_read_are_named(flags, tmp_path, names, truth, results):
    expected = [f"--converted-truth={tmp_path}/{each}" for each in truth]
    expected += [f"--converted-results={tmp_path}/{each}" for each in results]
    assert flags.converted(*names) == expected
