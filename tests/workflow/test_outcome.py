"""The summary printed at the end of a run."""

from __future__ import annotations

import json

from workflow.outcome import FailedJob, describe_failures, describe_timing, log_end

TRACEBACK = """\
Traceback (most recent call last):
  File "trackers/run.py", line 3, in main
    raise ValueError
ValueError: no idea
"""


def test_a_failed_job_is_named_with_the_end_of_its_log_and_where_it_is(tmp_path):
    log = tmp_path / "sort.log"
    log.write_text(TRACEBACK)
    lines = describe_failures([FailedJob("track", "results/sort/tracks.parquet", log)], 8, 0)
    assert lines == [
        "",
        "1 job failed, 8 not run:",
        "  track: results/sort/tracks.parquet",
        "    ValueError: no idea",
        f"    log: {log}",
    ]


def test_a_log_of_an_earlier_run_is_not_shown(tmp_path):
    log = tmp_path / "sort.log"
    log.write_text("of yesterday")
    job = FailedJob("track", "results/sort/tracks.parquet", log)
    for each, started in ((job, log.stat().st_mtime + 1), (FailedJob("track", "x", None), 0)):
        assert "no log: see Snakemake" in describe_failures([each], 0, started)[-1]


def test_many_failed_jobs_are_counted_not_all_listed():
    lines = describe_failures([FailedJob("track", f"{n:02}", None) for n in range(30)], 0, 0)
    assert lines[1] == "30 jobs failed:"
    assert lines[-1] == "  and 22 more"


def test_a_stopped_run_counts_the_jobs_not_run():
    assert describe_failures([], 3, 0) == ["The run was stopped: 3 jobs not run."]


def test_the_end_of_a_log_is_short_and_has_no_progress_bars(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("crossing:   0%|          | 0/100 [00:00<?, ?frame/s]\nValueError: a\n")
    assert log_end(log) == ["ValueError: a"]
    log.write_text("1 %\r50 %\r100 %\n\n" + "x" * 999 + "\n")
    assert log_end(log) == ["100 %", "x" * 400 + "..."]
    log.write_text("  only indented\n")
    assert log_end(log) == ["  only indented"]
    log.write_text("")
    assert log_end(log) == []


def test_timing_warnings_of_all_variants_are_one_line(tmp_path):
    busy = {"what": "other processes kept the machine busy", "size": "1.2 cores"}
    cold = {"what": "it was still becoming faster", "size": ""}
    for name, warnings in (("sort", [busy]), ("bytetrack", [busy, cold]), ("quiet", [])):
        (tmp_path / name).write_text(json.dumps({"timing_warnings": warnings}))
    names = ("sort", "bytetrack", "quiet", "missing")
    assert describe_timing((name, tmp_path / name) for name in names) == [
        "Timing may be unreliable, measure on a quiet machine: other processes kept the machine "
        "busy (sort 1.2 cores, bytetrack 1.2 cores); it was still becoming faster (bytetrack)"
    ]
    assert describe_timing([("quiet", tmp_path / "quiet")]) == []
