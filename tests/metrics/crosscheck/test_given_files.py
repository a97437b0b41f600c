"""References read the user's own files, so that a cross-check sees faults of our reading."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import metrics.evaluate
from datasets.formats.parquet import write_tracks
from datasets.io.mended import take_mended
from datasets.types import Tracks
from metrics.crosscheck.compare import Crosscheck
from metrics.crosscheck.given_files import GivenFiles
from metrics.crosscheck.report import table
from metrics.evaluate import crosscheck, evaluate
from metrics.task import Task, plan
from tests.support.metrics.coco_files import RESULTS, SIZE, TRUTH, arguments, rewritten, write
from tests.support.metrics.small_tasks import task_of

FAMILIES = {
    **dict.fromkeys(("mot15", "mot20", "plain", "kitti", "kitti_mots", "mots"), ("hota",)),
    "youtube_vis": ("vis_ap",),
    "coco": ("coco_box_ap",),
    "davis": ("jf_te",),
    "davis_semi": ("jf_te",),
    "davis2016": ("jf_davis_ss",),
}
READERS = {"coco": "pycocotools", "davis2016": "davis_definitions"}


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Callable[[str], Task]:
    """Return a function that gives a small task of two sequences, whose files TrackEval reads."""

    def make(protocol: str) -> Task:
        task = task_of(protocol, tmp_path_factory.mktemp(protocol))
        chosen = {"davis_semi": ("s06", "s08"), "youtube_vis": ("v1", "v2")}
        sequences = chosen.get(protocol, task.sequences[1:3])
        return replace(task, families=FAMILIES[protocol], sequences=sequences)

    return cache(make)


@pytest.fixture
def plant(monkeypatch) -> Callable[[Callable[[Tracks], Tracks]], None]:
    """Return a function that plants a fault in the reading of results."""
    read = metrics.evaluate.read_pair

    def plant_fault(change: Callable[[Tracks], Tracks]) -> None:
        def read_with_fault(task, sequence):
            truth, found, mended = read(task, sequence)
            return truth, change(found), mended

        monkeypatch.setattr(metrics.evaluate, "read_pair", read_with_fault)

    return plant_fault


def without_a_row(tracks: Tracks) -> Tracks:
    """Return the tracks without the row of the highest score, without the middle one of many."""
    best = np.flatnonzero(tracks.score == tracks.score.max())
    return tracks.take(np.arange(len(tracks)) != best[len(best) // 2])


def shifted(tracks: Tracks) -> Tracks:
    return replace(tracks, box=tracks.box + np.array([1.0, 0, 1, 0]))


def failures(checked: Crosscheck) -> set[str]:
    return {each.reference for each in checked.comparisons if not each.passed}


def all_given(checked: Crosscheck, reference: str) -> bool:
    """Return whether a reference read only the user's files."""
    inputs = [each for each in checked.inputs if each.reference == reference]
    return bool(inputs) and all(each.truth_given and each.results_given for each in inputs)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", FAMILIES)
def test_a_row_that_is_not_read_is_seen_in_the_files_given_only(
    protocol, small, plant, monkeypatch
):
    task, reference = small(protocol), READERS.get(protocol, "trackeval")
    checked = crosscheck(task, evaluate(task))
    assert all_given(checked, reference)
    assert failures(checked) == set()
    plant(without_a_row)
    found = evaluate(task)
    assert failures(crosscheck(task, found)) == {reference}
    monkeypatch.setattr(metrics.evaluate, "given_files", lambda _: GivenFiles())
    checked = crosscheck(task, found)
    assert failures(checked) == set()
    one, other = task.sequences
    line = f"compared on converted files, {reference}: ground truth and results of {one}, {other}: "
    assert any(each.startswith(line) for each in table(checked, task.families))


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["mot15", "kitti", "coco"])
def test_boxes_shifted_by_a_pixel_are_seen(protocol, small, plant):
    plant(shifted)
    checked = crosscheck(small(protocol), evaluate(small(protocol)))
    assert failures(checked) == {READERS.get(protocol, "trackeval")}


@pytest.mark.slow
def test_frames_that_are_not_counted_are_seen(small, monkeypatch):
    task = replace(small("kitti"), families=("clear",))
    seqmap = "".join(f"{name} empty 000000 {20 + n:06d}\n" for n, name in enumerate(task.sequences))
    (task.truth / "evaluate_tracking.seqmap.training").write_text(seqmap)
    checked = crosscheck(task, evaluate(task))
    frames = [each.theirs for each in checked.comparisons if each.column == "CLR_Frames"]
    assert sorted(frames[:3]) == [20, 21, 41]
    assert failures(checked) == set()
    monkeypatch.setattr("datasets.layouts.kitti.read_seqmap", lambda *_: 22)
    checked = crosscheck(task, evaluate(task))
    assert {each.column for each in checked.comparisons if not each.passed} >= {"CLR_Frames"}
    chosen = replace(task, frames=dict.fromkeys(task.sequences, 23))
    assert failures(crosscheck(chosen, evaluate(chosen))) == set()
    (task.truth / "evaluate_tracking.seqmap.training").unlink()


