"""What the container is given, and what is made of what it leaves; a script stands in for it."""

from __future__ import annotations

import json
import subprocess
import sys
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
from trackers.contract import load_method, load_tracker
from trackers.methods.deepstream import files
from trackers.methods.deepstream.options import Options
from trackers.methods.deepstream.run import command, read_latencies, write_files

FRAMES = 24
APPLICATION = {  # keys of the reference application's documentation, by group
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
DETECTOR = {  # of Gst-nvinfer's
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
"""Stands in for a container: looks at its files, writes a dump of a box that moves."""
import pathlib, sys
given = sys.argv[1:]
mounts = dict(v.split(":")[::-1] for f, v in zip(given, given[1:]) if f == "-v")
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
def place(tmp_path):
    """(options, sequence.json) of a folder of images; what runs the container is a script."""
    for number in range(FRAMES):
        write_image(tmp_path / "in" / f"{number:03}.png", np.full((46, 62, 3), 100, np.uint8))
    sequence = tmp_path / "data" / "sequence.json"
    write_prepared(sequence, read_own(tmp_path / "in", "walk"))
    (tmp_path / "labels.txt").write_text("person\nbag\nface\n")
    (tmp_path / "peoplenet.onnx").write_bytes(b"")
    (tmp_path / "models").mkdir()
    options = {
        "image": "deepstream:of-yours",
        "docker": str(tmp_path / "docker"),
        "detector": str(tmp_path / "peoplenet.onnx"),
        "labels": str(tmp_path / "labels.txt"),
        "models": str(tmp_path / "models"),
    }
    return options, sequence


def container(place, label="person", fail="", frames=FRAMES, also=""):
    script = CONTAINER.format(
        python=sys.executable, label=label, fail=fail, frames=frames, also=also
    )
    path = Path(place[0]["docker"])
    path.write_text(script)
    path.chmod(0o755)


def run(place, folder, **more):
    options, sequence = place
    made = ["--output", folder / "tracks.parquet", "--timing", folder / "timing.json"]
    made += ["--run", folder / "run.json", "--code", "abc"]
    text = json.dumps(options | more)
    program = [sys.executable, "-m", "trackers.methods.deepstream.run"]
    return subprocess.run(
        [*program, "--options", text, "--sequence", sequence, *made],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip


def test_tracks_and_times_are_what_the_container_left(place, tmp_path):
    (label,) = read_sequence(place[1]).extent.classes.values()
    container(place, label)
    done = run(place, tmp_path)
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


def test_it_tells_the_models_and_images_it_was_given(place, tmp_path):
    (label,) = read_sequence(place[1]).extent.classes.values()
    container(place, label)
    (Path(place[0]["models"]) / "image_encoder.onnx").write_text("a network")
    assert run(place, tmp_path).returncode == 0
    told = read_run_json(tmp_path / "run.json")
    assert told["tracks"] == sha256(tmp_path / "tracks.parquet")
    assert set(told["inputs"]) == {"sequence.json", "images"}
    for name in ("detector", "labels", "models"):
        assert told["files"][place[0][name]] == sha256_of(Path(place[0][name]))
    assert (told["method"], told["code"]) == ("deepstream", "abc")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        ({"fail": "no GPU"}, "the container exited with 1; it printed last: no GPU"),
        ({"label": "elephant"}, "label 'elephant' found, the classes of the sequence are"),
        ({"frames": 9}, "latencies of 9 frames found, expected 0 to 23"),
    ],
)
def test_a_container_that_fails_leaves_nothing(place, tmp_path, harm, message):
    container(place, **harm)
    done = run(place, tmp_path)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert not (tmp_path / "tracks.parquet").exists()
    assert not (tmp_path / "timing.json").exists()
    assert not (tmp_path / "run.json").exists()


def test_without_docker_it_says_so(place, tmp_path):
    done = run(place, tmp_path, docker="no-such-docker")
    assert done.returncode == 2
    assert "no-such-docker" in done.stderr


def written(place, tmp_path, **more):
    options = Options(**place[0], **more)
    write_files(tmp_path, read_sequence(place[1]), options)
    found = {}
    for name in ("application", "detector"):
        parser = ConfigParser()
        parser.optionxform = str
        parser.read(tmp_path / f"{name}.txt")
        found[name] = {group: dict(parser[group]) for group in parser.sections()}
    for name in ("tracker", "segmenter"):
        text = (tmp_path / f"{name}.yml").read_text()
        assert text.startswith("%YAML:1.0\n")
        found[name] = yaml.safe_load(text.split("---\n", 1)[1])
    return found


def test_only_documented_keys_are_written(place, tmp_path):
    found = written(place, tmp_path)
    for group, keys in found["application"].items():
        assert set(keys) <= APPLICATION[group], group
    for group, keys in found["detector"].items():
        assert set(keys) <= DETECTOR[group.rstrip("-0123456789")], group
    assert found["detector"]["class-attrs-2"] == {"pre-cluster-threshold": "1.0"}
    assert found["application"]["streammux"]["width"] == "62"
    assert found["tracker"]["TargetManagement"]["probationAge"] == 4
    assert found["segmenter"]["MemoryAttention"]["builderOptimizationLevel"] == 5


def test_the_shipped_values_are_those_of_our_own_masktracker(place, tmp_path):
    defaults = load_method("masktracker").options
    found = written(place, tmp_path)
    shipped = {
        key: value
        for file in ("tracker", "segmenter")
        for group in found[file].values()
        for key, value in group.items()
    }
    spelled = {
        "".join(c if not c.isupper() else f"_{c.lower()}" for c in key): key for key in shipped
    }
    spelled = {name.replace("4", "_4"): key for name, key in spelled.items()}
    both = set(spelled) & set(defaults)
    assert len(both) >= 20
    for name in both:
        assert shipped[spelled[name]] == pytest.approx(float(defaults[name])), name


def test_any_value_can_be_another_but_no_key(place, tmp_path):
    values = {"tracker.TargetManagement.probationAge": 9, "application.sink0.sync": 1}
    found = written(place, tmp_path, values=values)
    assert found["tracker"]["TargetManagement"]["probationAge"] == 9
    assert found["application"]["sink0"]["sync"] == "1"
    for wrong in ("tracker.TargetManagement.probatoinAge", "trakcer.A.b", "tracker.Nothing.b"):
        with pytest.raises(ValueError, match="values: "):
            written(place, tmp_path, values={wrong: 1})


def test_the_container_gets_the_files_the_models_and_no_network(place, tmp_path):
    given = command(tmp_path, Options(**place[0]))
    assert given[:3] == [place[0]["docker"], "run", "--rm"]
    assert f"{tmp_path}:{files.WORKDIR}" in given
    assert f"{place[0]['models']}:{files.MODELS}" in given
    assert given[given.index("--network") + 1] == "none"
    assert given[-4:] == [
        "deepstream:of-yours",
        "deepstream-app",
        "-c",
        "/run_folder/application.txt",
    ]


def test_latencies_are_read_in_the_order_of_frames():
    text = "x\nSource id = 0 Frame_num = 1 Frame latency = 2.5 (ms) \nBATCH\n"
    text += "Source id = 0 Frame_num = 0 Frame latency = 250.97998 (ms)\n"
    assert read_latencies(text, 2) == [250979980, 2500000]


def test_as_a_tracker_of_frames_it_says_how_it_is_run():
    options = {"image": "a", "detector": "b", "labels": "c", "models": "d"}
    with pytest.raises(ValueError, match=r"takes whole sequences, by methods/deepstream/rule\.smk"):
        load_tracker("deepstream", options)


def test_the_video_it_is_given_has_all_images(place, tmp_path):
    also = f'import shutil; shutil.copy(workdir / "video.mp4", "{tmp_path}/seen.mp4")'
    container(place, also=also)
    run(place, tmp_path)
    images = [image for _, image in decode_frames(tmp_path / "seen.mp4")]
    assert len(images) == FRAMES
    assert all(abs(image.astype(int) - 100).max() < 6 for image in images)
