from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets.formats.parquet import write_tracks
from datasets.types import Extent, Tracks
from reports.render import check_complete, render
from reports.results import read_run

ENTRY = {
    "name": "v", "title": "V <b>", "method": "m", "source": "s", "options": {}, "timed": True,
    "origin": "o", "depends_on": [], "streaming": [],
}  # fmt: skip
PLAN = {
    "dataset": "d", "title": "D", "licence": "free", "protocol": "mot15",
    "sequences": ["s"], "clock": ["s"], "variants": [ENTRY],
}  # fmt: skip
COLUMN = {"name": "HOTA", "label": "HOTA", "unit": "ratio", "better": "up", "meaning": "m"}
SCORE = {
    "columns": [COLUMN], "card": "all", "similarity": "box", "values": {"HOTA": 0.5}, "origin": "o",
    "classes": {"p": {}},
}  # fmt: skip
FPS = {"name": "fps", "label": "fps", "unit": "fps", "better": "up", "meaning": "m"}
SPEED = {
    "columns": [FPS], "values": {"fps": 99.0}, "fps_range": [98.0, 100.0], "machine": {"cpu": "c"},
    "timed": {"name": "step", "label": "", "meaning": "each step"}, "timing_warnings": [],
}  # fmt: skip
SEQUENCE = {
    "extent": {"frame_count": 7}, "frame_rate": 25, "sha256": {"truth.parquet": "abc"},
}  # fmt: skip
TRACKS = Tracks(
    Extent(9, 9, 7, {1: "p"}), [0, 0, 1], [1, 2, 1], [1] * 3, [1] * 3, [[0, 0, 1, 1]] * 3
)
TIMING = {"timed": "step", "frames": 2, "step_ns": [[5, 6], [7, 8]]}
EVENTS = pa.table({
    "event": ["miss", "match", "miss"], "class": ["p"] * 3, "frame": [0, 1, 6],
    "truth_id": [1, 1, 1], "tracker_id": pa.array([None, 4, None], pa.int64()),
})  # fmt: skip
CHAIN = (
    ("data/d/s/sequence.json", SEQUENCE),
    ("results/v/d/s/tracks.parquet", TRACKS),
    ("results/v/d/s/mot15/events.parquet", EVENTS),
    ("results/v/d/s/mot15/score.json", SCORE),
    ("results/v/d/mot15/combined.json", SCORE),
    ("results/v/d/s/timing.json", TIMING),
    ("results/v/d/speed.json", SPEED),
)


@pytest.fixture
def workdir(tmp_path) -> Path:
    for age, (name, content) in enumerate(CHAIN):
        if isinstance(content, pa.Table):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(content, tmp_path / name)
        elif isinstance(content, Tracks):
            write_tracks(tmp_path / name, content)
        else:
            write(tmp_path / name, json.dumps(content), 1000 + age)
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    return tmp_path


def write(path, text, when):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (when, when))


def log(workdir, job, text):
    name = "s_mot15.log" if job == "score" else "s.log"
    write(workdir / "logs" / job / "v" / "d" / name, text, 2000)


def missing_results(workdir):
    return [(each.job, each.log) for each in read_run(PLAN, workdir, 0).missing_results]


def test_a_complete_run_has_no_missing_results(workdir):
    run = read_run(PLAN, workdir, 0)
    assert run.missing_results == []
    assert run.variants[0].total == {"HOTA": 0.5}
    assert run.variants[0].speed == SPEED
    assert run.variants[0].timings == {"s": [[5, 6], [7, 8]]}
    assert run.variants[0].objects == {"s": [2, 1]}
    check_complete([run])


def test_a_job_that_failed_is_named_with_the_end_of_its_log(workdir):
    (workdir / "results/v/d/s/tracks.parquet").unlink()
    log(workdir, "track", "begin\nbar 1\rbar 2\n" + "".join(f"line {n}\n" for n in range(11)))
    ((job, text),) = missing_results(workdir)
    assert job == "track"
    assert text.splitlines() == ["bar 2", *(f"line {n}" for n in range(11))]


def test_a_score_older_than_its_tracks_is_not_shown(workdir):
    os.utime(workdir / "results/v/d/s/tracks.parquet", (3000, 3000))
    run = read_run(PLAN, workdir, 0)
    assert [each.job for each in run.missing_results] == ["not run"]
    assert run.variants[0].total is None
    assert run.variants[0].speed is None


