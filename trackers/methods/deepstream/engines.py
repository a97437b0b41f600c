"""Build the engines of PeopleNet and SAM 2 once, in the container that will run them.

    python -m trackers.methods.deepstream.engines --options '{"detector": "...", ...}'
        --output engines/deepstream/<key>/engines.json

deepstream-app builds an engine that is not there when it starts, which takes minutes: nvinfer
writes it beside the network, the tracker to `modelEngineFile`. So the application runs on a blank
video in a writable folder, and the five engines are kept beside engines.json. It records what they
depend on: the image, the networks, the settings they are built with, and GPU, compute capability
and driver. Sequences run with the engines mounted read-only, and `check_engines` refuses engines of
other facts.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.files import read_json, replacing, sha256, sha256_of, write_json
from datasets.io.flags import json_mapping
from datasets.io.program import run_main
from datasets.media.video import writing_video
from trackers.contract import check_options
from trackers.methods.deepstream.container import Command, Mount, last_lines, run_container
from trackers.methods.deepstream.engine_paths import network_files
from trackers.methods.deepstream.files import NETWORKS, WORKDIR
from trackers.methods.deepstream.options import Options
from trackers.methods.deepstream.run_folder import configuration, make_folder, write_files
from trackers.options import make_options
from trackers.profiling.machine import identify_gpu

NAMES = ("detector", *(file for file, _ in NETWORKS.values()))
_WIDTH, _HEIGHT, _FRAMES, _RATE = 320, 240, 8, 25.0  # of the blank video
_BUILT = re.compile(r"serialize cuda engine to file: *(\S+)")  # printed by nvinfer


def build_engines(options: Options, folder: Path) -> dict[str, str]:
    """Build all engines into a folder and return the SHA-256 of each by its name.

    Raises:
        OSError: A network or the program that runs containers does not exist.
        RuntimeError: The container failed or left no engine.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as parent:
        workdir = make_folder(Path(parent))
        output = run_container(_prepare(workdir, options))
        found = {name: _find(workdir, name, output) for name in NAMES}
        folder.mkdir(parents=True, exist_ok=True)
        for name, engine in found.items():
            with replacing(folder / f"{name}.engine") as part:
                shutil.copyfile(engine, part)
    return {name: sha256(folder / f"{name}.engine") for name in NAMES}


def check_engines(path: Path, options: Options, digests: Mapping[str, str]) -> None:
    """Raise ValueError if engines do not fit the options, the networks or the GPU.

    Args:
        path: .../engines.json.
        digests: SHA-256 of the files and folders that the options name, by name.
    """
    record = read_json(path)
    expected = _facts(options, {str(each): digests[str(each)] for each in network_files(options)})
    for name, value in expected.items():
        if record.get(name) != value:
            raise ValueError(
                f"{path}: {name}: expected {value}, found {record.get(name)}: make the engines "
                f"again: snakemake --cores all --forcerun deepstream_engines {path}"
            )


def check_not_rebuilt(path: Path, output: str) -> None:
    """Raise RuntimeError if the container built engines although it was given some."""
    built = _BUILT.findall(output)
    if built:
        raise RuntimeError(
            f"{path}: expected engines that the container loads, but it built {built[0]} again; "
            f"last output:\n{last_lines(output)}"
        )


def _prepare(workdir: Path, options: Options) -> Command:
    """Write what the container needs to build engines, and return its command."""
    engines, models = workdir / "engines", workdir / "models"
    engines.mkdir()
    engines.chmod(0o777)
    # copies: an engine may be written beside its network, and the user's folders stay unchanged
    shutil.copytree(options.models, models)
    models.chmod(0o777)
    shutil.copyfile(options.detector, workdir / "detector.onnx")
    inside = (f"{WORKDIR}/engines", f"{WORKDIR}/models")
    write_files(workdir, configuration(_WIDTH, _HEIGHT, options, *inside), options)
    with writing_video(workdir / "video.mp4", _RATE, _HEIGHT, _WIDTH) as write:
        for _ in range(_FRAMES):
            write(np.zeros((_HEIGHT, _WIDTH, 3), np.uint8))
    words = ["deepstream-app", "-c", f"{WORKDIR}/application.txt"]
    mounts = [Mount(workdir, WORKDIR, writable=True)]
    return Command(options.docker, options.image_name, mounts, words)


def _find(workdir: Path, name: str, output: str) -> Path:
    """Return the engine that the container has written, wherever it writes it."""
    beside = f"{name}.onnx_*.engine"
    places = [
        (workdir / "engines", f"{name}.engine"),
        (workdir, beside),
        (workdir / "models", beside),
    ]
    found = [path for folder, pattern in places for path in sorted(folder.glob(pattern))]
    if not found:
        raise RuntimeError(
            f"{name}: expected an engine after the run, found none; last output:\n"
            f"{last_lines(output)}"
        )
    return found[0]


def _settings(options: Options) -> dict[str, Any]:
    """Return the settings that engines are built with: precision, batch size, workspace."""
    contents = configuration(_WIDTH, _HEIGHT, options, "", "")
    detector = contents["detector"]["property"]
    kept = {key: detector[key] for key in ("network-mode", "batch-size", "infer-dims")}
    return {"detector": kept, **{name: contents["segmenter"][name] for name in NETWORKS}}


def _facts(options: Options, networks: Mapping[str, str]) -> dict[str, Any]:
    """Return what engines depend on.

    Raises:
        RuntimeError: There is no NVIDIA GPU.
    """
    return {
        "image": options.image_name,
        "networks": dict(networks),
        "settings": _settings(options),
        **identify_gpu(),
    }


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--options", type=json_mapping, required=True, help="options, as JSON")
    parser.add_argument("--output", type=Path, required=True, help=".../engines.json to write")
    args = parser.parse_args()
    check_options("deepstream", args.options)
    options = make_options(Options, args.options)
    networks = {str(path): sha256_of(path) for path in network_files(options)}
    facts = _facts(options, networks)
    engines = build_engines(options, args.output.parent)
    write_json(args.output, facts | {"engines": engines})


if __name__ == "__main__":
    sys.exit(run_main(main))
