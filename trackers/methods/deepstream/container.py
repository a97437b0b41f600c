"""Run a command in a container, remove the container if the job is stopped, and explain failures.

Works with docker and with programs that take the same flags, such as podman. Images are never
pulled: they are large, and a job should not download them unasked.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from datasets.io.sigterm import raising_on_sigterm

_QUOTED_LINES = 20  # of the container's output in a message
_CAUSES = {  # texts of docker, podman and the NVIDIA Container Toolkit, and what they mean
    ("could not select device driver", "nvidia-container-cli", "unresolvable CDI devices"): (
        "--gpus: expected an NVIDIA GPU and the NVIDIA Container Toolkit, found no usable one"
    ),
    ("No such image", "image not known", "Unable to find image"): (
        "{image}: expected a local image, found none: {docker} pull {image}"
    ),
    ("Cannot connect to the Docker daemon", "permission denied while trying to connect"): (
        "{docker}: expected a daemon that this user may use, found none"
    ),
}


@dataclass(frozen=True)
class Mount:
    """A file or folder that a container sees, read-only unless it is writable."""

    source: Path
    target: str
    writable: bool = False

    @property
    def words(self) -> list[str]:
        """The flag of the program that runs containers."""
        return ["-v", f"{self.source.resolve()}:{self.target}{'' if self.writable else ':ro'}"]


@dataclass(frozen=True)
class Command:
    """A command to run in a container.

    Args:
        docker: Program that runs containers.
        image: Name and tag of the image.
        mounts: Files and folders that the container sees.
        words: The command.
        variables: Environment variables.
        network: Whether the container has network access.
        gpu: Whether it needs a GPU.
    """

    docker: str
    image: str
    mounts: Many[Mount]
    words: Many[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    gpu: bool = True

    def line(self, name: str) -> list[str]:
        """Return the whole command line.

        Args:
            name: Name of the container, by which it is removed.
        """
        return [
            *(self.docker, "run", "--rm", "--pull", "never", "--name", name),
            *(["--gpus", _gpus()] if self.gpu else []),
            *([] if self.network else ["--network", "none"]),
            *(word for mount in self.mounts for word in mount.words),
            *(word for pair in self.variables.items() for word in ("-e", "=".join(pair))),
            *(self.image, *self.words),
        ]


def run_container(command: Command) -> str:
    """Run a container and return all that it printed.

    Raises:
        OSError: The program that runs containers, or a mounted file, does not exist.
        RuntimeError: The container failed; the message says why or quotes the end of its output.
    """
    for mount in command.mounts:
        if not mount.source.exists():  # docker would make an empty folder that belongs to root
            raise FileNotFoundError(f"{mount.source}: no such file or folder")
    name = f"masktrack-bench-{uuid4().hex[:12]}"
    with raising_on_sigterm():
        process = subprocess.Popen(
            command.line(name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,  # apart: the two would be mixed within a line
            text=True,
            errors="replace",
        )
        try:
            output = "".join(process.communicate())
        finally:
            if process.poll() is None:  # the container would go on without its client
                _remove(command.docker, name)
                process.kill()
    if process.returncode:
        raise RuntimeError(_explain(command, process.returncode, output))
    return output


def last_lines(text: str) -> str:
    """Return the end of a container's output."""
    return "\n".join(text.splitlines()[-_QUOTED_LINES:])


def _gpus() -> str:
    """Return the GPUs that a container sees: all, or the first that CUDA_VISIBLE_DEVICES names."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return f"device={visible.split(',')[0].strip()}" if visible else "all"


def _remove(docker: str, name: str) -> None:
    subprocess.run([docker, "rm", "--force", name], capture_output=True, check=False)


def _explain(command: Command, code: int, output: str) -> str:
    """Return why a container failed, with the end of its output."""
    meanings = [
        meaning.format(image=command.image, docker=command.docker)
        for texts, meaning in _CAUSES.items()
        if any(text in output for text in texts)
    ]
    reason = meanings[0] if meanings else f"the container exited with {code}"
    return f"{reason}; last output:\n{last_lines(output)}"
