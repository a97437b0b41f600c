"""External programs: their input, and runs that succeed, fail, hang or crash."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from datasets.formats.parquet import read_tracks
from datasets.io.files import sha256
from datasets.io.program import run_main
from datasets.media.frames import decode_frames, write_image
from datasets.media.video import writing_video
from datasets.own import read_own
from datasets.sequences.mot_folder import read_info
from datasets.sequences.run_json import read_run_json
from datasets.sequences.sequence_folder import write_folder
from datasets.sequences.sequence_json import Prepared, read_sequence, write_prepared
from datasets.types import Extent, Sequence, Tracks
from tests.support.messages import message_pattern
from tests.support.paths import ROOT
from tests.support.waiting import wait_until
from trackers.contract import load_tracker
from trackers.methods.external import process
from trackers.methods.external.command import check_command, fill_command, list_files
from trackers.methods.external.environment import make_environment
from trackers.methods.external.options import Options
from trackers.methods.external.process import Excerpt, run_program
from trackers.methods.external.run import main

GOOD = "2,7,11,21,30,40,0.5,1,-1,-1"
FLOOD = """
block = b"x" * 999 + b"\\n"
for stream in (1, 2):
    os.write(stream, b"begin\\n")
    for _ in range(150):
        os.write(stream, 1000 * block)
os.write(2, b"the end\\n")
sys.exit(3)
"""
SLEEPING = "import time; time.sleep(60); open('{survived}', 'w')"
CHILD = f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", {SLEEPING!r}])
open("{{pid}}", "w").write(str(child.pid))
"""


@pytest.fixture
def sequence(tmp_path) -> Path:
    """sequence.json of three frames, with two detections and with ground truth to be hidden."""
    extent = Extent(100, 200, 3, {1: "pedestrian", 2: "bag"})
    box, score = np.array([[10.0, 20, 40, 60], [1, 2, 3, 4]]), np.array([0.5, 0.9])
    frame, track, classes = np.array([1, 2]), np.array([7, 8]), np.array([1, 2])
    truth = Tracks(extent, frame, track, classes, score, box)
    detections = Tracks(extent, frame, np.array([-1, -1]), classes, score, box)
    path = tmp_path / "data" / "walk" / "sequence.json"
    write_prepared(path, Prepared(Sequence("d", "walk", extent, 12.5), truth, detections))
    return path


def script(tmp_path: Path, body: str, **options) -> dict:
    """Return the options of a Python program; its variables `sequence` and `output` are paths."""
    path = tmp_path / "program.py"
    path.write_text(f"import os, sys, time\nsequence, output = sys.argv[1:]\n{body}\n")
    return {"command": [sys.executable, str(path), "{sequence}", "{output}"], **options}


@dataclass(frozen=True)
class Done:
    """Exit code and standard error of a run."""

    code: int
    log: str


@pytest.fixture
def run(tmp_path, sequence, monkeypatch, capsys):
    """A function that runs the program of some options on the sequence."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    outputs = [f"--output={tmp_path / 'tracks.parquet'}", f"--timing={tmp_path / 'timing.json'}"]
    outputs.append(f"--run={tmp_path / 'run.json'}")

    def run_it(options: dict) -> Done:
        inputs = [f"--options={json.dumps(options)}", f"--sequence={sequence}"]
        monkeypatch.setattr("sys.argv", ["run", *inputs, *outputs])
        code = run_main(main)
        assert list(temporary.iterdir()) == []
        return Done(code, capsys.readouterr().err)

    return run_it


@pytest.fixture
def timeout_once(monkeypatch):
    """A function that makes every timeout of `run_program` end once a file exists."""

    def install(path: Path) -> None:
        def timer(timeout_s, function, arguments):
            thread = Thread(target=lambda: (wait_until(path.exists), function(*arguments)))
            thread.cancel = lambda: None
            return thread

        monkeypatch.setattr(process, "Timer", timer)

    return install


def last_line(tmp_path: Path, done: Done) -> str:
    """Return the reason of a failed run, after checking that it left no files."""
    assert done.code in (1, 2), done.log
    assert not (tmp_path / "tracks.parquet").exists()
    assert not (tmp_path / "timing.json").exists()
    assert not (tmp_path / "run.json").exists()
    return done.log.splitlines()[-1].removeprefix("python -m trackers.methods.external.run: ")


def is_running(pid: int) -> bool:
    """Return whether a process is running; a zombie is not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
