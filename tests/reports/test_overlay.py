from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest

from datasets.formats import parquet
from datasets.media.frames import sequence_frames, write_image
from datasets.media.video import writing_video
from datasets.media.video_facts import read_facts
from datasets.own import read_own
from datasets.sequences.sequence_json import write_prepared
from datasets.types import Extent, Tracks
from reports import overlay
from reports.overlays.drawing import PALETTE
from tests.support.media import drawn
from tests.support.media.manifest_videos import VARIED, VARIED_MS, written
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def walk(tmp_path):
    """(sequence.json, tracks.parquet) of four grey images, an object in two of them."""
    for number in range(8, 12):
        write_image(tmp_path / "in" / f"{number}.png", np.full((45, 61, 3), 100, np.uint8))
    path = tmp_path / "out" / "sequence.json"
    write_prepared(path, read_own(tmp_path / "in", "walk"))
    return path, tracks_file(tmp_path, Extent(45, 61, 4, {1: "dog"}))


def tracks_file(folder, extent):
    box = np.array([[10, 20, 30, 40]] * 2, float)
    path = folder / "tracks.parquet"
    parquet.write_tracks(path, Tracks(extent, [1, 3], [7, 7], [1, 1], [1, 1], box))
    return path


def run(walk, *more):
    command = [sys.executable, "-m", "reports.overlay", "--sequence", walk[0]]
    command += ["--tracks", walk[1], *more]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def read_video(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        facts = stream.codec_context.name, stream.pix_fmt, float(stream.average_rate)
        return facts, [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]


def test_frames_and_video_show_the_objects(walk, tmp_path):
    done = run(walk, "--frames", tmp_path / "f", "--video", tmp_path / "v.mp4", "--fps", "12.5")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "f").iterdir())
    assert names == ["10.jpg", "11.jpg", "8.jpg", "9.jpg"]
    frames = [cv2.imread(str(tmp_path / "f" / f"{n}.jpg"))[..., ::-1] for n in range(8, 12)]
    facts, images = read_video(tmp_path / "v.mp4")
    assert facts == ("h264", "yuv420p", 12.5)
    assert [image.shape for image in images] == [(46, 62, 3)] * 4
    for shown in (frames, images):
        near = [abs(image[30, 10].astype(int) - PALETTE[0]).max() < 60 for image in shown]
        assert near == [False, True, False, True]
        assert abs(shown[0].astype(int) - 100).max() < 4


def test_a_video_is_close_to_its_images(tmp_path):
    down, across = np.mgrid[:96, :128]
    image = np.stack([2 * down, across, 255 - across], 2).astype(np.uint8)
    with writing_video(tmp_path / "v.mp4", 30000 / 1001, 96, 128) as write:
        for _ in range(3):
            write(image)
    facts, images = read_video(tmp_path / "v.mp4")
    assert facts[2] == pytest.approx(30000 / 1001)
    assert [abs(each.astype(int) - image).mean() < 4 for each in images] == [True] * 3


def test_an_unfinished_video_is_removed(tmp_path):
    def give_up():
        with writing_video(tmp_path / "v.mp4", 10, 4, 4) as write:
            write(np.zeros((4, 4, 3), np.uint8))
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        give_up()
    assert list(tmp_path.iterdir()) == []


def test_a_trail_is_as_long_as_requested(walk, tmp_path):
    tracks = parquet.read_tracks(walk[1])
    moved = replace(tracks, box=tracks.box + np.array([[0], [10]]))
    parquet.write_tracks(walk[1], moved)
    for name, seconds in (("with", "1"), ("without", "0")):
        done = run(walk, "--frames", tmp_path / name, "--trail", seconds)
        assert done.returncode == 0, done.stderr
    with_trail, without = (
        cv2.imread(str(tmp_path / name / "11.jpg")).astype(int) for name in ("with", "without")
    )
    assert abs(with_trail - without)[40:45, 20:30].max() > 40  # between the lower edges
    assert abs(with_trail - without)[:30].max() < 10


