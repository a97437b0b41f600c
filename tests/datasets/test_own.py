from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from datasets.media.frames import read_frames, write_image
from datasets.own import read_own
from datasets.sequences.sequence_json import open_sequence, read_sequence
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


def picture(level, height=20, width=30):
    return np.full((height, width, 3), level, np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Three images whose order is determined by the numbers in their names."""
    for number in (2, 10, 1):
        write_image(tmp_path / "walk" / f"{number}.png", picture(number))
    return tmp_path / "walk"


@pytest.fixture
def first(json_file):
    """Prompts of a dog and a cat, as JSON."""
    corners = {"xmin": 1, "ymin": 2, "xmax": 9, "ymax": 40}
    names = ("dog", "cat")
    objects = [{"name": name, "bndbox": corners} for name in names]
    return json_file({"annotation": {"object": objects}}, "first.json")


def run(images, output, *more):
    command = [sys.executable, "-m", "datasets.own", images, "--output", output, *more]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_a_folder_becomes_a_sequence_with_prompts(folder, first, tmp_path):
    done = run(folder, tmp_path / "out", "--prompts", first, "--fps", "12.5")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("sequence.json: frames: 3, size: 30 x 20, objects: 2\n")
    path = tmp_path / "out" / "sequence.json"
    sequence, prompts = read_sequence(path), open_sequence(path).prompts()
    assert (sequence.name, sequence.frame_rate) == ("out", 12.5)
    assert sequence.extent.classes == {1: "dog", 2: "cat"}
    assert prompts.track.tolist() == prompts.class_id.tolist() == [1, 2]
    assert prompts.box.tolist() == [[1, 2, 9, 20]] * 2
    images = [image[0, 0, 0] for image in read_frames(folder, sequence.extent)]
    assert images == [1, 2, 10]


def test_the_frame_rate_of_a_video_is_read_from_the_file(shared):
    video = shared / "davis2017" / "dogs-jump" / "video.mp4"
    found = read_own(video, "dogs").sequence
    assert (found.extent.width, found.extent.height, found.extent.frame_count) == (432, 240, 66)
    assert found.frame_rate > 1
    assert found.extent.classes == {1: "object"}


def test_a_sequence_without_a_prompt_file_has_no_prompts(folder):
    found = read_own(folder, "walk")
    assert found.prompts is None
    assert found.sequence.frame_rate == 10


def break_size(folder):
    write_image(folder / "10.png", picture(0, height=22))
    return r"10\.png: expected size 30 x 20 as in .*1\.png, found 30 x 22"


def break_image(folder):
    (folder / "2.png").write_bytes((folder / "2.png").read_bytes()[:40])
    return r"2\.png: not a readable image"


def break_number(folder):
    write_image(folder / "02.jpg", picture(0))
    return r"walk: 02\.jpg and 2\.png are the same frame"


def break_all(folder):
    for path in folder.iterdir():
        path.unlink()
    return r"walk: expected images \(.*\.jpg, .*\), found none"


def break_folder(folder):
    break_all(folder)
    folder.rmdir()
    return r"walk: no such image folder or video file"


@pytest.mark.parametrize(
    "break_it", [break_size, break_image, break_number, break_all, break_folder]
)
def test_bad_images_are_named_and_nothing_is_written(folder, first, tmp_path, break_it):
    message = break_it(folder)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read_own(folder, "walk", first)
    done = run(folder, tmp_path / "out", "--prompts", first)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("python -m datasets.own: error: ")
    assert not (tmp_path / "out").exists()


def test_bad_prompts_are_named_and_nothing_is_written(folder, json_file, tmp_path):
    for content, message in (({}, "expected at least one object"), ([], "expected an object")):
        done = run(folder, tmp_path / "out", "--prompts", json_file(content, "first.json"))
        assert done.returncode == 2
        assert f"first.json: {message}" in done.stderr
    done = run(folder, tmp_path / "out", "--prompts", tmp_path / "nowhere.json")
    assert done.returncode == 2
    assert "nowhere.json" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_frame_rate_of_zero_is_refused(folder, tmp_path):
    error = "expected frames per second, above 0 and at most 1000, found '0'"
    assert error in run(folder, tmp_path, "--fps", "0").stderr


def test_class_names_for_a_detector_replace_prompts(folder, first, tmp_path):
    done = run(folder, tmp_path / "out", "--classes", "person", "car")
    assert done.returncode == 0, done.stderr
    sequence = read_sequence(tmp_path / "out" / "sequence.json")
    assert sequence.extent.classes == {1: "person", 2: "car"}
    both = run(folder, tmp_path / "both", "--prompts", first, "--classes", "person")
    assert both.returncode == 2
    assert "expected classes or prompts, found both: ['person'] and" in both.stderr
    twice = run(folder, tmp_path / "both", "--classes", "person", "person")
    assert twice.returncode == 2
    assert "classes: expected unique names" in twice.stderr
    assert not (tmp_path / "both").exists()