def test_a_successful_program_gives_tracks_and_the_time_of_the_process(tmp_path, sequence, run):
    body = f"time.sleep(0.2); print('hello'); open(output, 'w').write('{GOOD}\\n')"
    start = time.perf_counter_ns()
    done = run(script(tmp_path, body))
    elapsed_ns = time.perf_counter_ns() - start
    assert done.code == 0, done.log
    assert "stdout:\nhello\n\nstderr: nothing\n" in done.log
    tracks = read_tracks(tmp_path / "tracks.parquet")
    assert tracks.extent == read_sequence(sequence).extent
    assert (tracks.frame.tolist(), tracks.track.tolist()) == ([1], [7])
    assert tracks.box.tolist() == [[10, 20, 40, 60]]
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert (timing["timed"], timing["frames"], timing["peak_memory"]) == ("process", 3, None)
    assert 2e8 < timing["step_ns"][0][0] < elapsed_ns


def test_run_json_records_the_program_and_its_detections(tmp_path, sequence, run):
    options = script(tmp_path, f"open(output, 'w').write('{GOOD}\\n')")
    assert run(options).code == 0
    record = read_run_json(tmp_path / "run.json")
    assert record["tracks"] == sha256(tmp_path / "tracks.parquet")
    assert set(record["inputs"]) == {"sequence.json", "detections.parquet"}
    assert record["files"][str(tmp_path / "program.py")] == sha256(tmp_path / "program.py")
    assert record["program"] == "trackers.methods.external.run"


def test_an_empty_result_file_gives_empty_tracks(tmp_path, run):
    done = run(script(tmp_path, "open(output, 'w')"))
    assert done.code == 0, done.log
    assert len(read_tracks(tmp_path / "tracks.parquet")) == 0


def test_a_result_of_another_format_is_read(tmp_path, run):
    body = """
os.mkdir(output)
for frame in range(3):
    line = "bag 5 0.0 0 0.0 1 2 30 40 0 0 0 0 0 0 0 0.75" * (frame == 1)
    open(f"{output}/00_000_{frame:06}.txt", "w").write(line)
"""
    done = run(script(tmp_path, body, format="kitti_dump"))
    assert done.code == 0, done.log
    tracks = read_tracks(tmp_path / "tracks.parquet")
    assert (tracks.frame.tolist(), tracks.class_id.tolist()) == ([1], [2])
    assert (tracks.box.tolist(), tracks.score.tolist()) == ([[1, 2, 30, 40]], [0.75])


def test_a_malformed_result_of_another_format_is_named(tmp_path, run):
    body = "open(output, 'w').write('{\\n')"
    done = run(script(tmp_path, body, format="sam2_jsonl"))
    assert "walk.jsonl, line 1" in last_line(tmp_path, done)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("pass", "error: expected a result walk.txt after exit code 0, found none"),
        ("os.mkfifo(output)", "error: expected a result walk.txt after exit code 0, found none"),
        (
            "print('one', file=sys.stderr); sys.exit('no GPU')",
            "error: exit code 1; printed last as error: one | no GPU",
        ),
        ("sys.exit(5)", "error: exit code 5; printed last as error: nothing"),
        (
            "import signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "error: exit code -11 (SIGSEGV); printed last as error: nothing",
        ),
        (f"open(output, 'w').write('{GOOD}'); sys.exit(2)", "error: exit code 2; printed"),
    ],
)
def test_a_failing_program_leaves_only_a_reason(tmp_path, run, body, message):
    done = run(script(tmp_path, body))
    assert last_line(tmp_path, done).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no numbers", "walk.txt, line 1 ('no numbers'): expected at least 6 columns, found 1"),
        (f"{GOOD}\\n{GOOD}", "walk.txt, line 2"),
        (GOOD.replace("2,", "9,", 1), "expected a frame from 1 to 3, found frame 9"),
        (GOOD.replace(",7,", ",-1,"), "walk.txt: frame 1 (from 0): expected an identity"),
    ],
)
def test_a_malformed_result_is_named_by_file_and_line(tmp_path, run, text, message):
    done = run(script(tmp_path, f"open(output, 'w').write('{text}')"))
    assert message in last_line(tmp_path, done)


