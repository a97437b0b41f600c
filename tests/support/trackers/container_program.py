"""Behaves as docker with DeepStream's container would: a program that tests put on PATH.

    container_program.py FOLDER run --rm ... IMAGE deepstream-app -c /run_folder/application.txt

FOLDER holds settings.json, see `container.Settings`. The program adds its words to calls.jsonl and
the engines that it builds to builds.txt there. It reads the files that it is given through its
mounts, builds the engines that are not there yet, and writes what deepstream-app, the probe or the
export of SAM 2 would write. Sources: the documents that trackers/methods/deepstream names.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import time
from configparser import ConfigParser
from pathlib import Path

import yaml

NETWORKS = ("ImageEncoder", "MaskDecoder", "MemoryAttention", "MemoryEncoder")
DETECTOR_MS, TRACKER_MS, ARRIVAL_MS = 4.0, 10.0, 5.0  # the tracker is slower than the video
FLAGS = ("--gpus", "--network", "--name", "--pull", "-v", "-e", "-w")  # with a value


class Container:
    """The mounts, variables and words of one `docker run`."""

    def __init__(self, state: Path, words: list[str]) -> None:
        self.state = state
        self.settings = json.loads((state / "settings.json").read_text())
        self.flags: dict[str, list[str]] = {}
        while words[0].startswith("-"):
            name = words.pop(0)
            self.flags.setdefault(name, []).append(words.pop(0) if name in FLAGS else "")
        self.image, *self.words = words
        self.mounts = {}
        for mount in self.flags.get("-v", []):
            source, target, *mode = mount.split(":")
            assert Path(source).exists(), f"{source}: docker would make an empty folder of root"
            self.mounts[target] = (Path(source), mode == ["ro"])

    def host(self, path: str) -> tuple[Path, bool]:
        """Return the file on the host, and whether it is mounted read-only."""
        for target in sorted(self.mounts, key=len, reverse=True):
            if path == target or path.startswith(f"{target}/"):
                source, read_only = self.mounts[target]
                return source / path[len(target) :].lstrip("/"), read_only
        raise SystemExit(f"{path}: no such file in the container")

    def read(self, path: str) -> Path:
        """Return a file that must exist."""
        found, _ = self.host(path)
        if not found.exists():
            raise SystemExit(f"{path}: no such file in the container")
        return found

    def write(self, path: str, content: str) -> bool:
        """Write a file and return whether its mount allows it."""
        found, read_only = self.host(path)
        if not read_only:
            found.write_text(content)
        return not read_only

    def ini(self, path: str) -> ConfigParser:
        """Return the groups of a configuration file."""
        parser = ConfigParser(interpolation=None)
        parser.optionxform = str
        parser.read_string(self.read(path).read_text())
        return parser

    def yaml(self, path: str) -> dict:
        """Return a configuration file of the tracker."""
        text = self.read(path).read_text()
        assert text.startswith("%YAML:1.0\n"), text[:20]
        return yaml.safe_load(text.split("\n", 1)[1])

    def build(self, name: str, target: str) -> None:
        """Build an engine and write it if its mount allows it."""
        with (self.state / "builds.txt").open("a") as file:
            file.write(f"{name}\n")
        if self.settings["unbuildable"]:
            raise SystemExit("build engine file failed")
        if self.write(target, f"an engine of {name}"):
            print(f"serialize cuda engine to file: {target} successfully")
        else:
            print(f"failed to serialize cuda engine to file: {target}")

    def load_models(self) -> ConfigParser:
        """Load or build all engines and return the application's groups."""
        application = self.ini("/run_folder/application.txt")
        detector = self.ini(application["primary-gie"]["config-file"])["property"]
        self.read(detector["labelfile-path"])
        self._engine("detector", detector["onnx-file"], detector.get("model-engine-file"))
        tracker = self.yaml(application["tracker"]["ll-config-file"])
        segmenter = self.yaml(tracker["Segmenter"]["segmenterConfigPath"])
        assert segmenter["numConditionalMem"] == 1, "keys of the segmenter are at the top level"
        for name in NETWORKS:
            self._engine(name, segmenter[name]["onnxFile"], segmenter[name]["modelEngineFile"])
        self.read(application["source0"]["uri"].removeprefix("file://"))
        return application

    def _engine(self, name: str, onnx: str, engine: str | None) -> None:
        self.read(onnx)
        if engine is None or not self.host(engine)[0].is_file():
            beside = f"{onnx}_b1_gpu0_fp16.engine"  # nvinfer writes it beside the network
            self.build(name, beside if name == "detector" else str(engine))


def times(frames: int) -> list[dict[str, tuple[float, float]]]:
    """Return when each frame enters and leaves detector and tracker, in ms; frames queue up."""
    found, left_detector, left_tracker = [], 0.0, 0.0
    for frame in range(frames):
        start = 1e12 + frame * ARRIVAL_MS
        left_detector = max(start, left_detector) + DETECTOR_MS
        entered, left_tracker = left_detector, max(left_detector, left_tracker) + TRACKER_MS
        found.append({"detector": (start, left_detector), "tracker": (entered, left_tracker)})
    return found


