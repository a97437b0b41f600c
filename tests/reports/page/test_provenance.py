from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from datasets.io.files import read_json, sha256, write_json
from reports.page.provenance import provenance

PREPARED = {"truth.parquet": "7", "detections.parquet": "8", "images": "9"}
MACHINE = {"processor": "one"}


@pytest.fixture
def workdir(tmp_path):
    """Two variants with a result on two sequences each, all traced."""
    for sequence in ("s", "t"):
        write_json(tmp_path / "data" / "d" / sequence / "sequence.json", {"name": sequence})
        for variant in ("a", "b"):
            path = tmp_path / "results" / variant / "d" / sequence / "tracks.parquet"
            path.parent.mkdir(parents=True)
            path.write_text(f"{variant} {sequence}")
            write_json(path.with_name("run.json"), record(tmp_path, variant, sequence))
    return tmp_path


def record(workdir, variant, sequence):
    file = workdir / "data" / "d" / sequence / "sequence.json"
    tracks = workdir / "results" / variant / "d" / sequence / "tracks.parquet"
    return {
        "schema_version": 1, "program": "trackers.run", "method": "m", "options": {},
        "command": [], "sequence": str(file), "code": f"code of {variant}", "commit": "c",
        "inputs": {"sequence.json": sha256(file), "detections.parquet": "8"},
        "files": {"weights/w.pt": "1"}, "engines": {f"engines/{variant}/networks.json": "2"},
        "lock": "l", "machine": MACHINE, "threads": {"cores": "2", "OMP_NUM_THREADS": None},
        "started": "now", "seconds": 1, "tracks": sha256(tracks),
    }  # fmt: skip


def shown(workdir, protocols=("p",), streaming=False, comparison=None):
    runs = [
        SimpleNamespace(
            plan={"dataset": "d", "protocol": protocol},
            comparison=comparison,
            files={name: {"sha256": PREPARED} for name in ("s", "t")},
            variants=[
                SimpleNamespace(
                    entry={"name": name, "streaming": [f"{name}@25fps"], "origin": protocol},
                    sequences={"s": {}, "t": {}},
                    streaming=[25] if streaming else [],
                )
                for name in ("a", "b")
            ],
        )
        for protocol in protocols
    ]
    return provenance(runs, workdir)


def change(workdir, place, **changes):
    path = workdir / "results" / place / "run.json"
    write_json(path, read_json(path) | changes)


def test_results_that_fit_their_run_json_and_the_inputs_are_traced(workdir):
    found = shown(workdir)
    assert (found["count"], found["traced"], found["problems"]) == (4, 4, [])
    assert found["inputs"]["d/s"]["images"] == "9"
    assert found["inputs"]["d/s"]["sequence.json"] != found["inputs"]["d/t"]["sequence.json"]
    assert found["variants"]["a"]["codes"] == ["code of a"]


def test_a_result_that_two_protocols_score_counts_once(workdir):
    found = shown(workdir, ("p", "q"))
    assert found["count"] == 4
    assert found["scores"] == {"a": ["p", "q"], "b": ["p", "q"]}


def test_equal_facts_are_listed_once(workdir):
    assert shown(workdir)["environments"] == [
        {"lock": "l", "machine": MACHINE, "threads": "cores=2"}
    ]
    files = {(each.folder, *each.variants): each.digests for each in shown(workdir)["files"]}
    assert files == {
        ("weights", "a", "b"): {"w.pt": "1"},
        ("engines/a", "a"): {"networks.json": "2"},
        ("engines/b", "b"): {"networks.json": "2"},
    }


def test_a_file_that_changed_is_listed_with_both_digests(workdir):
    change(workdir, "a/d/t", files={"weights/w.pt": "3" * 64})
    digests = [each.digests for each in shown(workdir)["files"] if each.folder == "weights"]
    assert {digest for each in digests for digest in each.values()} == {"1", "3" * 64}


def test_another_machine_is_another_environment_of_its_variant_only(workdir):
    change(workdir, "b/d/t", machine={"processor": "other"}, commit="later")
    found = shown(workdir)
    assert len(found["environments"]) == 2
    assert found["variants"]["a"]["environments"] == found["environments"][:1]
    assert found["variants"]["b"]["environments"] == found["environments"]
    assert found["variants"]["b"]["commits"] == ["c", "later"]


def test_a_missing_run_json_is_reported_once_for_all_sequences(workdir):
    for sequence in ("s", "t"):
        (workdir / "results" / "a" / "d" / sequence / "run.json").unlink()
    found = shown(workdir)
    assert found["problems"] == ["a on d: no run.json (s, t)"]
    assert found["traced"] == 2
    assert found["variants"]["a"]["codes"] == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tracks": "0"}, "a run.json of other tracks"),
        ({"schema_version": 0}, "a run.json that cannot be read"),
        ({"machine": {"cores": 2}}, "a run.json that cannot be read"),
        ({"inputs": {"images": "0"}}, "other inputs than there are now: images"),
    ],
)
def test_a_run_json_that_does_not_fit_is_reported(workdir, changes, problem):
    change(workdir, "b/d/t", **changes)
    assert shown(workdir)["problems"] == [f"b on d: {problem} (t)"]
    assert shown(workdir)["tracks"][0]["rows"]["b"]["t"].problem == problem


def test_a_run_json_of_other_tracks_is_not_used(workdir):
    (workdir / "results/a/d/s/tracks.parquet").write_text("made by hand")
    change(workdir, "a/d/s", code="of before")
    assert shown(workdir)["variants"]["a"]["codes"] == ["code of a"]


def test_a_changed_input_is_reported_for_every_variant(workdir):
    path = workdir / "data/d/s/sequence.json"
    path.write_text("{}")
    os.utime(path, (1, 1))
    assert [line.split(" on ")[0] for line in shown(workdir)["problems"]] == ["a", "b"]


def test_streaming_runs_are_results_too(workdir):
    for sequence in ("s", "t"):
        place = workdir / "results" / "b@25fps" / "d" / sequence
        place.mkdir(parents=True)
        (place / "tracks.parquet").write_text("late")
    (workdir / "results" / "a@25fps" / "d" / "s").mkdir(parents=True)  # of a job that was killed
    found = shown(workdir, streaming=True)
    assert found["count"] == 6
    assert found["problems"] == ["b@25fps on d: no run.json (s, t)"]


def test_repeated_runs_are_results_too(workdir):
    for sequence in ("s", "t"):
        place = workdir / "results" / "a@run2" / "d" / sequence
        place.mkdir(parents=True)
        (place / "tracks.parquet").write_text("other")
        write_json(place / "run.json", record(workdir, "a@run2", sequence))
    found = shown(workdir, comparison={"runs": {"a": 2, "b": 1}})
    assert (found["count"], found["traced"]) == (6, 6)
    assert list(found["tracks"][0]["rows"]) == ["a", "a@run2", "b"]