def test_a_binary_result_is_named_by_file_and_line(tmp_path, run):
    body = "open(output, 'wb').write(bytes(range(256)) * 50)"
    assert "walk.txt, line 1" in last_line(tmp_path, run(script(tmp_path, body)))


def test_a_hanging_program_is_stopped_with_its_child_processes(tmp_path, run, timeout_once):
    pid, survived, waiting = (tmp_path / name for name in ("pid", "survived", "waiting"))
    body = CHILD.format(pid=pid, survived=survived)
    body += f"print('waiting', flush=True); open('{waiting}', 'w'); time.sleep(60)"
    timeout_once(waiting)
    done = run(script(tmp_path, body, timeout_s=1.5))
    assert last_line(tmp_path, done) == "error: no result after 1.5 s: the program was stopped"
    assert "waiting" in done.log, "its output is kept"
    assert not is_running(int(pid.read_text()))
    assert not survived.exists()


def test_a_program_that_takes_longer_than_its_timeout_is_stopped(tmp_path):
    words = [sys.executable, "-c", SLEEPING.format(survived=tmp_path / "survived")]
    assert run_program(words, tmp_path, 0.01).code is None
    assert not (tmp_path / "survived").exists()


def test_a_program_that_ignores_sigterm_is_killed(tmp_path, timeout_once, monkeypatch):
    monkeypatch.setattr(process, "_GRACE_S", 0.1)
    ignoring, survived = tmp_path / "ignoring", tmp_path / "survived"
    code = f"import signal; signal.signal(15, signal.SIG_IGN); open('{ignoring}', 'w')"
    timeout_once(ignoring)
    words = [sys.executable, "-c", f"{code}; {SLEEPING.format(survived=survived)}"]
    assert run_program(words, tmp_path, 0.7).code is None
    assert not survived.exists()


@pytest.mark.parametrize("end", ["", "sys.exit('lost')"])
def test_a_child_that_outlives_its_program_is_stopped(tmp_path, run, end):
    pid, survived = tmp_path / "pid", tmp_path / "survived"
    body = CHILD.format(pid=pid, survived=survived)
    done = run(script(tmp_path, f"{body}open(output, 'w').write('{GOOD}')\n{end}"))
    assert not is_running(int(pid.read_text()))
    assert not survived.exists(), "it is not waited for, although it holds the streams open"
    if end:
        assert last_line(tmp_path, done) == "error: exit code 1; printed last as error: lost"
    else:
        assert done.code == 0, done.log


def test_a_daemon_that_leaves_the_group_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "_DRAIN_S", 0.1)
    daemon = f"""
import os, time
if os.fork():
    while not os.path.exists("{tmp_path}/pid"):
        time.sleep(0.01)
    os._exit(0)
os.setsid()
open("{tmp_path}/part", "w").write(str(os.getpid()))
os.rename("{tmp_path}/part", "{tmp_path}/pid")
time.sleep(60)
"""
    ended = run_program([sys.executable, "-c", daemon], tmp_path, 1e6)
    assert ended.code == 0
    pid = int((tmp_path / "pid").read_text())
    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


def test_of_a_large_output_the_start_and_the_end_are_kept(tmp_path, run):
    done = run(script(tmp_path, FLOOD))
    assert last_line(tmp_path, done).endswith("| the end")
    assert len(done.log) < 100_000
    for text in ("stdout:\nbegin\n", "stderr:\nbegin\n", "bytes left out ...]\n"):
        assert text in done.log


