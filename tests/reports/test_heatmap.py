from __future__ import annotations

import json
import subprocess
import sys

import av
import cv2
import numpy as np
import pytest

from datasets.formats import parquet
from datasets.io.program import run_main
from datasets.media.frames import write_image
from datasets.own import read_own
from datasets.sequences.sequence_json import write_prepared
from datasets.types import Extent, Tracks
from reports.heatmap import main
from tests.support.paths import ROOT

EXTENT = Extent(72, 96, 4, {1: "dog", 2: "cat"})


@pytest.fixture
def workdir(tmp_path):
    """A folder with four grey images: a dog in all, and a cat that is not in the ground truth."""
    for number in range(4):
        write_image(tmp_path / "in" / f"{number}.png", np.full((72, 96, 3), 200, np.uint8))
    write_prepared(tmp_path / "out" / "sequence.json", read_own(tmp_path / "in", "walk"))
    frame, class_id = [0, 1, 2, 3, 3], [1, 1, 1, 1, 2]
    box = np.array([[20, 20, 40, 60]] * 4 + [[70, 10, 90, 30]], float)
    both = Tracks(EXTENT, frame, [1, 1, 1, 1, 2], class_id, np.ones(5), box)
    unscored = Tracks(EXTENT, frame, [1, 1, 1, 1, 2], class_id, [1, 1, 1, 1, 0], box)
    parquet.write_tracks(tmp_path / "tracks.parquet", both)
    parquet.write_tracks(tmp_path / "truth.parquet", unscored)
    return tmp_path


@pytest.fixture
def run(workdir, monkeypatch, capsys):
    """A function that runs the program in this process and returns its exit code and stderr."""

    def call(*more, truth=False):
        command = ["heatmap", "--sequence", workdir / "out" / "sequence.json"]
        command += ["--tracks", workdir / "tracks.parquet"]
        command += ["--truth", workdir / "truth.parquet"] if truth else []
        monkeypatch.setattr(sys, "argv", [str(each) for each in (*command, *more)])
        try:
            code = run_main(main)
        except SystemExit as error:
            code = error.code
        return code, capsys.readouterr().err

    return call


@pytest.fixture
def picture(workdir, run):
    """A function that returns the PNG as BGR."""

    def call(*more, **flags):
        code, stderr = run(*more, "--output", workdir / "heat.png", **flags)
        assert code == 0, stderr
        return cv2.imread(str(workdir / "heat.png")).astype(int)

    return call


def coloured(image, row, column):
    """Return whether a pixel is not grey, so that it shows heat."""
    return np.ptp(image[row, column]) > 20


def test_a_picture_shows_heat_at_the_objects_only(picture):
    image = picture("--kernel", "box")
    assert image.shape == (72, 96, 3)
    assert coloured(image, 40, 30)
    assert coloured(image, 20, 80)
    assert (image[65:, 60:] == 110).all()  # the dimmed image


def test_a_picture_of_an_earlier_time_or_another_class_has_less(picture):
    assert not coloured(picture("--kernel", "box", "--time", "0.1"), 20, 80)
    assert not coloured(picture("--kernel", "box", "--classes", "dog"), 20, 80)


def test_the_kernel_foot_heats_the_lower_edge_only(picture):
    image = picture()
    assert coloured(image, 60, 30)
    assert not coloured(image, 40, 30)


def test_with_ground_truth_there_are_three_maps_and_the_last_is_the_difference(picture):
    image = picture("--kernel", "box", truth=True)
    assert image.shape[0] == 72
    truth, prediction, difference = (image[:, at : at + 96] for at in (0, 98, 196))
    assert [coloured(each, 40, 30) for each in (truth, prediction, difference)] == [1, 1, 0]
    assert [coloured(each, 20, 80) for each in (truth, prediction, difference)] == [0, 1, 1]
    blue, _, red = difference[20, 80]
    assert red > blue + 20  # orange: more heat than in the ground truth


