from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from datasets.prepare import load_reader
from datasets.readers import davis, kitti_mots, mot17, mot_folder, tud
from datasets.sequences.sequence_json import read_sequence, write_prepared
from datasets.types import Extent
from workflow.configs.checks import check_config


def test_tud_has_two_sequences():
    root = tud.locate(None)
    for name, frames, rows in (("TUD-Campus", 71, 359), ("TUD-Stadtmitte", 179, 1156)):
        prepared = tud.read("tud", root, name, root)
        assert prepared.sequence.extent.frame_count == frames
        assert len(prepared.truth) == rows  # TP + FN of the reference table


@pytest.mark.slow
def test_mot17_counts_equal_those_of_its_readme(shared):
    root = mot17.locate(str(shared / "mot17"))
    names = sorted(path.name for path in (root / "train").iterdir())
    prepared = [mot17.read("mot17", root, name, root) for name in names]
    assert sum(p.sequence.extent.frame_count for p in prepared) == 5316
    scored = [(p.truth.score != 0) & (p.truth.class_id == 1) for p in prepared]
    assert sum(int(rows.sum()) for rows in scored) == 112297


def test_a_missing_sequence_lists_the_known_ones(shared):
    error = r"expected a sequence among .*MOT17-02-FRCNN.*, found 'MOT17-99'"
    with pytest.raises(FileNotFoundError, match=error):
        mot17.inputs(shared / "mot17", "MOT17-99")


def test_a_missing_root_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"root: .*nowhere: no such folder"):
        mot17.locate(str(tmp_path / "nowhere"))


def test_an_invalid_sequence_length_is_named(shared, tmp_path):
    name = "MOT17-09-FRCNN"
    shutil.copytree(shared / "mot17" / "train" / name, tmp_path / "train" / name)
    info = tmp_path / "train" / name / "seqinfo.ini"
    info.chmod(0o644)
    info.write_text(info.read_text().replace("seqLength=525", "seqLength=many"))
    with pytest.raises(ValueError, match="seqLength: expected a whole number, found 'many'"):
        mot17.read("mot17", tmp_path, name, tmp_path)


def test_an_unknown_reader_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown reader 'coco': .*'mot17', .*'synthetic', 'tud'"):
        load_reader("coco")


def test_a_prepared_sequence_survives_a_round_trip(tmp_path):
    root = tud.locate(None)
    prepared = tud.read("tud", root, "TUD-Campus", tmp_path)
    write_prepared(tmp_path / "sequence.json", prepared)
    assert read_sequence(tmp_path / "sequence.json") == prepared.sequence


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"schema_version": 2', '"schema_version": 7', "schema version: expected 2, found 7"),
        ('"frame_rate"', '"frames_rate"', r"missing keys: \['frame_rate'\]"),
        ("{", "", "not valid JSON"),
    ],
)
def test_an_invalid_sequence_file_is_refused(tmp_path, old, new, message):
    path = tmp_path / "sequence.json"
    write_prepared(path, tud.read("tud", tud.locate(None), "TUD-Campus", tmp_path))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=rf"sequence\.json: {message}"):
        read_sequence(path)


@pytest.fixture
def own(tmp_path) -> Path:
    """A data set of one's own, with one sequence below val/."""
    folder = tmp_path / "val" / "street"
    (folder / "gt").mkdir(parents=True)
    info = "[Sequence]\nimHeight=4\nimWidth=5\nseqLength=3\nframeRate=25\n"
    (folder / "seqinfo.ini").write_text(info)
    (folder / "gt" / "gt.txt").write_text("3,1,1,1,2,2,1,2,0.5\n")
    return tmp_path


OPTIONS = {"split": "val", "classes": {"1": "person", "2": "bag"}, "ignored": [1]}


def test_the_options_name_the_classes_of_ones_own_data(own):
    root = mot_folder.locate(str(own))
    folder = own / "val" / "street"
    files = [folder / "seqinfo.ini", folder / "gt" / "gt.txt"]
    assert mot_folder.inputs(root, "street", **OPTIONS) == files
    prepared = mot_folder.read("own", root, "street", own, **OPTIONS)
    assert prepared.sequence.extent == Extent(4, 5, 3, {1: "person", 2: "bag"}, (1,))
    assert (prepared.sequence.name, prepared.sequence.images) == ("street", None)
    assert (prepared.truth.frame[0], prepared.truth.class_id[0]) == (2, 2)
    assert prepared.detections is None