def test_an_excerpt_states_the_number_of_omitted_bytes():
    excerpt = Excerpt()
    for _ in range(100):
        excerpt.add(b"abcdefgh" * 1000)
    text = excerpt.text()
    assert text.startswith("abcdefgh" * 1024 + f"\n[... {800_000 - (1 << 13) - (1 << 15)} bytes")
    assert text.endswith("]\n" + "abcdefgh" * 4096)


def test_a_small_output_is_kept_completely():
    excerpt = Excerpt()
    excerpt.add(b"a" * (1 << 13))
    excerpt.add("é\n".encode())
    assert excerpt.text() == "a" * (1 << 13) + "é\n"


@pytest.mark.slow
def test_a_terminated_run_stops_its_program(tmp_path, sequence):
    pid = tmp_path / "pid"
    body = f"open('{pid}', 'w').write(str(os.getpid())); time.sleep(60)"
    options = json.dumps(script(tmp_path, body))
    arguments = ["--options", options, "--sequence", sequence, "--output", "a", "--timing", "b"]
    running = subprocess.Popen(
        [sys.executable, "-m", "trackers.methods.external.run", *arguments], cwd=ROOT
    )
    wait_until(lambda: pid.exists() and pid.read_text() != "", running)
    running.terminate()
    assert running.wait() == 128 + signal.SIGTERM
    assert not is_running(int(pid.read_text()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"command": "python {sequence} {output}"},
            "command: expected a list of strings, found 'python {sequence} {output}'",
        ),
        ({"command": []}, "command: expected {sequence} in one of the words, found []"),
        ({"command": ["a", "{sequence}"]}, "expected {output} in one of the words"),
        ({"environment": "../x"}, "environment: expected the name of ..., found '../x'"),
        (
            {"command": ["{environment}", "{sequence}{output}"]},
            "environment: expected a name, because command has {environment}, found none",
        ),
        ({"timeout_s": 0}, "timeout_s: expected a number above 0 and at most 1000000, found 0"),
        ({"timeout_s": float("inf")}, "expected a finite number, found Infinity"),
        ({"format": "mott"}, "format: expected one of [...], found 'mott'"),
        ({"format": "coco_results"}, "format: expected one of [...], found 'coco_results'"),
        ({"command": ["/no/such", "{sequence}", "{output}"]}, "/no/such: No such file"),
        ({"comand": []}, "options: expected some of ..., found ['comand']"),
    ],
)
def test_invalid_options_are_rejected(tmp_path, run, options, message):
    done = run(script(tmp_path, "pass") | options)
    assert re.search(message_pattern(message), last_line(tmp_path, done))


def test_only_known_placeholders_are_replaced(tmp_path):
    words = ["{environment}/bin/python", "{repository}/Snakefile", "-s={sequence}", "{output}"]
    words += ['{"a": 1}', "{frames}"]
    options = Options(command=tuple(words), environment="mine")
    check_command(options)
    assert fill_command(options, Path("/s/{output}"), Path("/o")) == [
        str(Path("engines/environments/mine/bin/python").resolve()),
        str(ROOT / "Snakefile"), "-s=/s/{output}", "/o", '{"a": 1}', "{frames}",
    ]  # fmt: skip
    assert list_files(options) == ["Snakefile"]


def test_the_program_has_its_own_folder_and_process_group_without_our_python_path(tmp_path, run):
    body = f"""
import json
state = [os.getcwd(), os.getpgrp() == os.getpid(), os.environ.get("PYTHONPATH"), sys.stdin.read()]
files = sorted(os.path.relpath(os.path.join(at, name), sequence)
              for at, _, names in os.walk(sequence) for name in names)
open({str(tmp_path / "state.json")!r}, "w").write(json.dumps(state + [os.listdir(), files]))
open(output, "w")
"""
    done = run(script(tmp_path, body))
    assert done.code == 0, done.log
    folder, leads, path, stdin, work, files = json.loads((tmp_path / "state.json").read_text())
    assert Path(folder).is_relative_to(tmp_path / "temporary")
    assert (leads, path, stdin, work) == (True, None, "", [])
    assert files == ["det/det.txt", "seqinfo.ini"], "no ground truth"


