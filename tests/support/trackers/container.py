"""A stand-in for docker and DeepStream's container, and what it was asked to do."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("container_program.py")


@dataclass
class Settings:
    """What the container does.

    Args:
        frames: Number of frames that it writes.
        label: Class of the objects.
        fail: Message with which it fails; empty if it does not.
        code: Exit code of the failure.
        hang: Whether it runs until it is removed, and the job that started it gets SIGTERM.
        unbuildable: Whether building engines fails.
        objects: Objects of each frame with `id`, `confidence`, `box`, and optionally `drawn` and
            `mask`, for the probe.
        exported: Networks that the export of SAM 2 writes.
    """

    frames: int = 24
    label: str = "pedestrian"
    fail: str = ""
    code: int = 1
    hang: bool = False
    unbuildable: bool = False
    objects: list[list[dict[str, Any]]] = field(default_factory=list)
    exported: tuple[str, ...] = (
        "image_encoder", "mask_decoder", "memory_attention", "memory_encoder",
    )  # fmt: skip


class Docker:
    """A program that stands in for docker.

    Args:
        folder: Empty folder of the stand-in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.path = folder / "docker"
        self.path.write_text(f'#!/bin/sh\nexec {sys.executable} {PROGRAM} {folder} "$@"\n')
        self.path.chmod(0o755)
        self.set()

    def set(self, **settings: Any) -> None:
        """Change what the container does."""
        content = asdict(Settings(**settings))
        (self.folder / "settings.json").write_text(json.dumps(content))

    @property
    def calls(self) -> list[list[str]]:
        """The words of each call."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def builds(self) -> list[str]:
        """The engines that were built."""
        path = self.folder / "builds.txt"
        return path.read_text().splitlines() if path.exists() else []
