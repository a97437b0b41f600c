"""A sequence, networks and options for DeepStream, with a stand-in for docker and for the GPU."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.program import run_main
from datasets.media.frames import write_image
from datasets.own import read_own
from datasets.sequences.sequence_json import read_sequence, write_prepared
from tests.support.trackers.container import Docker
from trackers.methods.deepstream import engines
from trackers.methods.deepstream import run as deepstream
from trackers.methods.deepstream.files import NETWORKS
from trackers.methods.deepstream.options import Options

FRAMES, HEIGHT, WIDTH = 24, 46, 62
GPU = {"gpu": "NVIDIA Test", "compute_capability": "9.0", "driver": "570.1"}


class Case:
    """Files in a folder, and the programs of the method, run in this process.

    Args:
        folder: Empty folder for all files.
        monkeypatch: The fixture of pytest.
    """

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.folder, self._monkeypatch = folder, monkeypatch
        monkeypatch.setattr(engines, "identify_gpu", lambda: dict(GPU))
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        self.sequence = self.prepare("walk", FRAMES)
        self.docker = Docker(folder / "stand_in")
        (folder / "labels.txt").write_text("person\nbag\nface\n")
        (folder / "peoplenet.onnx").write_text("PeopleNet")
        self.models = folder / "models"
        self.models.mkdir()
        for file, _ in NETWORKS.values():
            (self.models / f"{file}.onnx").write_text(file)
        self.values: dict[str, Any] = {
            "image": "deepstream:9.0",
            "docker": str(self.docker.path),
            "detector": str(folder / "peoplenet.onnx"),
            "labels": str(folder / "labels.txt"),
            "models": str(self.models),
        }
        (self.label,) = read_sequence(self.sequence).extent.classes.values()
        self.set()

    @property
    def engines(self) -> Path:
        """engines.json."""
        return self.folder / "engines" / "engines.json"

    def reset(self) -> None:
        """Forget all runs, but keep the engines."""
        self.set()
        shutil.rmtree(self.result(""), ignore_errors=True)
        for name in ("calls.jsonl", "builds.txt"):
            (self.docker.folder / name).unlink(missing_ok=True)

    def prepare(self, name: str, frames: int) -> Path:
        """Write a sequence of grey images and return its sequence.json."""
        for number in range(frames):
            image = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
            write_image(self.folder / "in" / name / f"{number:03}.png", image)
        path = self.folder / "data" / name / "sequence.json"
        write_prepared(path, read_own(self.folder / "in" / name, name))
        return path

    def set(self, **settings: Any) -> None:
        """Change what the container does."""
        self.docker.set(**{"label": self.label, **settings})

    def options(self, **more: Any) -> Options:
        """Return the options, some of them changed."""
        return Options(**(self.values | more))

    def build(self, **more: Any) -> int:
        """Build the engines and return the exit code of the program."""
        text = json.dumps(self.values | more)
        return self._main(engines.main, "--options", text, "--output", self.engines)

    def run(self, sequence: Path | None = None, output: Path | None = None, **more: Any) -> int:
        """Run the method on a sequence and return the exit code of the program."""
        folder = output or self.folder / "results"
        outputs = ("--output", folder / "tracks.parquet", "--timing", folder / "timing.json")
        return self._main(
            deepstream.main,
            *("--options", json.dumps(self.values | more), "--engines", self.engines),
            *("--sequence", sequence or self.sequence, *outputs),
            *("--run", folder / "run.json", "--code", "abc"),
        )

    def result(self, name: str) -> Path:
        """Return a file that a run writes."""
        return self.folder / "results" / name

    def timing(self) -> dict[str, Any]:
        """Return timing.json."""
        found: dict[str, Any] = json.loads(self.result("timing.json").read_text())
        return found

    def _main(self, main: Any, *arguments: object) -> int:
        self._monkeypatch.setattr(sys, "argv", ["program", *map(str, arguments)])
        return run_main(main)
