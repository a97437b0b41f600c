"""Every variant of the default config gives the same file in another process, byte by byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.formats.parquet import read_tracks
from datasets.io.program import run_main
from datasets.prepare import load_reader
from datasets.readers import synthetic
from datasets.sequences.sequence_json import Prepared, write_prepared
from datasets.types import Tracks
from tests.support.paths import ROOT
from tests.support.variants import all_cases, load_config
from trackers.contract import load_method
from workflow import reproduce

pytestmark = pytest.mark.slow

FRAMES = 9  # of the synthetic sequence: enough for all networks to run and memories to be read


CASES = {
    name: case
    for name, case in all_cases().items()
    if case.overlay is None and case.stepped and case.dataset in ("synthetic", "tud")
}
OF_BOXES = [name for name, case in CASES.items() if not load_method(case.entry["method"]).engines]


def first_frames(prepared: Prepared) -> Prepared:
    extent = replace(prepared.sequence.extent, frame_count=FRAMES)

    def cut(tracks: Tracks) -> Tracks:
        return replace(tracks.before(FRAMES), extent=extent)

    sequence = replace(prepared.sequence, extent=extent)
    return Prepared(sequence, cut(prepared.truth), cut(prepared.detections))


@pytest.fixture(scope="module")
def sequences(tmp_path_factory) -> dict[str, Path]:
    """sequence.json by data set: the first frames of a synthetic sequence, and a TUD sequence."""
    workdir = tmp_path_factory.mktemp("determinism")
    paths = {name: workdir / name / "sequence.json" for name in ("synthetic", "tud")}
    folder = paths["synthetic"].parent
    prepared = synthetic.read("synthetic", None, "crossing", folder)
    for image in sorted((folder / "images").iterdir())[FRAMES:]:
        image.unlink()
    write_prepared(paths["synthetic"], first_frames(prepared))
    entry = load_config()["datasets"]["tud"]
    reader, name = load_reader(entry["reader"]), entry["sequences"][0]
    root, folder = reader.locate(entry.get("root")), paths["tud"].parent
    write_prepared(paths["tud"], reader.read("tud", root, name, folder))
    return paths


@pytest.fixture
def run(sequences, exported):
    """A function that runs a variant with a hash seed and a number of threads."""

    def run_it(name: str, output: Path, seed: str, threads: str) -> bytes:
        entry = CASES[name].entry
        options = dict(entry.get("options", {}))
        for key in load_method(entry["method"]).engines:
            if key in options:
                options[key] = str(exported(options[key]))
        command = [sys.executable, "-m", "trackers.run", "--method", entry["method"]]
        command += ["--options", json.dumps(options), "--sequence", sequences[CASES[name].dataset]]
        command += ["--output", output / "tracks.parquet", "--run", output / "run.json"]
        call(command, seed, threads)
        assert len(read_tracks(output / "tracks.parquet").frame), (
            "no tracks, so nothing is compared"
        )
        return (output / "tracks.parquet").read_bytes()

    return run_it


def call(command: list, seed: str, threads: str) -> None:
    environment = os.environ | settings(seed, threads)
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def settings(seed: str, threads: str) -> dict[str, str]:
    """Return the environment variables of a process with a hash seed and a number of threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {"PYTHONHASHSEED": seed, **dict.fromkeys(names, threads)}


@pytest.mark.parametrize("name", CASES)
def test_a_result_reproduced_in_another_process_is_identical(
    run, tmp_path, name, monkeypatch, capsys
):
    run(name, tmp_path, "1", "1")
    for variable, value in settings("2", "1").items():
        monkeypatch.setenv(variable, value)  # of the process that `reproduce` starts
    monkeypatch.setattr(sys, "argv", ["reproduce", str(tmp_path)])
    monkeypatch.chdir(ROOT)
    assert run_main(reproduce.main) == 0
    assert "identical: sha256" in capsys.readouterr().out


@pytest.mark.parametrize("name", OF_BOXES)
def test_the_output_of_a_box_tracker_does_not_depend_on_the_number_of_threads(run, tmp_path, name):
    assert run(name, tmp_path / "a", "1", "1") == run(name, tmp_path / "b", "2", "2")