def test_files_rewritten_with_the_same_content_keep_a_finished_run_complete(workdir):
    for name in ("tracks.parquet", "timing.json"):
        os.utime(workdir / "results/v/d/s" / name, (3000, 3000))
    run = read_run(PLAN, workdir, None)
    assert run.missing_results == []
    assert run.variants[0].total == {"HOTA": 0.5}
    assert run.variants[0].speed == SPEED


def test_a_score_of_other_options_or_code_is_not_shown(workdir):
    path = workdir / "results/v/d/s/mot15/score.json"
    write(path, json.dumps(SCORE | {"origin": "other"}), 1002)
    assert missing_results(workdir) == [("not run", "")]


def test_a_log_of_an_earlier_run_is_not_shown(workdir):
    (workdir / "results/v/d/s/mot15/score.json").unlink()
    log(workdir, "score", "of yesterday\n")
    assert [each.job for each in read_run(PLAN, workdir, 2001).missing_results] == ["not run"]
    assert [each.job for each in read_run(PLAN, workdir, 1999).missing_results] == ["score"]


@pytest.fixture
def dependent(workdir):
    """A plan whose variant depends on the output of another job."""
    made = {"job": "environment", "made": "engines/e.txt", "log": "logs/environment/e.log"}
    return PLAN | {"variants": [ENTRY | {"depends_on": [made]}]}


def test_a_missing_dependency_of_a_variant_is_named(workdir, dependent):
    write(workdir / "logs/environment/e.log", "no such package\n", 2000)
    run = read_run(dependent, workdir, 0)
    assert [(each.job, each.log) for each in run.missing_results] == [
        ("environment", "no such package")
    ]
    assert run.variants[0].total is None


def test_tracks_older_than_their_dependencies_are_not_shown(workdir, dependent):
    write(workdir / "engines/e.txt", "", 1000)
    assert read_run(dependent, workdir, 0).missing_results == []
    write(workdir / "engines/e.txt", "", 3000)
    assert [each.job for each in read_run(dependent, workdir, 0).missing_results] == ["not run"]


@pytest.mark.parametrize(
    ("missing", "job", "name"),
    [("mot15/combined.json", "combine", "d_mot15.log"), ("speed.json", "speed", "d.log")],
)
def test_a_missing_total_is_listed(workdir, missing, job, name):
    (workdir / "results/v/d" / missing).unlink()
    write(workdir / "logs" / job / "v" / name, "why\n", 2000)
    (missing_result,) = read_run(PLAN, workdir, 0).missing_results
    assert (missing_result.job, missing_result.sequence, missing_result.log) == (
        job,
        "all sequences",
        "why",
    )


def test_a_missing_timing_is_listed_but_scores_are_shown(workdir):
    (workdir / "results/v/d/s/timing.json").unlink()
    log(workdir, "clock", "ValueError: other outputs\n")
    run = read_run(PLAN, workdir, 0)
    assert missing_results(workdir) == [("clock", "ValueError: other outputs")]
    assert run.variants[0].total == {"HOTA": 0.5}


def test_a_finished_page_is_refused_if_a_result_is_missing(workdir):
    (workdir / "results/v/d/s/mot15/score.json").unlink()
    with pytest.raises(
        FileNotFoundError, match="d: no result of v on s: not run; --unfinished-since"
    ):
        check_complete([read_run(PLAN, workdir, 0)])


@pytest.mark.slow
def test_text_from_config_and_logs_is_escaped(workdir):
    (workdir / "results/v/d/s/mot15/score.json").unlink()
    log(workdir, "score", "<script>alert(1)</script>")
    plan = {
        "clock": {"frames": 1, "warm_up": 1, "repeats": 1},
        "commit": "c",
        "parity": [],
        "runs": [PLAN],
    }
    page = render(plan, [read_run(PLAN, workdir, 0)], [], unfinished=True, workdir=workdir)
    assert "V &lt;b&gt;" in page
    assert "V <b>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


@pytest.mark.slow
def test_the_page_makes_no_network_requests(workdir):
    plan = {
        "clock": {"frames": 1, "warm_up": 1, "repeats": 1},
        "commit": "c",
        "parity": [],
        "runs": [PLAN],
    }
    page = render(plan, [read_run(PLAN, workdir, 0)], [], unfinished=False, workdir=workdir)
    for tag in ("<link", "<img", "<iframe", 'src="http', "@import", "url("):
        assert tag not in page.split("<script>")[0], tag
    assert "<svg" in page, "the figure of accuracy and speed is missing"
