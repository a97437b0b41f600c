#!/usr/bin/env python3
"""Run a command and fail if anything it starts uses the network or leaves files behind.

    .ci/leaks.py make report

strace watches the command and its children. They may talk to this machine, write into the project,
and write into TMPDIR, a new empty folder, and /dev/shm what is gone when the command ends. The exit
code is the command's own, 1 for a leak, 2 where strace cannot watch.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"  # may be a link to elsewhere
DEVICES = ("/dev", "/proc", "/sys")
SHARED_MEMORY = "/dev/shm"  # noqa: S108
DNS = "53"
RESOLVER = "/run/systemd/resolve/"  # Ubuntu's other way to look up a host
CANNOT_WATCH = 2
WIDTH = 100  # of a command line that is printed

SENDS = {"connect", "sendto", "sendmsg", "sendmmsg"}
OPENS = {"open", "openat", "openat2", "creat"}
LINKS = {"link", "linkat", "symlink", "symlinkat"}  # their last path is the new one
CHANGES = {"mkdir", "mkdirat", "mknod", "mknodat", "rmdir", "unlink", "unlinkat", "truncate"}
CHANGES |= {"rename", "renameat", "renameat2"}
STARTS = {"fork", "vfork", "clone", "clone3"}
TRACED = SENDS | OPENS | LINKS | CHANGES | STARTS
TRACED |= {"bind", "chdir", "execve", "fchdir", "socket"}
# a filter in the kernel stops processes at these calls alone: computing costs nothing
STRACE = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-s256", "-esignal=none"]

_CALL = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+|\?)(?:<(.*?)(?: ?\(deleted\))?>)?")
_UNFINISHED = re.compile(r"(\d+) +(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)$")
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
_ADDRESS = re.compile(r'htons\((\d+)\).*?(?:inet_addr\(|AF_INET6, )"([^"]+)"')
_SOCKET = re.compile(r'sun_path="([^"]+)"')
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Call(NamedTuple):
    """A call to the kernel as strace prints it; `opened` is the path of the file it opened."""

    process: str
    name: str
    arguments: str
    result: int
    opened: str | None


class Processes:
    """What each process, or the nearest parent of which it is known, runs and works in."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self.commands: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def follow(self, call: Call) -> None:
        """Take in a call that starts a process or changes its program or folder."""
        if call.name in STARTS:
            self._parents[str(call.result)] = call.process
        elif call.name == "execve":
            self.commands[call.process] = " ".join(
                text for _, text in _PATH.findall(call.arguments)[1:]
            )
        elif call.name == "chdir":
            self._folders[call.process] = self.path(call, *_PATH.findall(call.arguments)[0])
        elif call.name == "fchdir":
            self._folders[call.process] = call.arguments.partition("<")[2].rstrip(">")

    def command(self, process: str) -> str:
        """Return the command line of a process."""
        return (self._inherited(self.commands, process) or f"process {process}")[:WIDTH]

    def path(self, call: Call, folder: str, name: str) -> str:
        """Return the whole path of a name, which may be relative to an open folder."""
        folder = folder or self._inherited(self._folders, call.process) or str(Path.cwd())
        path = Path(folder, name)
        return str(path.parent.resolve() / path.name)

    def _inherited(self, values: dict[str, str], process: str) -> str | None:
        seen = {process}
        while process not in values:
            process = self._parents.get(process, process)
            if process in seen:
                return None
            seen.add(process)
        return values[process]


