"""Pictures of errors: files in the page's folder, data in the page, and drawings."""

from __future__ import annotations

import base64
import json
import os
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from datasets.formats import parquet
from datasets.masks.coco_rle import decode, encode
from datasets.media.frames import write_image
from datasets.sequences.sequence_json import Prepared, write_prepared
from datasets.types import Extent, Sequence, Tracks
from metrics.events import events_of, write_events
from metrics.score import make_pairings
from reports.gallery import pictures, variant
from reports.gallery.media import describe_objects, picture_size
from reports.gallery.page_part import page_parts
from reports.gallery.thumbnails import draw_strip, worst_events
from reports.gallery.timelines import LOST, Timelines

EXTENT = Extent(600, 960, 4, {1: "<script>", 5: "dog"})
HOSTILE = "<img src=x> \"q' #%?&+"
VARIANT = "\u202ev&v"


def tracks(rows, masks=None):
    """Return rows (frame, track id, left) of class <script>, 96 wide and 60 high."""
    frame, track, left = (np.array([row[i] for row in rows], float) for i in range(3))
    box = np.column_stack([left, np.full(len(rows), 120), left + 96, np.full(len(rows), 180)])
    ones = np.ones(len(rows))
    return Tracks(EXTENT, frame, track, ones, ones, box, masks)


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """Object 7 is matched by track 1, then 2, then none; track 3 is a false track."""
    truth = tracks([(frame, 7, 192) for frame in range(4)])
    found = tracks([(0, 1, 192), (1, 2, 192), (2, 2, 192), (2, 3, 600), (3, 3, 600)])
    data, results = tmp_path / "data" / "d" / HOSTILE, tmp_path / "results" / VARIANT / "d"
    for frame in range(4):
        write_image(data / "images" / f"{frame}.png", np.full((600, 960, 3), 50 * frame, np.uint8))
    sequence = Sequence("d", HOSTILE, EXTENT, 25, "images")
    write_prepared(data / "sequence.json", Prepared(sequence, truth))
    (results / HOSTILE).mkdir(parents=True)
    parquet.write_tracks(results / HOSTILE / "tracks.parquet", found)
    events = events_of(make_pairings(truth, found, "plain"))
    path = results / HOSTILE / "plain" / "events.parquet"
    write_events(path, {(HOSTILE, name): each for name, each in events.items()})
    make_pictures(tmp_path, monkeypatch)
    return tmp_path


def make_pictures(workdir, monkeypatch):
    data, media = workdir / "data" / "d", workdir / "reports" / "media" / "d"
    own = ["--sequence", data / HOSTILE / "sequence.json", "--output", media / "frames" / HOSTILE]
    outputs = ["--variant", VARIANT, "--results", workdir / "results" / VARIANT / "d"]
    outputs += ["--sequences", HOSTILE, "--protocols", "plain", "--pictures", media / "frames"]
    for program, flags in (
        (pictures, [*own, "--truth", data / HOSTILE / "truth.parquet"]),
        (variant, [*outputs, "--truth", data, "--output", media / "tracks" / VARIANT]),
    ):
        monkeypatch.setattr(sys, "argv", [program.__name__, *map(str, flags)])
        program.main()


def part(workdir):
    """Return the page's data of the run."""
    plan = {"dataset": "d", "protocol": "plain"}
    one = SimpleNamespace(entry={"name": VARIANT}, sequences={HOSTILE: {}})
    files = {HOSTILE: {"frame_rate": 25, "images": "images"}}
    return page_parts(
        [SimpleNamespace(plan=plan, variants=[one], files=files, finished=False)], workdir
    )[0]


def passed_data(path):
    """Return the data that a script passes to the page."""
    text = path.read_text()
    assert text.startswith("bench.media.add(")
    return json.loads(text.removeprefix("bench.media.add(").removesuffix(");\n"))


def test_pictures_are_downscaled_to_480_pixels_and_small_images_stay():
    assert picture_size(EXTENT) == (300, 480)
    assert picture_size(Extent(288, 384, 1, {})) == (288, 384)


def test_objects_are_in_pixels_of_the_pictures():
    rows = tracks([(0, 7, 100), (2, 7, 200), (2, 8, 300)])
    found = describe_objects(rows)
    assert found["first"] == [0, 1, 1, 3, 3]
    assert found["track"] == [7, 7, 8]
    assert found["box"][:4] == [500, 600, 980, 900]
    assert [found["classes"][each] for each in found["class"]] == ["<script>"] * 3


