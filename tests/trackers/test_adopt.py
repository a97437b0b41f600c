"""Adopting result files of methods with their own rule, and the checks of method.yaml."""

from __future__ import annotations

import pytest

from datasets.formats.parquet import read_tracks
from datasets.io.files import read_json
from datasets.sequences.run_json import read_run_json
from datasets.sequences.sequence_json import Prepared, write_prepared
from datasets.types import Extent, Sequence
from trackers import adopt, contract
from trackers.contract import check_options, load_method, load_tracker
from trackers.options import REQUIRED
from workflow import reproduce

METHOD_YAML = (
    "title: Mine\nsource: a test\nwhole_sequences: true\nformat: mot\nrequired: [model]\n"
    "options: {min_score: 0.5}\n"
)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The folder of a method with its own rule."""
    folder = tmp_path / "methods" / "mine"
    folder.mkdir(parents=True)
    (folder / "method.yaml").write_text(METHOD_YAML)
    (folder / "rule.smk").write_text("rule mine:\n")
    monkeypatch.setattr(contract, "_METHODS", folder.parent)
    return folder


@pytest.fixture
def run(mine, tmp_path, monkeypatch):
    """A function that adopts a result given its text and that of a benchmark file."""

    def run_it(result, benchmark='{"s": 0.25}\n'):
        extent = Extent(100, 200, 3, {1: "person"})
        write_prepared(
            tmp_path / "sequence.json", Prepared(Sequence("d", "walk", extent, 25), None)
        )
        (tmp_path / "mine.txt").write_text(result)
        (tmp_path / "benchmark.jsonl").write_text(benchmark)
        names = {"result": "mine.txt", "benchmark": "benchmark.jsonl", "output": "tracks.parquet"}
        names |= {name: f"{name}.json" for name in ("sequence", "timing", "run")}
        flags = [f"--{flag}={tmp_path / name}" for flag, name in names.items()]
        flags += ["--method=mine", "--format=mot", '--options={"model": "a"}']
        monkeypatch.setattr("sys.argv", ["adopt", *flags])
        adopt.main()
        return tmp_path

    return run_it


def test_a_result_is_converted_to_tracks_with_the_time_of_the_job(run, monkeypatch, capsys):
    folder = run("2,7,11,21,30,40,0.5,-1,-1,-1\n")
    found, timing = read_tracks(folder / "tracks.parquet"), read_json(folder / "timing.json")
    assert (found.frame[0], found.track[0]) == (1, 7)
    assert (timing["timed"], timing["frames"], timing["step_ns"]) == ("process", 3, [[250_000_000]])
    record = read_run_json(folder / "run.json")
    assert record["seconds"] >= 0.25
    assert [*record["files"]] == [str(folder / "mine.txt")]
    monkeypatch.setattr("sys.argv", ["reproduce", str(folder)])
    assert reproduce.main() == 2
    assert (
        "only the rule of method mine can make it: snakemake --forcerun mine"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("result", "benchmark", "message"),
    [
        ("2,7,11,21,30\n", '{"s": 1}', r"mine\.txt, line 1 .*expected at least 6 columns, found 5"),
        ("2,-1,1,1,1,1,1\n", '{"s": 1}', r"mine\.txt: frame 1 \(from 0\): expected an identity"),
        ("", "", r"benchmark\.jsonl: expected a benchmark file of Snakemake"),
        (
            "",
            "s\th:m:s\n0.15\t0:00:00\n",
            r"benchmark\.jsonl: expected a benchmark file of Snakemake",
        ),
        ("", '{"s": 0}', r"benchmark\.jsonl, s: expected a number above 0, found 0.0"),
    ],
)
def test_an_invalid_result_or_benchmark_is_rejected(run, tmp_path, result, benchmark, message):
    with pytest.raises(ValueError, match=message):
        run(result, benchmark)
    assert not (tmp_path / "tracks.parquet").exists()


def test_a_method_without_a_tracker_declares_its_options_in_method_yaml(mine):
    method = load_method("mine")
    assert (method.format, method.whole_sequences) == ("mot", True)
    assert method.options == {"model": REQUIRED, "min_score": 0.5}
    with pytest.raises(ValueError, match=r"mine: options: \['model'\] are missing"):
        check_options("mine", {})
    with pytest.raises(ValueError, match=r"mine takes whole sequences, by methods/mine/rule\.smk"):
        load_tracker("mine", {"model": "a"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            METHOD_YAML.replace("{min_score: 0.5}", "[min_score]"),
            "options: expected defaults by name, found",
        ),
        (
            METHOD_YAML.replace("[model]", "model"),
            "required: expected a list of names, found model",
        ),
        (METHOD_YAML + "optoins: {}\n", "expected the keys .*, found .*'optoins'"),
    ],
)
def test_an_invalid_method_yaml_is_rejected(mine, text, message):
    (mine / "method.yaml").write_text(text)
    with pytest.raises(ValueError, match=rf"method\.yaml: .*{message}|method\.yaml: {message}"):
        load_method("mine")


def test_a_method_with_neither_tracker_nor_rule_is_rejected(mine):
    (mine / "rule.smk").unlink()
    (mine / "method.yaml").write_text("title: Mine\nsource: a test\n")
    with pytest.raises(ValueError, match=r"mine: expected tracker\.py beside method"):
        load_method("mine")


def test_whole_sequences_that_contradicts_the_files_is_rejected(mine):
    (mine / "tracker.py").write_text("def build(): ...\n")
    with pytest.raises(ValueError, match=r"whole_sequences: true: expected .*, found tracker\.py"):
        load_method("mine")
    (mine / "tracker.py").unlink()
    (mine / "rule.smk").unlink()
    with pytest.raises(ValueError, match=r"whole_sequences: true: expected .*, found no rule\.smk"):
        load_method("mine")
    (mine / "method.yaml").write_text(METHOD_YAML.replace("true", "yes please"))
    with pytest.raises(
        ValueError, match="whole_sequences: expected true or false, found 'yes please'"
    ):
        load_method("mine")