class Watch:
    """Collects what a command leaks.

    Args:
        folders: Where files may be written.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self.processes = Processes()
        self.leaks: dict[str, str] = {}  # → the first process
        self.shared_memory: dict[str, str] = {}
        self._allowed = [*(str(each.resolve()) for each in folders), *DEVICES]
        self._datagram_sockets: set[str] = set()
        self._peers: dict[str, tuple[str, str]] = {}  # host and port of a socket

    def see(self, call: Call) -> None:
        """Note what a call leaks."""
        if call.name == "socket" and call.opened and "SOCK_DGRAM" in call.arguments:
            self._datagram_sockets.add(call.opened)
        elif call.name in SENDS:
            self._see_network(call)
        elif call.result >= 0:
            self.processes.follow(call)
            for path in self._written(call):
                self._see_file(call, path)

    def _see_network(self, call: Call) -> None:
        socket = call.arguments.partition("<")[2].partition(">")[0]
        if found := _ADDRESS.search(call.arguments):
            self._peers[socket] = found[2], found[1]
        host, port = self._peers.get(socket, ("", ""))
        if RESOLVER in call.arguments:
            self._note(call, f"asks the name server {RESOLVER}")
        elif port == DNS:
            self._note(call, f"asks the name server {host}")
            for name in filter(None, map(_queried, _TEXT.findall(call.arguments))):
                self._note(call, f"looks up {name}")
        elif call.name == "connect" and socket in self._datagram_sockets:
            pass  # nothing is sent yet: this is how programs ask which way is open
        elif host and not _is_local(host):
            self._note(call, f"connects to {host}, port {port}")

    def _written(self, call: Call) -> list[str]:
        """Return the paths that a call has written, made or removed."""
        if call.name in OPENS and call.opened:
            return [call.opened]
        if call.name == "bind":
            return [self.processes.path(call, "", each) for each in _SOCKET.findall(call.arguments)]
        if call.name not in OPENS | LINKS | CHANGES:
            return []
        names = _PATH.findall(call.arguments)
        new = names[-1:] if call.name in LINKS else names
        return [self.processes.path(call, *each) for each in new]

    def _see_file(self, call: Call, path: str) -> None:
        if _is_in(path, [SHARED_MEMORY]):
            self.shared_memory[path] = call.process
        elif not _is_in(path, self._allowed):
            self._note(call, f"writes {path}")

    def _note(self, call: Call, leak: str) -> None:
        self.leaks.setdefault(leak, call.process)


def read_calls(lines: Iterable[str]) -> Iterator[Call]:
    """Yield the calls in strace's output, except those that open a file to read it."""
    begun: dict[str, str] = {}
    for line in lines:
        if found := _UNFINISHED.match(line):
            begun[found[1]] = line.removesuffix("\n").removesuffix(" <unfinished ...>")
            continue
        found = _RESUMED.match(line)
        whole = begun.pop(found[1], "") + found[2] if found else line
        if "O_RDONLY" in whole and "O_CREAT" not in whole:
            continue
        if found := _CALL.match(whole):
            process, name, arguments, result, opened = found.groups()
            yield Call(process, name, arguments, -1 if result == "?" else int(result), opened)


def _is_in(path: str, folders: Iterable[str]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in folders)


def _is_local(host: str) -> bool:
    address = ipaddress.ip_address(host)
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _queried(text: str) -> str | None:
    """Return the host that a DNS query asks for; None where it is none."""
    query = text.encode("latin1").decode("unicode_escape").encode("latin1")
    at, labels = 12, []  # after the header
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin1"))
        at += 1 + query[at]
    return ".".join(labels) or None


def watch(command: list[str], scratch: Path) -> tuple[int, Watch]:
    """Run a command with TMPDIR in `scratch`; return its exit code and what it leaked."""
    folder, pipe = scratch / "tmp", scratch / "strace"
    folder.mkdir()
    os.mkfifo(pipe)
    seen = Watch([ROOT, ENVIRONMENT, folder])
    traced = [*STRACE, f"-etrace={','.join(sorted(TRACED))}", "-o", str(pipe), *command]
    with (
        subprocess.Popen(traced, env=os.environ | {"TMPDIR": str(folder)}) as process,
        pipe.open(encoding="latin1") as lines,
    ):
        for call in read_calls(lines):
            seen.see(call)
    for path in sorted(folder.iterdir()):
        seen.leaks[f"leaves {path.name} in TMPDIR"] = ""
    for name, process_id in seen.shared_memory.items():
        if Path(name).exists():
            seen.leaks[f"leaves {name}"] = process_id
    return process.returncode, seen


def main(command: list[str]) -> int:
    """Print what a command leaks and return the exit code."""
    if not command or not shutil.which("strace"):
        print(__doc__ if not command else "leaks: strace is missing: apt install strace")
        return CANNOT_WATCH
    with tempfile.TemporaryDirectory(prefix="leaks") as scratch:
        code, seen = watch(command, Path(scratch))
    if not seen.processes.commands:
        print("leaks: strace could not start the command, or may not trace processes here")
        return CANNOT_WATCH
    for leak, process in seen.leaks.items():
        print(f"leak: {leak}" + (f" ({seen.processes.command(process)})" if process else ""))
    print(f"leaks: {len(seen.leaks) or 'none'} of {' '.join(command)}")
    return code or bool(seen.leaks)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
