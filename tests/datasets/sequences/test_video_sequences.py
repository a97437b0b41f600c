"""A video of a prepared sequence, and a video where MOTChallenge's layout has img1/."""

from __future__ import annotations

import os
import re

import pytest

from datasets.media.frames import sequence_frames
from datasets.own import read_own
from datasets.readers import mot15
from datasets.sequences.mot_images import times_path
from datasets.sequences.sequence_folder import write_folder
from datasets.sequences.sequence_json import open_sequence, read_sequence, write_prepared
from tests.support.media import drawn
from tests.support.media.manifest_videos import VARIED, VARIED_MS, damaged, several, written
from tests.support.media.videos import COUNT

INFO = "[Sequence]\nframeRate=5\nseqLength={count}\nimWidth=64\nimHeight={height}\n"


@pytest.fixture
def prepared(tmp_path):
    """The sequence.json of a video whose rate varies."""
    video = written(times_ms=VARIED_MS)(tmp_path / "walk.mp4")
    write_prepared(tmp_path / "walk" / "sequence.json", read_own(video, "walk"))
    return tmp_path / "walk" / "sequence.json"


def test_frame_times_are_kept_in_the_file_and_in_a_folder_for_other_programs(prepared, tmp_path):
    sequence = read_sequence(prepared)
    assert sequence.timestamps == VARIED
    assert [sequence.elapsed(frame) for frame in (0, 1, 3)] == pytest.approx([1, 1, 134 / 33])
    folder = tmp_path / "root" / "train" / "walk"
    write_folder(folder, sequence, None)
    (folder / "gt").mkdir()
    (folder / "gt" / "gt.txt").write_text("1,1,1,1,9,9,1,-1,-1,-1\n")
    assert mot15.read("own", tmp_path / "root", "walk", folder).sequence.timestamps == VARIED
    times_path(folder).write_text("0\n0.5\n0.25\n")
    with pytest.raises(ValueError, match=r"timestamps\.txt: expected 8 lines, found 3"):
        mot15.read("own", tmp_path / "root", "walk", folder)


def test_a_video_that_changed_is_refused_and_one_that_was_only_touched_is_not(prepared, tmp_path):
    video = tmp_path / "walk.mp4"
    os.utime(video, (1, 1))
    assert len(list(sequence_frames(read_sequence(prepared)))) == COUNT
    content = bytearray(video.read_bytes())
    content[-1] ^= 1
    video.write_bytes(content)
    with pytest.raises(ValueError, match=r"walk\.mp4: expected SHA-256 .* prepare it again"):
        sequence_frames(read_sequence(prepared))
    video.write_bytes(content + b"0")
    with pytest.raises(ValueError, match=r"walk\.mp4: expected [0-9]+ bytes, found [0-9]+"):
        sequence_frames(read_sequence(prepared))
    video.unlink()
    with pytest.raises(FileNotFoundError, match=r"walk\.mp4: no such"):
        sequence_frames(read_sequence(prepared))


def test_accepted_damage_is_recorded(tmp_path):
    video = damaged(0.6, "ffv1")(tmp_path / "walk.mkv")
    found = read_own(video, "walk", accept_damaged=True)
    write_prepared(tmp_path / "sequence.json", found)
    sequence = read_sequence(tmp_path / "sequence.json")
    assert sequence.damaged == found.sequence.damaged == (4,)
    assert len(list(sequence_frames(sequence))) == COUNT


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.033", "-1", "timestamps: expected increasing numbers from 0"),
        ("0.033", '"a"', "timestamps: expected numbers"),
        ("0.033,\n", "", "timestamps: expected 8 numbers, found 7"),
        ('"mtime_ns"', '"mtime"', "video: expected whole numbers size and mtime_ns"),
        (
            '"schema_version"',
            '"damaged": [8],\n"schema_version"',
            "damaged: expected frame numbers",
        ),
    ],
)
def test_invalid_facts_of_a_video_are_refused(prepared, old, new, message):
    text = prepared.read_text()
    assert old in text
    prepared.write_text(re.sub(rf"\s*{re.escape(old)}", new, text, count=1))
    with pytest.raises(ValueError, match=message):
        open_sequence(prepared)


@pytest.fixture
def folder(tmp_path):
    """A sequence in MOTChallenge layout, without images."""
    folder = tmp_path / "train" / "walk"
    (folder / "gt").mkdir(parents=True)
    (folder / "gt" / "gt.txt").write_text("1,1,1,1,9,9,1,-1,-1,-1\n")
    (folder / "seqinfo.ini").write_text(INFO.format(count=COUNT, height=48))
    return folder


def test_a_video_beside_seqinfo_is_read_in_place(folder, tmp_path):
    assert mot15.read("mot15", tmp_path, "walk", folder).sequence.images is None
    video = written("mpeg4")(folder / "any name.avi")
    assert video in mot15.inputs(tmp_path, "walk")
    prepared = mot15.read("mot15", tmp_path, "walk", folder)
    assert [drawn.read(image) for image in sequence_frames(prepared.sequence)] == [*range(COUNT)]
    assert prepared.sequence.frame_rate == 5
    assert prepared.truth.box.tolist() == [[0, 0, 9, 9]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"count": 7, "height": 48}, r"walk\.avi: expected 7 frames as in .*seqinfo.ini, found 8"),
        ({"count": 8, "height": 40}, r"walk\.avi: expected size 64 x 40 as in .*, found 64 x 48"),
    ],
)
def test_a_video_must_match_seqinfo(folder, tmp_path, content, message):
    written("mpeg4")(folder / "walk.avi")
    (folder / "seqinfo.ini").write_text(INFO.format(**content))
    with pytest.raises(ValueError, match=message):
        mot15.read("mot15", tmp_path, "walk", folder)


def test_of_several_videos_the_one_with_the_name_of_the_sequence_is_read(folder, tmp_path):
    written()(folder / "a.mp4")
    several(folder / "b.mkv")
    with pytest.raises(ValueError, match=r"expected one video or one named walk, found a\.mp4, b"):
        mot15.inputs(tmp_path, "walk")
    written()(folder / "walk.mp4")
    assert mot15.inputs(tmp_path, "walk")[-1] == folder / "walk.mp4"