def test_the_sequence_folder_describes_the_sequence(tmp_path, sequence):
    expected = read_sequence(sequence)
    detections = read_tracks(sequence.with_name("detections.parquet"))
    write_folder(tmp_path / "walk", expected, detections)
    info = read_info(tmp_path / "walk", (expected.extent.classes, ()))
    assert (info.extent, info.frame_rate) == (expected.extent, 12.5)
    lines = (tmp_path / "walk" / "det" / "det.txt").read_text().splitlines()
    assert lines == ["2,-1,11.0,21.0,30.0,40.0,0.5,1,-1,-1", "3,-1,2.0,3.0,2.0,2.0,0.9,2,-1,-1"]


def shade(number: int) -> np.ndarray:
    return np.full((46, 62, 3), 40 * number, np.uint8)


@pytest.mark.parametrize("copied", [False, True])
def test_images_are_linked_or_copied_in_order(tmp_path, copied):
    for number in (10, 2, 1):
        write_image(tmp_path / "in" / f"{number}.png", shade(number // 2))
    prepared = read_own(tmp_path / "in", "walk")
    write_folder(tmp_path / "walk", prepared.sequence, None, copied=copied)
    images = sorted((tmp_path / "walk" / "img1").iterdir())
    assert [each.name for each in images] == ["000001.png", "000002.png", "000003.png"]
    assert all(each.is_symlink() != copied for each in images)
    assert [image.max() for _, image in decode_frames(tmp_path / "walk" / "img1")] == [0, 40, 200]
    assert "imExt=.png\n" in (tmp_path / "walk" / "seqinfo.ini").read_text()
    (tmp_path / "in" / "2.png").unlink()
    with pytest.raises(ValueError, match="expected 3 images, found 2"):
        write_folder(tmp_path / "again", prepared.sequence, None)


def test_a_video_is_written_as_lossless_images(tmp_path):
    with writing_video(tmp_path / "walk.mp4", 25, 46, 62) as write:
        for number in range(3):
            write(shade(number))
    prepared = read_own(tmp_path / "walk.mp4", "walk")
    write_folder(tmp_path / "walk", prepared.sequence, None)
    before = [image for _, image in decode_frames(tmp_path / "walk.mp4")]
    after = [image for _, image in decode_frames(tmp_path / "walk" / "img1")]
    assert np.array_equal(before, after)
    assert (tmp_path / "walk" / "img1" / "000003.png").is_file()


def wheel(folder: Path) -> str:
    """Make a package of one module and return its line for a requirements file."""
    path = folder / "lone_package-1.0-py3-none-any.whl"
    metadata = "lone_package-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lone_package.py", "VALUE = 42\n")
        archive.writestr(
            f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: lone-package\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{metadata}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{metadata}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"lone-package @ {path.as_uri()} --hash=sha256:{digest}\n"


@pytest.mark.slow
def test_an_environment_contains_the_packages_of_its_file(tmp_path, monkeypatch):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "mine.txt").write_text(wheel(tmp_path))
    assert "lone-package" in make_environment(tmp_path / "mine.txt", tmp_path / "mine")
    python = tmp_path / "mine" / "bin" / "python"
    code = "import lone_package; print(lone_package.VALUE)"
    assert subprocess.check_output([python, "-c", code], cwd=tmp_path, text=True) == "42\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", [f"no-such-package==1.0 --hash=sha256:{64 * '0'}", "lone-package @ {wheel}"]
)
def test_a_failed_environment_is_removed(tmp_path, monkeypatch, line):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    without_hash = wheel(tmp_path).split(" ")[2]
    (tmp_path / "mine.txt").write_text(line.format(wheel=without_hash) + "\n")
    with pytest.raises(RuntimeError, match=r"mine\.txt: uv pip install: exit code [12]"):
        make_environment(tmp_path / "mine.txt", tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_loading_it_as_a_frame_by_frame_tracker_is_an_error():
    with pytest.raises(ValueError, match=r"takes whole sequences, by methods/external/rule\.smk"):
        load_tracker("external", {"command": ["a", "{sequence}", "{output}"]})
