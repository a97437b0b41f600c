"""One command for one's own video, with the results of a file as the tracker."""

from __future__ import annotations

import csv
import json
import re
import sys

import av
import cv2
import numpy as np
import pytest
import yaml

from datasets.formats import parquet, sam2_jsonl
from datasets.io.program import run_main
from datasets.masks import coco_rle
from datasets.media.frames import write_image
from datasets.media.video import writing_video
from datasets.sequences.run_json import read_run_json
from datasets.types import Extent, Tracks
from tests.support.paths import ROOT
from trackers.methods.imported import tracker as imported
from trackers.sam2.session import Session
from workflow import video

HEIGHT, WIDTH, FRAMES = 48, 64, 6
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with walk.mp4, the images of walk/, and a config whose variants report a file."""
    folder = tmp_path_factory.mktemp("own")
    images = [np.full((HEIGHT, WIDTH, 3), 40 + 20 * number, np.uint8) for number in range(FRAMES)]
    with writing_video(folder / "walk.mp4", 5, HEIGHT, WIDTH) as write:
        for number, image in enumerate(images):
            write(image)
            write_image(folder / "walk" / f"{number + 1}.png", image)
    extent = Extent(HEIGHT, WIDTH, FRAMES, {1: "person"})
    left = 4.0 * np.arange(FRAMES)
    box = np.stack([left, left * 0 + 10, left + 10, left * 0 + 30], axis=1)
    mask = np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    for number in range(FRAMES):
        mask[number, 10:30, 4 * number : 4 * number + 10] = True
    columns = (np.arange(FRAMES), np.full(FRAMES, 7), np.ones(FRAMES), np.ones(FRAMES), box)
    parquet.write_tracks(folder / "boxes.parquet", Tracks(extent, *columns))
    parquet.write_tracks(folder / "masks.parquet", Tracks(extent, *columns, coco_rle.encode(mask)))
    short = Tracks(Extent(HEIGHT, WIDTH, 2, {1: "person"}), *(each[:2] for each in columns))
    parquet.write_tracks(folder / "short.parquet", short)
    variants = {
        name: {
            "method": "imported",
            "options": {"results": str(folder / f"{name}.parquet"), "format": "parquet"},
        }
        for name in ("boxes", "masks", "short")
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump({"variants": variants}))
    return folder


@pytest.fixture
def run(place, tmp_path, monkeypatch, capsys):
    """A function that runs the program and returns exit code, standard output and errors."""
    monkeypatch.chdir(ROOT)

    def run(*flags, variant="boxes", source="walk.mp4", output="out"):
        words = [place / source, "--variant", variant, "--config", place / "mine.yaml"]
        words += ["--output", tmp_path / output, *flags]
        monkeypatch.setattr(sys, "argv", ["video", *map(str, words)])
        code = run_main(video.main)
        return code, *capsys.readouterr()

    return run


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def count_frames(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return float(stream.average_rate), sum(1 for _ in container.decode(stream))


def test_a_video_becomes_tracks_frames_lines_and_a_video(run, tmp_path):
    code, output, errors = run("--video", "--video-fps", "12.5", "--zone", "12,0,10,48")
    out = tmp_path / "out"
    assert code == 0, errors
    assert "frames: 6, tracks: 1, boxes: 6, entered the zone: 1, left it: 0" in output
    assert names(out / "frames") == [f"{number:06}.jpg" for number in range(FRAMES)]
    assert count_frames(out / "overlay.mp4") == (12.5, FRAMES)
    assert names(out) == [
        *("frames", "overlay.mp4", "run.json", "sequence.json", "summary.json"),
        *("tracks.jsonl", "tracks.parquet", "zone_events.csv"),
    ]
    tracks = parquet.read_tracks(out / "tracks.parquet")
    lines = sam2_jsonl.read_tracks(out / "tracks.jsonl", tracks.extent)
    assert np.array_equal(lines.box, tracks.box)
    (event,) = csv.DictReader((out / "zone_events.csv").open())
    assert (event["event"], event["frame"]) == ("enter", "1")
    assert (event["time_s"], event["image"], event["class"]) == ("0.2", "000001.jpg", "person")
    found = summary(out)
    assert (found["state"], found["frames_done"], found["tracks"]) == ("complete", 6, 1)
    assert read_run_json(out / "run.json")["command"][:3] == ["python", "-m", "trackers.run"]
    shown = cv2.imread(str(out / "frames" / "000002.jpg"))
    assert abs(shown.astype(int) - 80).max(axis=(0, 2))[8:18].min() > 60


def test_selected_frames_keep_their_numbers_and_times(run, tmp_path):
    flags = ("--stride", "2", "--max-frames", "2", "--png", "--video")
    code, _, errors = run(*flags, variant="short")
    assert code == 0, errors
    out = tmp_path / "out"
    assert names(out / "frames") == ["000000.png", "000002.png"]
    assert count_frames(out / "overlay.mp4") == (2.5, 2)
    images = [json.loads(line)["fileName"] for line in (out / "tracks.jsonl").open()]
    assert images == ["000000.png", "000002.png"]
    code, _, errors = run("--max-frames", "2", variant="short", source="walk", output="folder")
    assert code == 0, errors
    assert names(tmp_path / "folder" / "images") == ["1.png", "2.png"]
    images = [json.loads(line)["fileName"] for line in (tmp_path / "folder/tracks.jsonl").open()]
    assert images == ["1.png", "2.png"]


def test_masks_are_written_in_other_formats(run, tmp_path):
    for name, made in (("davis", "masks"), ("mots_challenge", "masks.txt")):
        flags = ("--mask-format", name, "--no-frames")
        code, _, errors = run(*flags, variant="masks", source="walk", output=name)
        assert code == 0, errors
        assert made in names(tmp_path / name)
        assert "frames" not in names(tmp_path / name)
    labels = cv2.imread(str(tmp_path / "davis" / "masks" / "00001.png"), cv2.IMREAD_GRAYSCALE)
    assert np.count_nonzero(labels) == 200
    assert len((tmp_path / "mots_challenge" / "masks.txt").read_text().splitlines()) == FRAMES


def test_what_is_done_stays_when_a_run_is_interrupted(run, tmp_path, monkeypatch):
    step = imported.Imported.step

    def interrupted(self, frame):
        if frame.index == 4:
            raise KeyboardInterrupt
        return step(self, frame)

    with monkeypatch.context() as patch:
        patch.setattr(imported.Imported, "step", interrupted)
        code, output, _ = run("--video")
    out = tmp_path / "out"
    assert code == 130
    assert "stopped; what is done stays: frames: 4 of 6, tracks: 1, boxes: 4" in output
    assert names(out / "frames") == [f"{number:06}.jpg" for number in range(4)]
    assert count_frames(out / "overlay.mp4") == (5, 4)
    assert len((out / "tracks.jsonl").read_text().splitlines()) == 4
    assert parquet.read_tracks(out / "tracks.parquet").extent.frame_count == 4
    assert (summary(out)["state"], (out / "run.json").exists()) == ("stopped", False)
    code, _, errors = run()
    assert code == 0, errors
    assert "an earlier run ended after 4 of 6 frames; tracking starts again" in errors
    assert len(names(out / "frames")) == FRAMES
    assert "overlay.mp4" not in names(out)


def test_a_complete_run_is_not_tracked_again(run, tmp_path, monkeypatch):
    assert run("--no-frames")[0] == 0
    before = (tmp_path / "out" / "tracks.parquet").stat().st_mtime_ns
    monkeypatch.setattr(imported.Imported, "step", None)  # a step would fail
    code, _, errors = run("--video")
    assert code == 0, errors
    assert (tmp_path / "out" / "tracks.parquet").stat().st_mtime_ns == before
    assert count_frames(tmp_path / "out" / "overlay.mp4") == (5, FRAMES)
    assert len(names(tmp_path / "out" / "frames")) == FRAMES


def test_a_complete_run_is_tracked_again_if_a_file_of_the_tracker_has_changed(run, place, tmp_path):
    assert run("--no-frames")[0] == 0
    file = place / "boxes.parquet"
    content, tracks = file.read_bytes(), parquet.read_tracks(file)
    parquet.write_tracks(file, tracks.take(np.arange(3)))
    code, _, errors = run("--no-frames")
    file.write_bytes(content)
    assert code == 0, errors
    assert re.search(r"out: file: .*boxes\.parquet: sha256 was .*: tracking starts again", errors)
    assert len(parquet.read_tracks(tmp_path / "out" / "tracks.parquet")) == 3


def test_a_failure_after_tracking_does_not_cost_the_tracks(run, tmp_path, monkeypatch):
    code, _, errors = run("--no-frames", "--mask-format", "davis")
    assert code == 2
    assert "--mask-format: expected tracks with masks, found boxes only" in errors
    assert summary(tmp_path / "out")["state"] == "complete"
    monkeypatch.setattr(imported.Imported, "step", None)
    assert run("--no-frames")[0] == 0


def test_other_results_and_other_files_are_kept_without_force(run, tmp_path):
    assert run("--no-frames")[0] == 0
    code, _, errors = run("--no-frames", variant="masks")
    assert code == 2
    assert "out: holds results of other settings, options: " in errors
    assert run("--no-frames", "--force", variant="masks")[0] == 0
    assert parquet.read_tracks(tmp_path / "out" / "tracks.parquet").rle is not None
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    code, _, errors = run(output="full")
    assert code == 2
    assert "full: expected an empty or a new folder, found notes.txt" in errors
    assert run("--force", "--no-frames", output="full")[0] == 0
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"
    (tmp_path / "taken" / "frames").mkdir(parents=True)
    code, _, errors = run("--force", output="taken")
    assert "expected an empty or a new folder, found frames" in errors


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--variant", "srot"), "--variant: .*found 'srot': did you mean sort or short"),
        (("--variant", "zzz"), "--variant: expected one of boxes, bytetrack, .*found 'zzz'\n"),
        (("--variant", "bytetrack"), "--detector: expected a network card for bytetrack"),
        (("--variant", "sam2_prompted"), "--prompts: expected what to track for sam2_prompted"),
        (("--prompts", "config/first_frame.json"), "--prompts: expected a prompted variant"),
        (("--zone", "1,2"), "--zone: expected left,top,width,height or .*found '1,2'"),
        (("--zone", "100,0,10,10"), "zone .* lies outside the 64 x 48 image"),
        (
            ("--mask-threshold", "0"),
            "--mask-threshold: expected a variant with this option, found boxes",
        ),
        (("--key-frame", "3"), "--key-frame: expected a variant with this option, found boxes"),
        (("--sam2", "demo"), "--sam2: expected a variant with SAM 2, found boxes"),
        (("--checkpoint", "mine.pt"), "--checkpoint: expected --sam2 SIZE or --model-config"),
        (("--classes", "dog", "--mask-format", "mots"), "mots has the classes .*found 'dog'"),
        (("--options", '{"resutls": 1}'), "variant boxes: options: expected some of"),
        (("--video-fps", "5"), "--video-fps: expected --video too"),
        (("--config", "no.yaml"), "no.yaml: no such config file"),
        (
            ("--variant", "yolo_sam2_article", "--sam2", "tiny"),
            r"sam2\.1_hiera_tiny\.pt: expected a file that yolo_sam2_article uses, found none: "
            "download it by `snakemake",
        ),
    ],
)
def test_a_flag_that_does_not_fit_is_refused(run, tmp_path, flags, message):
    code, _, errors = run(*flags)
    assert code == 2
    assert re.search(message, errors), errors
    assert not (tmp_path / "out" / "tracks.parquet").exists()


def test_objects_are_prompted_as_drawn_and_demo_weights_are_marked(run, tmp_path, monkeypatch):
    given, prompt = {}, Session.prompt
    monkeypatch.setattr(
        Session, "prompt", lambda self, prompts: given.update(prompts) or prompt(self, prompts)
    )
    shapes = [
        {"label": "cart", "points": [[10, 8], [30, 40]], "shape_type": "rectangle"},
        {"label": "cart", "points": [[50, 20]], "shape_type": "point"},
    ]
    content = {"imagePath": "1.png", "imageHeight": 48, "imageWidth": 64, "shapes": shapes}
    (tmp_path / "1.json").write_text(json.dumps(content))
    flags = ("--prompts", tmp_path / "1.json", "--sam2", "demo", "--mask-threshold", "-10000")
    code, output, errors = run(*flags, "--max-frames", "2", variant="sam2_prompted", source="walk")
    assert code == 0, errors
    assert "frames: 2, tracks: 2, boxes with masks: 4" in output
    assert "warning: trackers/weights/sam2_demo.safetensors: demo weights, trained on" in errors
    assert given[1].box.tolist() == [10, 8, 30, 40]
    assert (given[2].box, given[2].points.tolist()) == (None, [[50.5, 20.5]])
    found = summary(tmp_path / "out")
    assert found["demo_weights"] == ["trackers/weights/sam2_demo.safetensors"]
    assert read_run_json(tmp_path / "out" / "run.json")["options"]["prompt"] == "drawn"
    lines = [json.loads(line) for line in (tmp_path / "out" / "tracks.jsonl").open()]
    assert [each["name"] for each in lines[0]["prelabels"]] == ["cart", "cart"]
    for name in ("key_frame.png", "frames/1.jpg"):
        shown = cv2.imread(str(tmp_path / "out" / name))[..., ::-1].astype(int)
        assert (abs(shown[-3:, :40] - [255, 190, 0]).max(axis=2) < 40).mean() > 0.5, name


def test_an_output_folder_around_or_inside_the_source_is_refused(run, place):
    for folder in (place, place / "walk" / "out"):
        code, _, errors = run(output=folder, source="walk")
        assert code == 2
        assert "--output: expected a folder beside" in errors
    code, _, errors = run(source="nothing.mp4")
    assert "nothing.mp4: no such image folder or video file" in errors