def test_several_results_are_side_by_side_after_the_ground_truth(walk, tmp_path):
    truth = tmp_path / "truth.parquet"
    extent = Extent(45, 61, 4, {1: "dog", 2: "crowd"}, (2,))
    box = np.array([[5, 20, 15, 30], [40, 20, 50, 30], [25, 20, 35, 30]], float)
    parquet.write_tracks(truth, Tracks(extent, [0] * 3, [1, 2, 3], [1, 1, 2], [1, 0, 1], box))
    more = ["--tracks", walk[1], walk[1], "--titles", "one", "<two>", "--truth", truth]
    done = run(walk, *more, "--video", tmp_path / "v.mp4", "--frames", tmp_path / "f")
    assert done.returncode == 0, done.stderr
    _, images = read_video(tmp_path / "v.mp4")
    assert [image.shape for image in images] == [
        (66, 184, 3)
    ] * 4  # a title strip of 20 rows; even size
    first, second = (cv2.imread(str(tmp_path / "f" / f"{n}.jpg"))[20:, :, ::-1] for n in (8, 9))
    seen = [abs(image[25].astype(int) - 100).sum(1) > 60 for image in (first, second)]
    drawn_on = [[bool(row[61 * n : 61 * (n + 1)].any()) for n in range(3)] for row in seen]
    assert drawn_on == [[True, False, False], [False, True, True]]
    assert not seen[0][20:61].any()  # unscored and ignored ground truth


def test_each_result_needs_one_title(walk, tmp_path):
    video = ["--video", tmp_path / "v.mp4"]
    assert (
        "one title for each of --tracks, found 0"
        in run(walk, "--tracks", walk[1], walk[1], *video).stderr
    )
    assert (
        "one title for each of --tracks, found 2" in run(walk, "--titles", "a", "b", *video).stderr
    )
    assert "expected 0 to 60 seconds, found '-1'" in run(walk, "--trail=-1", *video).stderr


def break_image(tmp_path, walk):
    (tmp_path / "in" / "10.png").write_bytes(b"none")
    return "10.png: not a readable image"


def break_size(tmp_path, walk):
    tracks_file(tmp_path, Extent(46, 61, 4, {1: "dog"}))
    return "walk, tracks: expected images of 61 x 45, found 61 x 46"


def break_length(tmp_path, walk):
    (tmp_path / "in" / "10.png").unlink()
    (tmp_path / "in" / "11.png").unlink()
    write_prepared(walk[0], read_own(tmp_path / "in", "walk"))
    return "walk, tracks: expected 2 frames, found 4"


def break_folder(tmp_path, walk):
    write_image(tmp_path / "f" / "mine.png", np.zeros((4, 4, 3), np.uint8))
    return "f: not empty: choose another folder"


def break_tracks(tmp_path, walk):
    walk[1].write_bytes(b"")
    return "tracks.parquet: "


@pytest.mark.parametrize(
    "harm", [break_image, break_size, break_length, break_folder, break_tracks]
)
def test_an_error_is_reported_and_nothing_is_written(walk, tmp_path, harm):
    message = harm(tmp_path, walk)
    before = sorted(tmp_path.rglob("*"))
    done = run(walk, "--frames", tmp_path / "f", "--video", tmp_path / "v.mp4")
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zone_is_drawn_or_refused(walk, tmp_path):
    done = run(walk, "--frames", tmp_path / "frames", "--zone", "[5, 5, 50, 35]")
    assert done.returncode == 0, done.stderr
    image = cv2.imread(str(tmp_path / "frames" / "8.jpg"))
    assert image[5, 30].mean() > 200
    assert abs(image[22, 30].mean() - 100) < 5
    done = run(walk, "--frames", tmp_path / "others", "--zone", "[500, 5, 50, 35]")
    assert done.returncode == 2
    assert "lies outside the 61 x 45 image" in done.stderr
    assert not (tmp_path / "others").exists()


def test_an_output_is_required(walk):
    assert "expected --frames or --video, found neither" in run(walk).stderr
    assert "expected a name that ends in .mp4, found v.avi" in run(walk, "--video", "v.avi").stderr


@pytest.mark.parametrize(("more", "times"), [([], VARIED), (["--fps", "10"], None)])
def test_the_video_keeps_the_times_of_upright_frames(tmp_path, monkeypatch, more, times):
    stored = [np.ascontiguousarray(np.rot90(drawn.draw(number), -1)) for number in range(8)]
    make = written(times_ms=VARIED_MS, images=stored, turn={"degrees": 90})
    path = tmp_path / "out" / "sequence.json"
    write_prepared(path, read_own(make(tmp_path / "phone.mp4"), "phone"))
    tracks, video = tracks_file(tmp_path, Extent(48, 64, 8, {1: "dog"})), tmp_path / "v.mp4"
    flags = ["--tracks", tracks, "--sequence", path, "--video", video, *more]
    monkeypatch.setattr(sys, "argv", ["overlay", *map(str, flags)])
    overlay.main()
    assert read_facts(video).timestamps == (times and pytest.approx(times, abs=1e-4))
    shown = read_own(video, "shown").sequence
    assert [drawn.read(image) for image in sequence_frames(shown)][::2] == [0, 2, 4, 6]
