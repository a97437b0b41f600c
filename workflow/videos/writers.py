"""Write annotated frames, a video and JSON lines frame by frame: what is written stays valid."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import cv2
import numpy as np

from datasets.formats.sam2_jsonl import format_line
from datasets.media.frames import write_image
from datasets.media.video import FrameWriter, writing_video
from datasets.types import NO_TRACK, Sequence, Tracks
from reports.overlays.live import FramePainter
from workflow.videos.folder import FRAMES, LINES, VIDEO

_PARAMETERS = {  # of the encoder by suffix
    ".jpg": (cv2.IMWRITE_JPEG_QUALITY, 90),
    ".png": (cv2.IMWRITE_PNG_COMPRESSION, 3),
}


@dataclass(frozen=True)
class Wanted:
    """What is written frame by frame, beside the JSON lines.

    Args:
        suffix: Suffix of the annotated images; None for no images.
        video: Whether an annotated video is written.
        video_rate: Frame rate of the video; None for that of the sequence.
    """

    suffix: str | None = ".jpg"
    video: bool = False
    video_rate: float | None = None


@dataclass(frozen=True)
class Names:
    """The names of the frames of a sequence.

    Args:
        frames: Names without suffix, of the annotated images.
        images: Names of the images in the JSON lines.
    """

    frames: Many[str]
    images: Many[str]


@dataclass(frozen=True)
class Writers:
    """The open outputs of a run.

    Args:
        folder: Folder of the annotated images.
        suffix: Suffix of the annotated images; None for no images.
        lines: Open file of the JSON lines.
        video: Writer of the video; None for no video.
    """

    folder: Path
    suffix: str | None
    names: Names
    painter: FramePainter
    lines: IO[str]
    video: FrameWriter | None

    def write(self, index: int, image: np.ndarray | None, rows: Tracks) -> None:
        """Write the next frame.

        Args:
            image: (height, width, 3) uint8 RGB; it is not changed.
            rows: Objects of the frame.
        """
        named = rows.take(rows.track != NO_TRACK)
        if len(named):
            self.lines.write(format_line(self.names.images[index], named))
            self.lines.flush()
        if image is None or (self.suffix is None and self.video is None):
            return
        drawn = image.copy()
        self.painter.paint(drawn, index, rows)
        if self.suffix is not None:
            part = self.folder / f".part{self.suffix}"
            write_image(part, drawn, _PARAMETERS[self.suffix])
            part.replace(self.folder / f"{self.names.frames[index]}{self.suffix}")
        if self.video is not None:
            self.video(drawn)


@contextmanager
def open_writers(
    folder: Path, sequence: Sequence, wanted: Wanted, painter: FramePainter, names: Names
) -> Iterator[Writers]:
    """Yield the writers of a run; the video appears at the end."""
    extent = sequence.extent
    with ExitStack() as stack:
        lines = stack.enter_context((folder / LINES).open("w", encoding="utf-8"))
        video = None
        if wanted.video:
            writing = writing_video(
                folder / VIDEO,
                wanted.video_rate or sequence.frame_rate,
                extent.height,
                extent.width,
                timestamps=sequence.timestamps if wanted.video_rate is None else None,
            )
            video = stack.enter_context(writing)
        yield Writers(folder / FRAMES, wanted.suffix, names, painter, lines, video)