def run_application(container: Container) -> None:
    """Write the dump and the log of deepstream-app."""
    application = container.load_models()
    folder = application["application"]["kitti-track-output-dir"]
    settings = container.settings
    variables = container.flags.get("-e", [])
    components = "NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT=1" in variables
    for frame, entry in enumerate(times(settings["frames"])):
        line = f"{settings['label']} 5 0.0 0 0.0 {frame % 30}.000000 -3.5 40.0 30.0 " + "0.0 " * 7
        container.write(f"{folder}/00_000_{frame:06}.txt", f"{line}0.966797\n" if frame else "")
        if "NVDS_ENABLE_LATENCY_MEASUREMENT=1" not in variables:
            continue
        print(f"\n************BATCH-NUM = {frame}**************")
        start = entry["detector"][0] - 7
        if components:
            print_component("nvv4l2decoder0", start, start + 2)
            print_component("src_bin_muxer", start + 2, start + 7, frame)
            print_component("primary_gie", *entry["detector"])
            print_component("tracking_tracker", *entry["tracker"])
        latency = entry["tracker"][1] - start + 0.5
        print(f"Source id = 0 Frame_num = {frame} Frame latency = {latency:.6f} (ms) ")


def print_component(name: str, entered: float, left: float, frame: int | None = None) -> None:
    """Print a line of nvds_measure_buffer_latency; that of the muxer differs from the others."""
    of_muxer = frame is not None
    frame_text = f" source_id = 0 pad_index = 0 frame_num = {frame}              " * of_muxer
    latency = "component_latency =" if of_muxer else "component latency="
    print(
        f"Comp name = {name}{frame_text} in_system_timestamp = {entered:.6f} "
        f"out_system_timestamp = {left:.6f}               {latency} {left - entered:.6f}"
    )


def run_probe(container: Container) -> None:
    """Write the objects that the mounted probe would write for a pipeline with these objects."""
    _, program, application, output, elements = container.words
    container.load_models()
    assert application == "/run_folder/application.txt"
    import numpy as np  # only here: most runs do not need it

    spec = importlib.util.spec_from_file_location("probe", container.read(program))
    probe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)
    settings = container.settings
    lines = []
    for frame in range(settings["frames"]):
        objects = [
            probe.describe(
                each["id"], settings["label"], each["confidence"],
                (each["box"], each.get("drawn", each["box"])),
                None if "mask" not in each else np.array(each["mask"], np.float32), 0.5,
            )
            for each in settings["objects"][frame]
        ]  # fmt: skip
        lines.append(json.dumps({"frame": frame, "objects": objects}))
    container.write(output, "".join(f"{line}\n" for line in lines))
    spans = {"primary_gie": "detector", "tracking_tracker": "tracker"}
    found = times(settings["frames"])
    content = {
        element: {
            key: [round(each[name][index] * 1e6) for each in found]
            for index, key in enumerate(("in_ns", "out_ns"))
        }
        for element, name in spans.items()
    }
    container.write(elements, json.dumps(content))


def run_export(container: Container) -> None:
    """Write the networks of SAM 2, as NVIDIA's exporter would."""
    assert "--network" not in container.flags, "the exporter installs packages"
    _, script, size, _, _ = container.words
    container.read(script)
    container.read(f"/checkpoints/sam2.1_hiera_{size}.pt")
    for name in container.settings["exported"]:
        container.write(f"/output/{name}.onnx", f"{name} of {size}")
    container.write("/output/commit.txt", "0123456789012345678901234567890123456789\n")


def main() -> None:
    """Run a command of docker."""
    state, words = Path(sys.argv[1]), sys.argv[2:]
    with (state / "calls.jsonl").open("a") as file:
        file.write(json.dumps(words) + "\n")
    if words[0] == "rm":
        os.kill(int((state / "container.pid").read_text()), signal.SIGKILL)
        return
    assert words[0] == "run", words
    container = Container(state, words[1:])
    settings = container.settings
    if settings["fail"]:
        print(settings["fail"], file=sys.stderr)
        sys.exit(settings["code"])
    if settings["hang"]:
        hang(state)
    program = container.words[0]
    if program == "deepstream-app":
        run_application(container)
    elif "probe.py" in container.words[1]:
        run_probe(container)
    else:
        run_export(container)


def hang(state: Path) -> None:
    """Run as a container does, in a process that outlives this one, and stop the job."""
    pid = os.fork()
    if not pid:
        os.setsid()
        for stream in (0, 1, 2):
            os.close(stream)
        time.sleep(60)
        os._exit(0)
    (state / "container.pid").write_text(str(pid))
    os.kill(os.getppid(), signal.SIGTERM)
    os.waitpid(pid, 0)
    sys.exit(137)


if __name__ == "__main__":
    main()
