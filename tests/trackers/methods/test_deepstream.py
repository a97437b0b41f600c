"""DeepStream on a sequence: tracks, times, failures; a stand-in for docker checks what it gets."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from datasets.formats.parquet import read_tracks
from datasets.io.files import sha256, sha256_of
from datasets.media.frames import decode_frames
from datasets.sequences.run_json import read_run_json
from datasets.sequences.sequence_json import read_sequence
from tests.support.messages import message_pattern
from tests.support.trackers.deepstream_case import FRAMES, HEIGHT, WIDTH, Case
from trackers.contract import load_tracker
from trackers.methods.deepstream import container, files
from trackers.methods.deepstream.latency import own_time, read_log
from trackers.methods.deepstream.run import command
from trackers.methods.deepstream.run_folder import make_folder, write_video

LOG = """
************BATCH-NUM = 8**************
Comp name = nvv4l2-decoder in_system_timestamp = 1684240026498.968018 out_system_timestamp = 1684240026517.566895               component latency= 18.598877
Comp name = nvstreammux-stream-muxer source_id = 0 pad_index = 0 frame_num = 0               in_system_timestamp = 1684240026517.625000 out_system_timestamp = 1684240026634.242920               component_latency = 116.617920
Comp name = primary_gie in_system_timestamp = 1684240026634.278076 out_system_timestamp = 1684240026652.403076               component latency= 18.125000
Comp name = tracking_tracker in_system_timestamp = 1684240026652.424072 out_system_timestamp = 1684240026892.195068               component latency= 239.770996
Source id = 0 Frame_num = 0 Frame latency = 250.979980 (ms)
"""  # noqa: E501  (forums.developer.nvidia.com/t/253843, with the names of deepstream-app)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        case = Case(tmp_path_factory.mktemp("deepstream"), monkeypatch)
        assert case.build() == 0
        yield case


@pytest.fixture
def case(shared):
    """A case with engines."""
    shared.reset()
    return shared


def test_tracks_are_read_from_the_container(case):
    assert case.run() == 0
    tracks = read_tracks(case.result("tracks.parquet"))
    assert tracks.frame.tolist() == list(range(1, FRAMES))
    assert set(tracks.track.tolist()) == {5}
    assert tracks.box[0].tolist() == [1, -3.5, 40, 30]
    assert tracks.score[0] == 0.966797
    assert tracks.rle is None


def test_the_time_of_a_frame_excludes_the_time_it_waits(case):
    assert case.run() == 0
    timing = case.timing()
    assert timing["step_ns"] == [[14_000_000] * 12]  # 4 ms and 10 ms, see `times` of the stand-in
    assert timing["element_ns"] == {"detector": [4_000_000] * 12, "tracker": [10_000_000] * 12}
    assert timing["pipeline_ns"][:2] == [81_500_000, 86_500_000]  # 5 ms more per waiting frame
    assert (timing["timed"], timing["frames"], timing["warm_up_frames"]) == ("elements", 12, 12)
    assert timing["peak_memory"] is None


def test_run_json_records_the_networks_the_engines_and_the_images(case):
    assert case.run() == 0
    record = read_run_json(case.result("run.json"))
    assert record["tracks"] == sha256(case.result("tracks.parquet"))
    assert set(record["inputs"]) == {"sequence.json", "images"}
    for name in ("detector", "labels", "models"):
        path = case.values[name]
        assert record["files"][path] == sha256_of(Path(path))
    assert record["files"][str(case.engines)] == sha256(case.engines)
    assert (record["method"], record["code"]) == ("deepstream", "abc")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fail": "out of memory"}, "the container exited with 1; last output: out of memory"),
        (
            {
                "fail": 'docker: Error response from daemon: could not select device driver "" '
                "with capabilities: [[gpu]].",
                "code": 125,
            },
            "--gpus: expected an NVIDIA GPU and the NVIDIA Container Toolkit, found no usable one",
        ),
        (
            {"fail": "docker: Error response from daemon: No such image: ds", "code": 125},
            "deepstream:9.0: expected a local image, found none: ... pull deepstream:9.0",
        ),
        (
            {"fail": "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."},
            "docker: expected a daemon that this user may use, found none",
        ),
        ({"label": "elephant"}, "label: expected a class of the sequence, one of "),
        ({"frames": 9}, "expected latencies of frames 0 to 23, found those of 9 frames"),
    ],
)
def test_a_failing_container_leaves_no_files(case, capsys, settings, message):
    case.set(**settings)
    assert case.run() in (1, 2)
    error = capsys.readouterr().err
    assert re.search(message_pattern(message), error), error
    assert not case.result("").exists() or not [*case.result("").iterdir()]


def test_a_stopped_job_removes_its_container(case):
    case.set(hang=True)
    assert case.run() == 143
    pid = int((case.docker.folder / "container.pid").read_text())
    assert not Path(f"/proc/{pid}").exists()
    *_, start, removal = case.docker.calls
    assert removal == ["rm", "--force", start[start.index("--name") + 1]]
    assert not case.result("tracks.parquet").exists()


def test_a_missing_program_and_missing_files_are_named(case, capsys):
    assert case.run(docker="no-such-docker") == 2
    assert "no-such-docker: No such file or directory" in capsys.readouterr().err
    assert case.run(labels="no-such-labels.txt") == 2
    assert "no-such-labels.txt: No such file or directory" in capsys.readouterr().err


def test_a_short_sequence_is_timed(case):
    case.set(frames=3)
    assert case.run(case.prepare("short", 3)) == 0
    timing = case.timing()
    assert (timing["frames"], timing["warm_up_frames"]) == (2, 1)


def test_the_container_sees_what_it_needs_read_only_and_no_network(case, monkeypatch):
    folder = make_folder(case.folder / "work")
    words = command(folder, case.engines, case.options()).line("a-name")
    assert words[:3] == [case.values["docker"], "run", "--rm"]
    assert f"{folder}:{files.WORKDIR}" in words
    assert f"{case.models}:{files.MODELS}:ro" in words
    assert f"{case.engines.parent}:{files.ENGINES}:ro" in words
    for flag, value in (("--network", "none"), ("--pull", "never"), ("--gpus", "all")):
        assert words[words.index(flag) + 1] == value
    assert words[-4:] == ["deepstream:9.0", "deepstream-app", "-c", "/run_folder/application.txt"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    words = command(folder, case.engines, case.options()).line("a-name")
    assert words[words.index("--gpus") + 1] == "device=2"


def test_a_release_names_its_image(case):
    options = case.options(image=None, release="9.1")
    assert options.image_name == "nvcr.io/nvidia/deepstream:9.1-triton-multiarch"
    assert case.options(image=None).image_name.endswith(":9.0-triton-multiarch")


def test_a_log_as_nvidia_prints_it_is_read():
    found = read_log(LOG, 1)
    assert found.own_ns["detector"] == pytest.approx([18_125_000], abs=500)
    assert found.own_ns["tracker"] == pytest.approx([239_770_996], abs=500)  # of 1.7e12 ms
    assert found.pipeline_ns.tolist() == [250_979_980]


def test_a_log_without_an_element_is_refused():
    log = LOG.replace("tracking_tracker", "another")
    expected = "frame 0: expected a component latency of tracking_tracker, found ['another', ...]"
    with pytest.raises(ValueError, match=message_pattern(expected)):
        read_log(log, 1)
    with pytest.raises(ValueError, match="frames 0 to 1, found those of 1 frames"):
        read_log(LOG, 2)


def test_own_time_is_what_the_frame_before_leaves():
    entered, left = [0.0, 1.0, 20.0], [10.0, 18.0, 25.0]  # the second frame waits, the third not
    assert own_time(np.array(entered), np.array(left)).tolist() == [10, 8, 5]
    with pytest.raises(ValueError, match="frame 1: expected that it leaves element last"):
        own_time(np.array(entered), np.array([10.0, 9.0, 25.0]))


def test_the_video_for_the_container_has_all_images(case):
    write_video(case.folder / "seen.mp4", read_sequence(case.sequence))
    images = [image for _, image in decode_frames(case.folder / "seen.mp4")]
    assert len(images) == FRAMES
    assert images[0].shape == (HEIGHT, WIDTH, 3)
    assert all(abs(image.astype(int) - 100).max() < 6 for image in images)


def test_loading_it_as_a_frame_by_frame_tracker_is_an_error():
    options = {"image": "a", "detector": "b", "labels": "c", "models": "d"}
    with pytest.raises(ValueError, match=r"takes whole sequences, by methods/deepstream/rule\.smk"):
        load_tracker("deepstream", options)


def test_a_message_quotes_only_the_end_of_the_output():
    assert container.last_lines("\n".join(map(str, range(99)))).split("\n")[0] == "79"
