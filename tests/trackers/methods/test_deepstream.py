"""The container's input and the handling of its output; a script stands in for the container."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from configparser import ConfigParser
from pathlib import Path

import numpy as np
import pytest
import yaml

from datasets.formats.parquet import read_tracks
from datasets.io.files import sha256, sha256_of
from datasets.media.frames import decode_frames, write_image
from datasets.own import read_own
from datasets.sequences.run_json import read_run_json
from datasets.sequences.sequence_json import read_sequence, write_prepared
from tests.support.paths import ROOT
from tests.support.trackers.container import Docker
from trackers.contract import load_method, load_tracker
from trackers.methods.deepstream import files
from trackers.methods.deepstream.options import Options
from trackers.methods.deepstream.run import command, read_latencies, write_files

FRAMES = 24
APPLICATION = {  # documented keys of the reference application, by group
    "application": {
        "enable-perf-measurement", "perf-measurement-interval-sec", "gie-kitti-output-dir",
        "kitti-track-output-dir",
    },
    "source0": {"enable", "type", "uri", "num-sources", "gpu-id"},
    "streammux": {
        "gpu-id", "live-source", "batch-size", "batched-push-timeout", "width", "height",
        "enable-padding",
    },
    "primary-gie": {"enable", "gie-unique-id", "gpu-id", "interval", "config-file", "batch-size"},
    "tracker": {
        "enable", "gpu-id", "tracker-width", "tracker-height", "ll-lib-file", "ll-config-file",
        "display-tracking-id",
    },
    "sink0": {"enable", "type", "sync", "gpu-id"},
    "osd": {"enable"},
    "tiled-display": {"enable"},
    "tests": {"file-loop"},
}  # fmt: skip
DETECTOR = {  # documented keys of Gst-nvinfer
    "property": {
        "gpu-id", "net-scale-factor", "onnx-file", "labelfile-path", "infer-dims", "batch-size",
        "network-mode", "num-detected-classes", "process-mode", "gie-unique-id", "cluster-mode",
        "model-engine-file", "interval", "offsets", "output-blob-names",
    },
    "class-attrs": {
        "pre-cluster-threshold", "post-cluster-threshold", "nms-iou-threshold", "minBoxes",
        "dbscan-min-score", "eps", "detected-min-w", "detected-min-h", "topk",
    },
}  # fmt: skip
CONTAINER = '''#!{python}
"""Stands in for a container: checks its files and writes a dump of one object."""
import pathlib, sys
words = sys.argv[1:]
mounts = dict(v.split(":")[::-1] for f, v in zip(words, words[1:]) if f == "-v")
workdir = pathlib.Path(mounts["/run_folder"])
assert {{p.name for p in workdir.iterdir()}} == {{
    "application.txt", "detector.txt", "tracker.yml", "segmenter.yml", "labels.txt", "video.mp4",
    "tracks",
}}, list(workdir.iterdir())
{also}
if "{fail}":
    sys.exit("{fail}")
for frame in range({frames}):
    line = f"{label} 5 0.0 0 0.0 {{frame}}.000000 -3.5 40.0 30.0 " + "0.0 " * 7 + "0.966797\\n"
    (workdir / "tracks" / f"00_000_{{frame:06}}.txt").write_text(line if frame else "")
    print(f"Source id = 0 Frame_num = {{frame}} Frame latency = {{10 + frame}}.5 (ms)")
'''


@pytest.fixture
def prepared(tmp_path):
    """Options and sequence.json for a folder of images; a script runs instead of docker."""
    for number in range(FRAMES):
        write_image(tmp_path / "in" / f"{number:03}.png", np.full((46, 62, 3), 100, np.uint8))
    sequence = tmp_path / "data" / "sequence.json"
    write_prepared(sequence, read_own(tmp_path / "in", "walk"))
    (tmp_path / "labels.txt").write_text("person\nbag\nface\n")
    (tmp_path / "peoplenet.onnx").write_bytes(b"")
    (tmp_path / "models").mkdir()
    options = {
        "image": "deepstream:7.1",
        "docker": str(tmp_path / "docker"),
        "detector": str(tmp_path / "peoplenet.onnx"),
        "labels": str(tmp_path / "labels.txt"),
        "models": str(tmp_path / "models"),
    }
    return options, sequence


def container(prepared, label="person", fail="", frames=FRAMES, also=""):
    script = CONTAINER.format(
        python=sys.executable, label=label, fail=fail, frames=frames, also=also
    )
    path = Path(prepared[0]["docker"])
    path.write_text(script)
    path.chmod(0o755)


def run(prepared, folder, **more):
    options, sequence = prepared
    outputs = ["--output", folder / "tracks.parquet", "--timing", folder / "timing.json"]
    outputs += ["--run", folder / "run.json", "--code", "abc"]
    text = json.dumps(options | more)
    program = [sys.executable, "-m", "trackers.methods.deepstream.run"]
    return subprocess.run(
        [*program, "--options", text, "--sequence", sequence, *outputs],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_tracks_and_times_are_read_from_the_container(prepared, tmp_path):
    (label,) = read_sequence(prepared[1]).extent.classes.values()
    container(prepared, label)
    done = run(prepared, tmp_path)
    assert done.returncode == 0, done.stderr
    tracks = read_tracks(tmp_path / "tracks.parquet")
    assert tracks.frame.tolist() == list(range(1, FRAMES))
    assert set(tracks.track.tolist()) == {5}
    assert tracks.box[0].tolist() == [1, -3.5, 40, 30]
    assert tracks.score[0] == 0.966797
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert timing["step_ns"] == [[30_500_000, 31_500_000, 32_500_000, 33_500_000]]
    assert timing["peak_memory"] is None
    assert (timing["timed"], timing["frames"]) == ("pipeline", 4)


@pytest.mark.slow
def test_run_json_records_the_models_and_images(prepared, tmp_path):
    (label,) = read_sequence(prepared[1]).extent.classes.values()
    container(prepared, label)
    (Path(prepared[0]["models"]) / "image_encoder.onnx").write_text("a network")
    assert run(prepared, tmp_path).returncode == 0
    record = read_run_json(tmp_path / "run.json")
    assert record["tracks"] == sha256(tmp_path / "tracks.parquet")
    assert set(record["inputs"]) == {"sequence.json", "images"}
    for name in ("detector", "labels", "models"):
        assert record["files"][prepared[0][name]] == sha256_of(Path(prepared[0][name]))
    assert (record["method"], record["code"]) == ("deepstream", "abc")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fail": "no GPU"}, "the container exited with 1; last output: no GPU"),
        ({"label": "elephant"}, "label: expected a class of the sequence, one of "),
        ({"frames": 9}, "expected latencies of frames 0 to 23, found those of 9 frames"),
    ],
)
def test_a_failing_container_leaves_no_files(prepared, tmp_path, changes, message):
    container(prepared, **changes)
    done = run(prepared, tmp_path)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert not (tmp_path / "tracks.parquet").exists()
    assert not (tmp_path / "timing.json").exists()
    assert not (tmp_path / "run.json").exists()


@pytest.mark.slow
def test_a_missing_docker_program_is_named(prepared, tmp_path):
    done = run(prepared, tmp_path, docker="no-such-docker")
    assert done.returncode == 2
    assert "no-such-docker" in done.stderr


def written(prepared, tmp_path, **more):
    options = Options(**prepared[0], **more)
    write_files(tmp_path, read_sequence(prepared[1]), options)
    contents = {}
    for name in ("application", "detector"):
        parser = ConfigParser()
        parser.optionxform = str
        parser.read(tmp_path / f"{name}.txt")
        contents[name] = {group: dict(parser[group]) for group in parser.sections()}
    for name in ("tracker", "segmenter"):
        text = (tmp_path / f"{name}.yml").read_text()
        assert text.startswith("%YAML:1.0\n")
        contents[name] = yaml.safe_load(text.split("---\n", 1)[1])
    return contents


def test_only_documented_keys_are_written(prepared, tmp_path):
    contents = written(prepared, tmp_path)
    for group, keys in contents["application"].items():
        assert set(keys) <= APPLICATION[group], group
    for group, keys in contents["detector"].items():
        assert set(keys) <= DETECTOR[group.rstrip("-0123456789")], group
    assert contents["detector"]["class-attrs-2"] == {"pre-cluster-threshold": "1.0"}
    assert contents["application"]["streammux"]["width"] == "62"
    assert contents["tracker"]["TargetManagement"]["probationAge"] == 4
    assert contents["segmenter"]["MemoryAttention"]["builderOptimizationLevel"] == 5


def test_the_shipped_values_are_the_defaults_of_masktracker(prepared, tmp_path):
    defaults = load_method("masktracker").options
    contents = written(prepared, tmp_path)
    shipped = {
        key: value
        for file in ("tracker", "segmenter")
        for group in contents[file].values()
        for key, value in group.items()
    }
    key_of = {
        "".join(c if not c.isupper() else f"_{c.lower()}" for c in key): key for key in shipped
    }
    key_of = {name.replace("4", "_4"): key for name, key in key_of.items()}
    both = set(key_of) & set(defaults)
    assert len(both) >= 20
    for name in both:
        assert shipped[key_of[name]] == pytest.approx(float(defaults[name])), name


def test_values_can_be_overridden_but_unknown_keys_are_rejected(prepared, tmp_path):
    values = {"tracker.TargetManagement.probationAge": 9, "application.sink0.sync": 1}
    contents = written(prepared, tmp_path, overrides=values)
    assert contents["tracker"]["TargetManagement"]["probationAge"] == 9
    assert contents["application"]["sink0"]["sync"] == "1"
    for wrong in ("tracker.TargetManagement.probatoinAge", "trakcer.A.b", "tracker.Nothing.b"):
        with pytest.raises(ValueError, match="overrides: "):
            written(prepared, tmp_path, overrides={wrong: 1})


def test_the_container_has_the_files_and_the_models_and_no_network(prepared, tmp_path):
    words = command(tmp_path, Options(**prepared[0]))
    assert words[:3] == [prepared[0]["docker"], "run", "--rm"]
    assert f"{tmp_path}:{files.WORKDIR}" in words
    assert f"{prepared[0]['models']}:{files.MODELS}" in words
    assert words[words.index("--network") + 1] == "none"
    assert words[-4:] == [
        "deepstream:7.1",
        "deepstream-app",
        "-c",
        "/run_folder/application.txt",
    ]


def test_latencies_are_read_in_the_order_of_frames():
    text = "x\nSource id = 0 Frame_num = 1 Frame latency = 2.5 (ms) \nBATCH\n"
    text += "Source id = 0 Frame_num = 0 Frame latency = 250.97998 (ms)\n"
    assert read_latencies(text, 2) == [250979980, 2500000]


def test_loading_it_as_a_frame_by_frame_tracker_is_an_error():
    options = {"image": "a", "detector": "b", "labels": "c", "models": "d"}
    with pytest.raises(ValueError, match=r"takes whole sequences, by methods/deepstream/rule\.smk"):
        load_tracker("deepstream", options)


@pytest.mark.slow
def test_the_video_for_the_container_has_all_images(prepared, tmp_path):
    also = f'import shutil; shutil.copy(workdir / "video.mp4", "{tmp_path}/seen.mp4")'
    container(prepared, also=also)
    run(prepared, tmp_path)
    images = [image for _, image in decode_frames(tmp_path / "seen.mp4")]
    assert len(images) == FRAMES
    assert all(abs(image.astype(int) - 100).max() < 6 for image in images)


# Faults of the audit (issue 24), each seen to fail before it was mended.


@pytest.fixture
def docker(prepared, tmp_path):
    docker = Docker(tmp_path / "stand_in")
    prepared[0]["docker"] = str(docker.path)
    prepared[0]["image"] = "deepstream:9.0"
    for name in ("image_encoder", "mask_decoder", "memory_attention", "memory_encoder"):
        (Path(prepared[0]["models"]) / f"{name}.onnx").write_text(name)
    (label,) = read_sequence(prepared[1]).extent.classes.values()
    docker.set(label=label)
    return docker


@pytest.mark.xfail(strict=True, reason="PeopleNet's engine is built for each sequence")
@pytest.mark.slow
def test_engines_are_built_once_for_two_sequences(prepared, docker, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        done = run(prepared, tmp_path / name)
        assert done.returncode == 0, done.stderr
    assert sorted(docker.builds) == sorted({*docker.builds})


@pytest.mark.xfail(strict=True, reason="the latency includes the time a frame waits for others")
@pytest.mark.slow
def test_the_time_of_a_frame_excludes_the_time_it_waits(prepared, docker, tmp_path):
    done = run(prepared, tmp_path)
    assert done.returncode == 0, done.stderr
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert timing["step_ns"] == [[14_000_000] * timing["frames"]]  # 4 ms and 10 ms, see `times`


@pytest.mark.xfail(strict=True, reason="no masks come out")
@pytest.mark.slow
def test_masks_of_the_probe_are_tracks_with_masks(prepared, docker, tmp_path):
    done = run(prepared, tmp_path, masks=True)
    assert done.returncode == 0, done.stderr
    assert read_tracks(tmp_path / "tracks.parquet").rle is not None


@pytest.mark.xfail(strict=True, reason="the keys are in a group that NVIDIA's file does not have")
def test_the_segmenter_has_its_keys_at_the_top_level(prepared, tmp_path):
    segmenter = written(prepared, tmp_path)["segmenter"]
    assert segmenter["numConditionalMem"] == 1
    assert "Segmenter" not in segmenter


@pytest.mark.xfail(strict=True, reason="the container goes on when its job is stopped")
@pytest.mark.slow
def test_a_stopped_job_removes_its_container(prepared, docker, tmp_path):
    docker.set(hang=True)
    options, sequence = prepared
    words = [
        *(sys.executable, "-m", "trackers.methods.deepstream.run", "--options"),
        *(json.dumps(options), "--sequence", sequence, "--output", tmp_path / "tracks.parquet"),
        *("--timing", tmp_path / "timing.json", "--run", tmp_path / "run.json"),
    ]
    job = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while not (docker.folder / "started").exists():
        assert job.poll() is None, job.stderr.read()
        time.sleep(0.05)
    container = int((docker.folder / "container.pid").read_text())
    job.terminate()
    job.wait()
    running = Path(f"/proc/{container}").exists()
    if running:
        os.kill(container, signal.SIGKILL)
    assert not running


@pytest.mark.xfail(strict=True, reason="all its frames are left out as warm-up")
@pytest.mark.slow
def test_a_short_sequence_is_timed(prepared, docker, tmp_path):
    for image in sorted((tmp_path / "in").iterdir())[10:]:
        image.unlink()
    write_prepared(prepared[1], read_own(tmp_path / "in", "walk"))
    (label,) = read_sequence(prepared[1]).extent.classes.values()
    docker.set(label=label, frames=10)
    done = run(prepared, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "timing.json").read_text())["frames"] > 0


@pytest.mark.xfail(strict=True, reason="the container writes engines into the user's folder")
@pytest.mark.slow
def test_the_folder_of_the_networks_is_not_changed(prepared, docker, tmp_path):
    before = {path.name for path in Path(prepared[0]["models"]).iterdir()}
    assert run(prepared, tmp_path).returncode == 0
    assert {path.name for path in Path(prepared[0]["models"]).iterdir()} == before