def test_maskout_is_blue_without_heat(picture):
    image = picture("--mode", "maskout")
    assert image[70, 95].tolist() == [204, 140, 140]  # 0.7 of 200, and half of JET's 128 in blue


def test_a_sequence_without_images_is_grey(workdir, picture):
    path = workdir / "out" / "sequence.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"images": None}))
    image = picture("--kernel", "box")
    assert np.ptp(image[70, 95]) == 0
    assert coloured(image, 40, 30)


@pytest.mark.parametrize(("truth", "width"), [(False, 96), (True, 292)])
def test_a_video_has_every_frame(workdir, run, truth, width):
    code, stderr = run("--output", workdir / "heat.mp4", truth=truth)
    assert code == 0, stderr
    with av.open(str(workdir / "heat.mp4")) as container:
        shapes = [frame.to_ndarray(format="rgb24").shape for frame in container.decode(video=0)]
    assert shapes == [(72, width, 3)] * 4


def test_json_holds_both_maps_and_their_agreement(workdir, run):
    code, stderr = run("--kernel", "box", "--output", workdir / "heat.json", truth=True)
    assert code == 0, stderr
    content = json.loads((workdir / "heat.json").read_text())
    walk = content["sequences"]["walk"]
    assert content["kernel"] == "box"
    # ground truth: 4 dogs of 20 x 40 pixels; the prediction adds a cat of 20 x 20
    assert walk["agreement"]["error"] == pytest.approx(400 / 3200, rel=1e-3)
    assert walk["still"].startswith("data:image/jpeg;base64,")


def break_tracks(workdir):
    (workdir / "tracks.parquet").write_bytes(b"")
    return [], "tracks.parquet: "


def break_truth(workdir):
    parquet.write_tracks(workdir / "truth.parquet", Tracks(Extent(9, 9, 4, {}), *[[]] * 5))
    return [], "walk, ground truth: expected images of 96 x 72, found 9 x 9"


def break_image(workdir):
    (workdir / "in" / "3.png").write_bytes(b"none")
    return [], "3.png: not a readable image"


def break_class(workdir):
    return ["--classes", "horse"], "classes: expected some of ['dog', 'cat'], found ['horse']"


def break_kernel(workdir):
    return ["--kernel", "mask"], "kernel mask: expected tracks with masks, found none"


def break_time(workdir):
    return ["--time", "0.4"], "--time: expected a time within the 0.4 seconds of walk, found 0.4"


def break_half_life(workdir):
    return ["--half-life", "0"], "expected a number of seconds above 0, found '0'"


def break_count(workdir):
    return ["--truth", "a", "b"], "--truth: expected one file for each of 1 tracks files, found 2"


@pytest.mark.parametrize(
    "harm",
    [
        *(break_tracks, break_truth, break_image, break_class, break_kernel, break_time),
        *(break_half_life, break_count),
    ],
)
def test_an_error_is_reported_and_nothing_is_written(workdir, run, harm):
    flags, message = harm(workdir)
    before = sorted(workdir.rglob("*"))
    code, stderr = run("--output", workdir / "heat.png", *flags, truth="--truth" not in flags)
    assert code == 2
    assert message in stderr.splitlines()[-1]
    assert sorted(workdir.rglob("*")) == before


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--output", "heat.gif"],
            "expected a name that ends in .png, .mp4, .json, found heat.gif",
        ),
        (["--output", "heat.mp4", "--time", "0"], "--time: allowed for a .png only"),
        (["--output", "heat.png", "--tracks", "a", "b"], "--tracks: expected one file"),
    ],
)
def test_incompatible_flags_are_refused(run, flags, message):
    code, stderr = run(*flags)
    assert code == 2
    assert message in stderr


@pytest.mark.slow
def test_a_job_of_the_page_loads_no_heavy_library():
    code = "import sys, reports.heatmap; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"av", "matplotlib", "pandas", "scipy", "torch", "vl_convert"}
    assert not {*done.stdout.split()} & heavy