def test_masks_are_in_pixels_of_the_pictures():
    dense = np.zeros((1, 600, 960), bool)
    dense[0, 100:200, 300:500] = True
    text = describe_objects(tracks([(0, 7, 300)], encode(dense)))["rle"][0]
    small = np.zeros((300, 480), bool)
    small[50:100, 150:250] = True
    assert (decode(encode(small[None])) == small).all()
    assert text == encode(small[None]).runs[0].decode()


def test_every_frame_and_object_is_in_the_media_folder(workdir):
    media = workdir / "reports" / "media" / "d"
    names = sorted(path.name for path in (media / "frames" / HOSTILE).iterdir())
    assert names == ["000000.jpg", "000001.jpg", "000002.jpg", "000003.jpg", "truth.js"]
    image = cv2.imread(str(media / "frames" / HOSTILE / "000002.jpg"))
    assert image.shape == (300, 480, 3)
    assert abs(image.astype(int) - 100).max() <= 2
    truth = passed_data(media / "frames" / HOSTILE / "truth.js")
    found = passed_data(media / "tracks" / VARIANT / f"{HOSTILE}.js")
    assert (truth["dataset"], truth["sequence"], truth["variant"]) == ("d", HOSTILE, None)
    assert (found["variant"], found["track"]) == (VARIANT, [1, 2, 2, 3, 3])


def test_the_page_has_timelines_and_the_worst_error_of_each_kind(workdir):
    found = part(workdir)
    assert found["timelines"][VARIANT][HOSTILE]["<script>"] == {
        "objects": ((7, 0, 1, 1, 1, 2, 2, 3, 1, LOST),),
        "tracks": ((3, 2, 2),),
        "fragmentations": (),
    }
    worst = found["thumbnails"][VARIANT]
    places = [(each["kind"], each["identity"], each["frame"]) for each in worst]
    assert places == [("switch", 7, 1), ("miss", 7, 3), ("false_alarm", 3, 2)]
    strip = np.frombuffer(base64.b64decode(worst[0]["webp"]), np.uint8)
    assert cv2.imdecode(strip, cv2.IMREAD_COLOR).shape == (178, 268, 3)
    assert found["media"]["variants"] == [VARIANT]
    assert found["media"]["sequences"] == {HOSTILE: {"rate": 25, "pictures": True}}


def test_pictures_older_than_the_events_are_left_out(workdir):
    path = workdir / "results" / VARIANT / "d" / HOSTILE / "plain" / "events.parquet"
    os.utime(path, (2**32, 2**32))
    found = part(workdir)
    assert found["thumbnails"] == {}
    assert found["media"]["variants"] == []
    assert VARIANT in found["timelines"]


def test_a_page_without_media_has_its_timelines(workdir):
    (workdir / "reports").rename(workdir / "gone")
    found = part(workdir)
    assert (found["thumbnails"], found["media"]["sequences"]) == ({}, {})
    assert found["timelines"][VARIANT][HOSTILE]


def test_the_worst_errors_are_the_longest_and_the_most_switches_once_per_object():
    objects = (
        (1, 0, 1, 4, 1, 1, 5, 2, 1, 4),
        (2, 0, 2, 4, 2, 3, LOST, 5, 1, 6, 6, 9, LOST),
    )
    events = worst_events({"s": {"p": Timelines(objects, ((9, 3, 1, 5, 7),), ())}})
    found = [(each.kind, each.identity, each.frame, each.weight) for each in events]
    assert found == [("switch", 1, 1, 2), ("miss", 2, 6, 9), ("false_alarm", 9, 5, 7),
                     ("switch", 2, 5, 1)]  # fmt: skip


def test_a_strip_without_pictures_is_grey_and_blank_outside_the_sequence(tmp_path):
    truth = tracks([(0, 7, 192)])
    (event,) = worst_events({"s": {"<script>": Timelines(((7, 0, 1, LOST),), (), ())}})
    strip = draw_strip(event, truth, truth.take([]), tmp_path)
    image = cv2.imdecode(np.frombuffer(strip, np.uint8), cv2.IMREAD_COLOR).astype(int)
    assert image[40, 40].min() > 240  # before the first frame is nothing
    assert abs(image[140, 240] - 128).max() < 10