def test_detections_without_a_class_need_the_option_detected_class(own):
    options = OPTIONS | {"classes": {"1": "crowd", "2": "bag", "3": "person"}}
    det = own / "val" / "street" / "det" / "det.txt"
    det.parent.mkdir()
    det.write_text("2,-1,1,1,2,2,0.5,-1,-1,-1\n")
    with pytest.raises(
        ValueError, match=r"det\.txt, line 1 .*1 for crowd, 2 for bag, 3 for person in column 8"
    ):
        mot_folder.read("own", own, "street", own, **options)
    prepared = mot_folder.read("own", own, "street", own, **options, detected_class="person")
    assert prepared.detections.class_id.tolist() == [3]
    assert prepared.detections.extent == prepared.truth.extent


def test_a_frame_rate_need_not_be_a_whole_number(own):
    info = own / "val" / "street" / "seqinfo.ini"
    info.write_text(info.read_text().replace("25", "29.97"))
    prepared = mot_folder.read("own", own, "street", own, **OPTIONS)
    assert prepared.sequence.frame_rate == 29.97


@pytest.mark.parametrize("rate", ["0", "0.0", "-1", "nan", "1e3", ""])
def test_an_invalid_frame_rate_is_refused(own, rate):
    info = own / "val" / "street" / "seqinfo.ini"
    info.write_text(info.read_text().replace("25", rate))
    with pytest.raises(ValueError, match=r"seqinfo.ini, frameRate: expected a number .*, found '"):
        mot_folder.read("own", own, "street", own, **OPTIONS)


def test_the_file_of_classes_names_the_classes_without_options(own):
    (own / "val" / "classes.yaml").write_text("classes: {2: bag}\n")
    files = mot_folder.inputs(own, "street", split="val")
    assert files[0] == own / "val" / "classes.yaml"
    prepared = mot_folder.read("own", own, "street", own, split="val")
    assert prepared.sequence.extent.classes == {2: "bag"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "train"}, r"train: expected a sequence among \[\], found 'street'"),
        ({"split": "val", "classes": {"x": "bag"}}, "^classes: expected a whole number, found 'x'"),
        ({**OPTIONS, "detected_class": "x"}, r"detected_class: expected one of .*, found 'x'"),
        ({"split": "val", "ignored": [1]}, r"^ignored: expected classes and ignored, found only"),
    ],
)
def test_invalid_options_are_refused_before_labels_are_read(own, options, message):
    with pytest.raises((ValueError, OSError), match=message):
        mot_folder.inputs(own, "street", **options)


def test_the_config_check_passes_options_to_the_reader(own):
    entry = {
        "reader": "mot_folder", "root": str(own), "protocol": "plain", "sequences": ["street"],
    }  # fmt: skip
    config = {"families": ["hota"], "datasets": {"own": entry}, "variants": {}}
    config["run"] = [{"dataset": "own", "variants": []}]
    config["regression"] = {"tolerances": {}, "timed": [], "passes": {"min": 1, "max": 1}}
    config["regression"]["networks"] = {}
    with pytest.raises(ValueError, match=r"datasets\.own: .*train: expected a sequence among"):
        check_config(config)
    check_config(config | {"datasets": {"own": entry | {"options": OPTIONS}}})


def test_a_kitti_mots_sequence_has_its_own_number_of_frames(shared):
    root = kitti_mots.locate(str(shared / "kitti_mots"))
    prepared = kitti_mots.read("kitti_mots", root, "0012", root)
    assert prepared.sequence.extent.frame_count == 78
    assert set(prepared.truth.class_id) <= {1, 2, 10}
    with pytest.raises(
        FileNotFoundError, match=r"9999\.txt: no such file: expected one of the seq"
    ):
        kitti_mots.inputs(root, "9999")


def test_davis_masks_are_resized_to_the_size_of_the_results(shared):
    root, place = davis.locate(str(shared / "davis2017")), {"annotations": "{sequence}/masks"}
    plain = davis.read("davis", root, "dogs-jump", root, **place)
    assert (plain.sequence.extent.height, plain.sequence.extent.frame_count) == (240, 66)
    assert np.unique(plain.truth.track).tolist() == [1, 2, 3]
    resized = davis.read("davis", root, "dogs-jump", root, **place, size=[480, 864])
    assert np.array_equal(resized.truth.rle.areas, 4 * plain.truth.rle.areas)
    assert len(davis.inputs(root, "dogs-jump", **place, size=[480, 864])) == 66


@pytest.mark.parametrize("reader", [davis, kitti_mots, mot17])
def test_a_data_set_in_place_requires_its_folder(reader, tmp_path):
    with pytest.raises(ValueError, match=r"root: expected a folder that contains .*, found none"):
        reader.locate(None)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        reader.locate(str(tmp_path / "nowhere"))