def copied(task: Task, folder: Path) -> Task:
    """Return a task of two sequences in MOTChallenge layout, copied so that it can be changed."""
    for name in task.sequences:
        (folder / "truth" / name / "gt").mkdir(parents=True)
        for part in ("gt/gt.txt", "seqinfo.ini"):
            text = (task.truth / name / part).read_text()
            (folder / "truth" / name / part).write_text(text)
        (folder / "results").mkdir(exist_ok=True)
        text = (task.results / f"{name}.txt").read_text()
        (folder / "results" / f"{name}.txt").write_text(text)
    return replace(task, truth=folder / "truth", results=folder / "results")


@pytest.mark.slow
def test_a_file_that_the_reference_cannot_read_is_converted_and_named(small, tmp_path):
    task = copied(small("mot15"), tmp_path)
    path = task.results / "s01.txt"
    cut = (",".join(line.split(",")[:6]) for line in path.read_text().splitlines())
    path.write_text("".join(f"{line}\n" for line in cut))
    checked = crosscheck(task, evaluate(task))
    assert failures(checked) == set()
    found = {e.sequence: (e.truth_given, e.results_given) for e in checked.inputs}
    assert found == {"s01": (True, False), "s02": (True, True)}
    lines = [line for line in table(checked, task.families) if line.startswith("compared on")]
    assert lines[0].startswith(
        "compared on converted files, trackeval: results of s01: TrackEval fails on the files "
        "given: IndexError: index 6 is out of bounds"
    )
    assert lines[1] == "compared on the files given, trackeval: s02"


@pytest.mark.slow
def test_ground_truth_that_the_reference_cannot_read_is_converted_alone(small, tmp_path):
    task = copied(small("mot15"), tmp_path)
    path = task.truth / "s02" / "gt" / "gt.txt"
    path.write_text("\n".join([*path.read_text().splitlines(), "", ""]) + "\n")
    checked = crosscheck(task, evaluate(task))
    assert failures(checked) == set()
    (used,) = (each for each in checked.inputs if each.sequence == "s02")
    assert (used.truth_given, used.results_given) == (False, True)
    assert "s02" not in used.reason
    assert "gt.txt cannot be read" in used.reason


@pytest.mark.slow
def test_ids_for_which_the_reference_would_need_all_memory_are_numbered_anew(small, tmp_path):
    task = copied(small("mot15"), tmp_path)
    path = task.results / "s01.txt"
    rows = [line.split(",", 2) for line in path.read_text().splitlines()]
    path.write_text("".join(f"{f},{int(i) + 20231201000000},{more}\n" for f, i, more in rows))
    checked = crosscheck(task, evaluate(task))
    assert failures(checked) == set()
    one, two = checked.inputs
    assert one.reason.startswith("TrackEval would need too much memory for ids this large")
    assert two.results_given


@pytest.mark.slow
def test_a_hidden_file_in_a_folder_of_masks_is_reported(small, tmp_path):
    task = small("davis")
    for side in ("truth", "results"):
        for name in task.sequences:
            folder = tmp_path / side / name
            folder.mkdir(parents=True)
            for path in (getattr(task, side) / name).iterdir():
                (folder / path.name).symlink_to(path)
    task = replace(task, truth=tmp_path / "truth", results=tmp_path / "results")
    (task.results / task.sequences[0] / "._00000.png").write_bytes(b"\0")
    checked = crosscheck(task, evaluate(task))
    assert failures(checked) == set()
    one, two = (each for each in checked.inputs if each.reference == "trackeval")
    assert (one.truth_given, one.results_given) == (True, False)
    assert "different numbertimesteps" in one.reason
    assert two.results_given


@pytest.mark.slow
def test_videos_that_the_reference_takes_for_one_are_converted(small, tmp_path):
    task = small("youtube_vis")
    content = json.loads((task.truth / "instances.json").read_text())
    for video in content["videos"]:
        files = [f"all/{name}" for name in video["file_names"]]
        video["file_names"] = files
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(content))
    task = replace(task, truth=path, sequences=("all/v1", "all/v2"))
    checked = crosscheck(task, evaluate(task))
    assert failures(checked) == set()
    (reason,) = {each.reason for each in checked.inputs}
    assert reason.endswith("ValueError: TrackEval scores videos of one name as one")


def coco_task(folder, truth=TRUTH, results=RESULTS) -> Task:
    return plan(arguments(*write(folder, truth, results), "coco_box_ap"))


def tied_by_name(folder) -> Task:
    """Return images of two sizes whose file names are ordered against their ids; all scores tie."""
    images = [
        {"id": n, "height": 150, "width": 200 + 50 * (n % 2), "file_name": f"{9 - n}.jpg"}
        for n in range(1, 5)
    ]
    box, miss = [10, 10, 50, 80], [120, 10, 50, 80]
    common = {"category_id": 3, "bbox": box}
    annotations = [
        common | {"id": n, "image_id": n, "area": 4000, "iscrowd": 0} for n in range(1, 5)
    ]
    results = [
        common | {"image_id": n, "score": 1, "bbox": box if n in (1, 4) else miss}
        for n in (3, 1, 4, 2)
    ]
    return coco_task(folder, TRUTH | {"images": images, "annotations": annotations}, results)


