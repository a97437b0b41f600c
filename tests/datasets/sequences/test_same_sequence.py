from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from datasets.formats.parquet import write_tracks
from datasets.io.files import read_json, sha256, write_json
from datasets.layouts import parquet as layout
from datasets.media.frames import write_image
from datasets.sequences.same_sequence import check_extent, check_tracks_beside, check_tracks_of
from datasets.sequences.sequence_json import Prepared, write_prepared
from datasets.types import Extent, Sequence, Tracks
from tests.support.paths import ROOT

EXTENT = Extent(48, 64, 2, {1: "person"})
REASON = "expected tracks of d/a, the sequence of .*, found tracks of d/b"


@pytest.fixture
def workdir(tmp_path):
    """Sequences a and b of one size, and tracks of each with a run.json."""
    tracks = Tracks(EXTENT, [0, 1], [1, 1], [1, 1], [1, 1], [[1, 2, 30, 40]] * 2)
    for name in "ab":
        data, result = tmp_path / "data" / name, tmp_path / "results" / name
        for frame in "12":
            write_image(data / "in" / f"{frame}.jpg", np.zeros((48, 64, 3), np.uint8))
        write_prepared(
            data / "sequence.json", Prepared(Sequence("d", name, EXTENT, 10, "in"), tracks)
        )
        result.mkdir(parents=True)
        write_tracks(result / "tracks.parquet", tracks)
        write_run_json(result, data / "sequence.json")
    return tmp_path


def write_run_json(result, sequence):
    content = {
        "schema_version": 1, "program": "trackers.run", "method": "m", "sequence": str(sequence),
        "commit": "", "lock": "", "started": "", "tracks": sha256(result / "tracks.parquet"),
        "inputs": {sequence.name: sha256(sequence)}, "files": {}, "engines": {}, "machine": {},
        "options": {}, "threads": {}, "command": [], "code": None, "seconds": 1,
    }  # fmt: skip
    write_json(result / "run.json", content)


def places(workdir, tracks, sequence):
    return (
        workdir / "results" / tracks / "tracks.parquet",
        workdir / "data" / sequence / "sequence.json",
    )


def test_tracks_of_another_sequence_of_the_same_size_are_refused(workdir):
    check_tracks_of(*places(workdir, "a", "a"))
    with pytest.raises(ValueError, match=REASON):
        check_tracks_of(*places(workdir, "b", "a"))
    with pytest.raises(ValueError, match=REASON):
        check_tracks_beside(places(workdir, "b", "a")[0], workdir / "data" / "a" / "truth.parquet")


def test_tracks_of_a_sequence_that_was_prepared_again_are_accepted(workdir):
    tracks, sequence = places(workdir, "a", "a")
    write_json(sequence, read_json(sequence) | {"frame_rate": 12.5})
    check_tracks_of(tracks, sequence)


def test_tracks_of_unknown_sequences_are_accepted(workdir):
    tracks, sequence = places(workdir, "b", "a")
    record = tracks.with_name("run.json")
    before = read_json(record)
    write_json(record, before | {"tracks": "of others"})
    check_tracks_of(tracks, sequence)
    write_json(record, before | {"sequence": "gone/sequence.json"})
    check_tracks_of(tracks, sequence)
    record.unlink()
    check_tracks_of(tracks, sequence)


def test_a_different_size_or_length_is_refused():
    with pytest.raises(ValueError, match="x: expected images of 64 x 48, found 64 x 9"):
        check_extent("x", Extent(9, 64, 2, {}), EXTENT)
    with pytest.raises(ValueError, match="x: expected 2 frames, found 3"):
        check_extent("x", Extent(48, 64, 3, {}), EXTENT)


def test_results_in_the_folder_of_another_sequence_are_not_scored(workdir):
    for name in ("tracks.parquet", "run.json"):
        (workdir / "results" / "b" / name).replace(workdir / "results" / "a" / name)
    with pytest.raises(ValueError, match=REASON):
        layout.read_pair(workdir / "data", workdir / "results", "a")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "flags"),
    [
        ("reports.overlay", ["--sequence={sequence}", "--video={out}.mp4"]),
        ("reports.heatmap", ["--sequence={sequence}", "--output={out}.json"]),
        (
            "metrics.score",
            [
                *("--truth={truth}", "--protocol=plain", "--families", "hota"),
                *("--output={out}.json", "--events={out}.parquet"),
            ],
        ),
    ],
)
def test_programs_refuse_tracks_of_another_sequence(workdir, program, flags):
    tracks, sequence = places(workdir, "b", "a")
    truth = sequence.with_name("truth.parquet")
    filled = [each.format(sequence=sequence, truth=truth, out=workdir / "out") for each in flags]
    done = subprocess.run(
        [sys.executable, "-m", program, f"--tracks={tracks}", *filled],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert re.search(REASON, done.stderr.splitlines()[-1])
    assert not list(workdir.glob("out*"))
