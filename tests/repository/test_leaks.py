"""`.ci/leaks.py` finds what a command sends and leaves behind, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

LEAKS = ROOT / ".ci" / "leaks.py"
TRACED = "TracerPid:\t0" not in Path("/proc/self/status").read_text()
needs_strace = pytest.mark.skipif(
    TRACED or shutil.which("strace") is None,
    reason="needs strace, and cannot run under it (.ci/run runs it alone)",
)
LEAKING = """
import os, socket, sys, tempfile
outside = sys.argv[1]
try:
    socket.getaddrinfo("leak.invalid.", 80)
except OSError:
    pass
with socket.socket() as tcp:
    tcp.setblocking(False)
    tcp.connect_ex(("192.0.2.1", 443))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    try:
        udp.sendto(b"", ("192.0.2.2", 9))
    except OSError:
        pass
open(outside + "/written", "w").close()
if os.fork() == 0:
    os.chdir(outside)
    os.mkdir("made")
    os.rename("written", "renamed")
    os.unlink("old")
    os._exit(0)
os.wait()
tempfile.mkdtemp(prefix="left")
"""
QUIET = """
import multiprocessing, os, pathlib, socket, sys, tempfile
multiprocessing.Lock()
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "file").write_text("")
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(("localhost", server.getsockname()[1])).close()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    try:
        udp.connect(("192.0.2.1", 443))  # sends nothing
    except OSError:
        pass
pathlib.Path(sys.argv[1], "old").read_text()
open(os.devnull, "w").close()
sys.exit(3)
"""


def leaks(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"RES_OPTIONS": "timeout:1 attempts:1"} | environment
    words = [sys.executable, str(LEAKS), *command]
    return subprocess.run(words, env=variables, capture_output=True, text=True, check=False)


def program(folder: Path, text: str) -> tuple[str, str]:
    (folder / "program.py").write_text(text)
    return sys.executable, str(folder / "program.py")


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "old").write_text("")
    return folder


@needs_strace
def test_network_access_and_leftovers_of_a_command_and_its_children_are_listed(outside, tmp_path):
    done = leaks(*program(tmp_path, LEAKING), str(outside))
    assert done.returncode == 1, done.stderr
    found = set(re.findall(r"^leak: (.+?)(?: \(.*)?$", done.stdout, re.MULTILINE))
    varying = {each for each in found if re.match("asks the name server|leaves left.* in", each)}
    assert len(varying) >= 2
    assert found - varying == {
        "looks up leak.invalid",
        "connects to 192.0.2.1, port 443",
        "connects to 192.0.2.2, port 9",
        *(f"writes {outside}/{name}" for name in ("written", "made", "renamed", "old")),
    }
    assert f"looks up leak.invalid ({sys.executable}" in done.stdout


@needs_strace
def test_local_connections_and_removed_files_are_no_leak(outside, tmp_path):
    done = leaks(*program(tmp_path, QUIET), str(outside))
    assert "leaks: none" in done.stdout
    assert done.returncode == 3, "the command's own exit code"


def test_a_missing_strace_is_an_error(tmp_path):
    done = leaks("true", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "leaks: strace is missing: apt install strace\n")


@needs_strace
def test_a_machine_where_strace_may_not_trace_is_an_error(tmp_path):
    words = ["strace", "-f", "-o", tmp_path / "calls", sys.executable, LEAKS, "true"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "may not trace processes here" in done.stdout