def test_ties_ranked_by_file_name_in_place_of_image_id_are_seen(tmp_path, plant):
    task = tied_by_name(tmp_path)
    checked = crosscheck(task, evaluate(task))
    assert all_given(checked, "pycocotools")
    assert failures(checked) == set()
    plant(lambda tracks: replace(tracks, image=3 - tracks.image))
    checked = crosscheck(task, evaluate(task))
    assert "box AP" in {each.column for each in checked.comparisons if not each.passed}


def test_areas_of_results_with_box_and_mask_are_seen(tmp_path, plant):
    square = {"segmentation": {"size": [150, 200], "counts": [10, 4, 150 * 200 - 14]}}
    results = rewritten(RESULTS, lambda record: record.update(square))
    results[3]["score"] = 0.95  # the false positive ranks first
    task = coco_task(tmp_path, TRUTH, results)
    checked = crosscheck(task, evaluate(task))
    assert all_given(checked, "pycocotools")
    assert failures(checked) == set()
    plant(lambda tracks: replace(tracks, area=np.full(len(tracks), 5000.0)))
    checked = crosscheck(task, evaluate(task))
    wrong = {each.column for each in checked.comparisons if not each.passed}
    assert "box AP_small" in wrong
    assert "box AP" not in wrong


def test_a_coco_file_on_which_pycocotools_fails_is_converted(tmp_path):
    without = rewritten(TRUTH["annotations"], lambda record: record.pop("iscrowd"))
    truth = TRUTH | {"annotations": without}
    task = coco_task(tmp_path, truth)
    checked = crosscheck(task, evaluate(task))
    assert failures(checked) == set()
    (reason,) = {each.reason for each in checked.inputs}
    assert reason == "pycocotools fails on the files given: KeyError: 'iscrowd'"


@pytest.mark.parametrize("scored", ["200x150", "300x150"])
def test_what_is_skipped_in_a_file_of_several_sequences_is_counted_once(tmp_path, scored):
    images = [*TRUTH["images"], {"id": 30, **SIZE, "width": 300}]
    annotations = [*TRUTH["annotations"], TRUTH["annotations"][0] | {"id": 31, "image_id": 30}]
    truth = TRUTH | {"images": images, "annotations": annotations}
    args = arguments(*write(tmp_path, truth, [RESULTS[0] | {"category_id": 5}, *RESULTS]), "count")
    args.sequences = [scored]
    take_mended()
    evaluate(plan(args))
    assert take_mended() == {"results of an unlisted category, skipped": 1}
    args.sequences = None
    evaluate(plan(args))
    assert take_mended() == {"results of an unlisted category, skipped": 1}


@pytest.mark.slow
def test_parquet_is_checked_on_the_files_it_was_converted_from(small, tmp_path, plant):
    given = small("mot15")
    for name in given.sequences:
        truth, found, _ = metrics.evaluate.read_pair(given, name)
        write_tracks(tmp_path / "data" / name / "truth.parquet", truth)
        write_tracks(tmp_path / "results" / name / "tracks.parquet", found)
    task = replace(
        given,
        layout="parquet",
        truth=tmp_path / "data",
        results=tmp_path / "results",
        converted_truth={name: given.truth / name / "gt" / "gt.txt" for name in given.sequences},
        converted_results={name: given.results / f"{name}.txt" for name in given.sequences},
    )
    checked = crosscheck(task, evaluate(task))
    assert all_given(checked, "trackeval")
    assert failures(checked) == set()
    plant(without_a_row)
    assert failures(crosscheck(task, evaluate(task))) == {"trackeval"}
    half = replace(task, converted_results={})
    checked = crosscheck(half, evaluate(half))
    assert [(each.truth_given, each.results_given) for each in checked.inputs] == [
        (True, False)
    ] * 2


def test_equal_scores_are_ranked_in_the_order_of_the_names_whatever_that_of_the_option(tmp_path):
    images = [{"id": n, **SIZE, "width": 200 + n} for n in (1, 2)]
    args = arguments(*write(tmp_path, TRUTH | {"images": images, "annotations": []}, []), "count")
    args.sequences = ["202x150", "201x150"]
    assert plan(args).sequences == ("201x150", "202x150")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"layout": "coco"}, "--converted-truth: expected --layout parquet, found layout coco"),
        ({"layout": "parquet"}, "--converted-truth: expected 1 files, one for each sequence"),
    ],
)
def test_converted_files_are_given_for_each_sequence_of_parquet_files(tmp_path, more, message):
    args = arguments(*write(tmp_path, TRUTH, RESULTS), "count")
    if more["layout"] == "parquet":
        args.truth = tmp_path
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "truth.parquet").touch()
    args.converted_truth = [Path("a"), Path("b")]
    args.layout = more["layout"]
    with pytest.raises(ValueError, match=message):
        plan(args)
