"""The folder that the container works in: its configuration files, video and networks."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from datasets.media.frames import sequence_frames
from datasets.media.video import writing_video
from datasets.media.video_reader import is_upright
from datasets.types import Sequence
from trackers.methods.deepstream import files
from trackers.methods.deepstream.container import Mount
from trackers.methods.deepstream.files import ENGINES, MODELS, WORKDIR, Groups
from trackers.methods.deepstream.options import Options

_APPLICATION = ("application", "detector")  # INI files; those of the tracker are YAML
DUMP, OBJECTS, ELEMENTS, PROBE = "tracks", "objects.jsonl", "elements.json", "probe.py"


def make_folder(parent: Path) -> Path:
    """Return a new folder that every user of the container may write to, inside a private one."""
    folder = parent / "run"
    (folder / DUMP).mkdir(parents=True)
    for each in (folder, folder / DUMP):
        each.chmod(0o777)
    return folder


def configuration(
    width: int, height: int, options: Options, engines: str = ENGINES, models: str = MODELS
) -> Mapping[str, Groups]:
    """Return the groups of each configuration file, with the overrides of the options.

    Args:
        width, height: Size of the video in pixels.
        engines: Folder of the built engines, in the container.
        models: Folder of the networks of SAM 2, in the container.

    Raises:
        ValueError: The option `overrides` names an unknown key.
        OSError: The file of labels cannot be read.
    """
    classes, calibrated = len(read_labels(options)), options.calibration is not None
    contents = {
        "application": files.application(width, height, options.interval),
        "detector": files.detector(engines, classes, calibrated=calibrated),
        "tracker": files.tracker(),
        "segmenter": files.segmenter(models, engines),
    }
    overrides = options.overrides or {}
    unknown = sorted(path for path in overrides if path.partition(".")[0] not in contents)
    if unknown:
        raise ValueError(f"overrides: expected keys of the files {list(contents)}, found {unknown}")
    return {name: files.override(name, groups, overrides) for name, groups in contents.items()}


def write_files(folder: Path, contents: Mapping[str, Groups], options: Options) -> None:
    """Write the configuration files, the labels and the calibration table."""
    for name, groups in contents.items():
        if name in _APPLICATION:
            (folder / f"{name}.txt").write_text(files.as_ini(groups))
        else:
            (folder / f"{name}.yml").write_text(files.as_yaml(groups))
    (folder / "labels.txt").write_text("\n".join(read_labels(options)) + "\n")
    if options.calibration is not None:
        shutil.copyfile(options.calibration, folder / "calibration.txt")


def read_labels(options: Options) -> list[str]:
    """Return the class names of the detector."""
    lines = Path(options.labels).read_text().splitlines()
    return [line for line in lines if line.strip()]


def write_video(path: Path, sequence: Sequence) -> None:
    """Write the images of a sequence as a video, or copy the video that they come from."""
    extent, images = sequence.extent, Path(str(sequence.images))
    if images.suffix == ".mp4" and images.is_file() and _is_played_as_read(sequence):
        shutil.copyfile(images, path)
        return
    with writing_video(path, sequence.frame_rate, extent.height, extent.width) as write:
        for image in sequence_frames(sequence):
            write(image)


def mounts(folder: Path, engines: Path, options: Options) -> list[Mount]:
    """Return what the container sees: the folder, and read-only networks and engines."""
    return [
        Mount(folder, WORKDIR, writable=True),
        Mount(Path(options.detector), f"{WORKDIR}/detector.onnx"),
        Mount(Path(options.models), MODELS),
        Mount(engines, ENGINES),
    ]


def _is_played_as_read(sequence: Sequence) -> bool:
    """Return whether the pipeline decodes the frames of a video file as this repository does."""
    images = Path(str(sequence.images))
    return sequence.damaged is None and sequence.timestamps is None and is_upright(images)
