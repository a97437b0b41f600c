"""Output appears completely or not at all: folders of many files, killed programs, full disks."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from datasets.conversion.codec import SourceFacts
from datasets.conversion.registry import FORMATS
from datasets.formats import davis_png, parquet
from datasets.io.files import replacing, write_json
from datasets.io.folders import replacing_folder
from datasets.media.frames import write_image
from datasets.media.video import writing_video
from tests.support.broken import seeds
from tests.support.datasets.converting import run


@contextmanager
def largest_file(size: int):
    """Limit the size of files: it acts like a full disk on every library, without root."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    compiled = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # or Python would leave partly written modules
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = compiled


def listed(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def fill(folder, only=None, **texts):
    with replacing_folder(folder, only) as part:
        for name, text in texts.items():
            (part / name).write_text(text)


def test_a_folder_appears_once_all_files_are_written(tmp_path):
    with replacing_folder(tmp_path / "new" / "out") as part:
        (part / "a").write_text("a")
        assert not (tmp_path / "new" / "out").exists()
    assert listed(tmp_path) == {"new/out/a"}


@pytest.mark.parametrize("exists", [False, True])
def test_nothing_changes_on_an_error(tmp_path, exists):
    if exists:
        fill(tmp_path / "out", a="old")
    with pytest.raises(FileNotFoundError):
        fill(tmp_path / "out", a="new", **{"none/b": ""})
    assert listed(tmp_path) == ({"out/a"} if exists else set())
    assert not exists or (tmp_path / "out" / "a").read_text() == "old"


def test_other_files_of_the_user_are_kept(tmp_path):
    fill(tmp_path, mine="mine", a="old")
    with replacing_folder(tmp_path) as part:
        (part / "a").write_text("new")
        (part / "inner").mkdir()
        (part / "inner" / "b").write_text("b")
    assert listed(tmp_path) == {"mine", "a", "inner/b"}
    assert (tmp_path / "a").read_text() == "new"


def test_files_and_folders_never_replace_each_other(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine").touch()
    with pytest.raises(FileExistsError, match="a: expected a file, found a folder"):
        fill(tmp_path, B="b", a="a")
    with pytest.raises(FileExistsError, match=r"mine: expected a folder .*, found a file"):
        fill(tmp_path / "a" / "mine", b="b")
    assert listed(tmp_path) == {"a/mine"}


def test_a_folder_with_only_known_names_is_replaced_as_a_whole(tmp_path):
    for name in ("1.jpg", "2.jpg"):
        fill(tmp_path / "out", ["*.jpg"], **{name: ""})
    assert listed(tmp_path) == {"out/2.jpg"}
    (tmp_path / "out" / ".mine").touch()
    with pytest.raises(FileExistsError, match=r"\.mine: would be lost"):
        fill(tmp_path / "out", ["*.jpg"])
    assert listed(tmp_path) == {"out/2.jpg", "out/.mine"}


def test_files_moved_away_by_a_killed_process_are_restored(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    (tmp_path / f".out.{ended.pid}.replaced").mkdir()
    (tmp_path / f".out.{ended.pid}.replaced" / "old").touch()
    with pytest.raises(KeyError), replacing_folder(tmp_path / "out"):
        raise KeyError
    assert listed(tmp_path) == {"out/old"}


def convert_killed(monkeypatch, source, target):
    """Convert to DAVIS in a child process that is killed while writing the second sequence."""
    written, to_png = [], davis_png._to_png

    def kill_in_second(*arguments):
        written.append(1)
        if len(written) > seeds.tracks().extent.frame_count:
            os.kill(os.getpid(), signal.SIGKILL)
        return to_png(*arguments)

    child = os.fork()
    if not child:
        try:
            monkeypatch.setattr(davis_png, "_to_png", kill_in_second)
            run("parquet", "davis", source, target)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("others", [[], ["c"]])
def test_a_killed_conversion_writes_no_sequence_and_the_next_one_succeeds(
    tmp_path, monkeypatch, others
):
    for name in "ab":
        parquet.write_tracks(tmp_path / "in" / f"{name}.parquet", seeds.tracks())
    for name in others:
        davis_png.write_tracks(tmp_path / "out" / name, seeds.tracks())
    read = FORMATS["davis"].read
    convert_killed(monkeypatch, tmp_path / "in", tmp_path / "out")
    assert any(tmp_path.rglob(".out.*.part"))
    assert (tmp_path / "out").exists() == bool(others)
    assert not others or list(read(tmp_path / "out", SourceFacts())) == others
    assert not run("parquet", "davis", tmp_path / "in", tmp_path / "out")[0]
    found = read(tmp_path / "out", SourceFacts())
    assert {name: len(each) for name, each in found.items()} == dict.fromkeys(
        ["a", "b", *others], 6
    )
    assert not any(tmp_path.rglob(".*"))


def write_film(path):
    draw = np.random.default_rng(0)
    with writing_video(path, 25, 32, 32) as write:
        for _ in range(9):
            write(draw.integers(0, 255, (32, 32, 3), np.uint8))


def write_noise(path):
    write_image(path, np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8))


WRITERS = {
    "x.parquet": lambda path: parquet.write_tracks(path, seeds.tracks()),
    "x.json": lambda path: write_json(path, ["long"] * 99),
    "x.mp4": write_film,
    "x.jpg": write_noise,
    **{name: name for name in FORMATS},
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_names_the_file_and_leaves_no_file(tmp_path, name):
    path, write = tmp_path / "out" / name, WRITERS[name]
    with largest_file(40), pytest.raises(OSError, match=f"{path}.*'") as caught:
        write(path) if callable(write) else FORMATS[name].write(path, {"a": whole(name)})
    assert caught.value.errno
    assert ".part" not in str(caught.value)
    assert not listed(tmp_path)


def whole(name):
    """Return tracks with the classes of a format."""
    classes = dict(FORMATS[name].classes or seeds.CLASSES) | {2: "b"}
    tracks = seeds.tracks(classes, FORMATS[name].ignored)
    return tracks.take(tracks.class_id == 1)


def test_errors_about_other_files_are_unchanged(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "out"):
        (tmp_path / "other").stat()
    assert caught.value.filename == str(tmp_path / "other")
