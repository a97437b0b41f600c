"""The frames that are tracked: a video or an image folder, or a selection of their frames."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from datasets.io.folders import replacing_folder
from datasets.io.progress import progress
from datasets.media.frames import (
    decode_frames,
    list_images,
    read_frame_rate,
    sequence_frames,
    write_image,
)
from datasets.media.source import check_source
from datasets.own import FRAME_RATE, read_own
from datasets.prompts.prompt_files import read_prompt_files
from datasets.run_layout import SEQUENCE
from datasets.sequences.frame_names import frame_names
from datasets.sequences.sequence_json import PreparedSequence, open_sequence, write_prepared
from datasets.types import Sequence

IMAGES = "images"  # folder of the selected frames


@dataclass(frozen=True)
class Source:
    """A video file or image folder.

    Args:
        path: The file or folder.
        stride: Distance of the tracked frames.
        max_frames: Maximum number of tracked frames; None for no limit.
        frame_rate: Frames per second of all frames; None for that of the video, or FRAME_RATE.
        accept_damaged: Whether a damaged or truncated video is read as far as it can be.
    """

    path: Path
    stride: int = 1
    max_frames: int | None = None
    frame_rate: float | None = None
    accept_damaged: bool = False

    @property
    def is_selected(self) -> bool:
        """Whether some frames may be left out."""
        return self.stride > 1 or self.max_frames is not None

    def check(self, output: Path) -> None:
        """Raise an error if the source is missing or live, or it or the output is in the other."""
        check_source(self.path)
        here, there = self.path.resolve(), output.resolve()
        if here.is_relative_to(there) or there.is_relative_to(here):
            raise ValueError(f"--output: expected a folder beside {self.path}, found {output}")

    def image_names(self, suffix: str, sequence_names: Many[str]) -> list[str]:
        """Return the image names of the tracked frames: those of the folder, or numbers.

        Args:
            suffix: Suffix of the images of a video.
            sequence_names: Names of the tracked frames, without suffix.
        """
        if not self.path.is_dir():
            return [f"{name}{suffix}" for name in sequence_names]
        return [path.name for path in _selected(self, list_images(self.path))]


def prepare(
    source: Source, folder: Path, classes: Many[str], prompts: Many[Path]
) -> PreparedSequence:
    """Write the tracked frames as a prepared sequence to a folder.

    Frames that are selected from a video are written losslessly, those of a folder are linked.

    Args:
        classes: Class names.
        prompts: Prompt files; none for a detector.

    Raises:
        OSError: As `read_own`.
        ValueError: As `read_own` and `read_prompt_files`.
    """
    images, rate = source.path, source.frame_rate
    if source.is_selected:
        images = _select(source, folder / IMAGES)
        rate = _frame_rate(source) / source.stride
    prepared = read_own(
        images,
        source.path.resolve().stem,
        frame_rate=rate,
        classes=classes,
        accept_damaged=source.accept_damaged,
    )
    if prompts:
        sequence = prepared.sequence
        found = read_prompt_files(prompts, sequence.extent, frame_names(sequence))
        prepared = replace(prepared, prompts=found)
    write_prepared(folder / SEQUENCE, prepared)
    return open_sequence(folder / SEQUENCE)


def read_images(sequence: Sequence) -> Iterator[np.ndarray]:
    """Return the images of a prepared sequence, each (height, width, 3) uint8 RGB."""
    return sequence_frames(sequence)


def _frame_rate(source: Source) -> float:
    if source.frame_rate is not None:
        return source.frame_rate
    return FRAME_RATE if source.path.is_dir() else read_frame_rate(source.path)


def _select(source: Source, folder: Path) -> Path:
    """Write or link the selected frames, named by their numbers or as before."""
    with replacing_folder(folder, only=("*",)) as part:
        if source.path.is_dir():
            for path in _selected(source, list_images(source.path)):
                (part / path.name).symlink_to(path.resolve())
        else:
            decoded = decode_frames(source.path, tolerant=source.accept_damaged)
            frames = enumerate(image for _, image in decoded)
            total = source.max_frames
            chosen = islice(frames, 0, None, source.stride)
            for index, image in progress(islice(chosen, total), IMAGES, "frame", total):
                write_image(part / f"{index:06}.png", image)
    return folder


def _selected(source: Source, paths: Many[Path]) -> list[Path]:
    return [*paths[:: source.stride][: source.max_frames]]
