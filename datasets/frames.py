"""Images and video files as frames: decoded eagerly, RGB uint8, every frame or an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from datasets.types import Extent

_IMAGES = {".bmp", ".jpeg", ".jpg", ".png"}


def read_frames(images: Path, extent: Extent) -> Iterator[np.ndarray]:
    """Yield each frame of an image folder or video file as (height, width, 3) uint8 RGB.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: A frame cannot be decoded, has another size than `extent`, or there are fewer
            or more frames than `extent` says. Names the file and the frame.
    """
    if not images.exists():
        raise FileNotFoundError(f"{images}: no such image folder or video file")
    decoded = _from_folder(images) if images.is_dir() else _from_video(images)
    expected, count = (extent.height, extent.width, 3), 0
    for source, image in decoded:
        if image.shape != expected:
            raise ValueError(f"{source}: size {image.shape}, expected {expected}")
        count += 1
        if count > extent.frame_count:
            break
        yield image
    if count != extent.frame_count:
        found = f"more than {extent.frame_count}" if count > extent.frame_count else count
        raise ValueError(f"{images}: {found} frames found, expected {extent.frame_count}")


def write_image(path: Path, image: np.ndarray) -> None:
    """Write an RGB image of shape (height, width, 3) uint8; the suffix chooses the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR)):
        raise OSError(f"{path}: the image could not be written")


def _from_folder(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _IMAGES)
    if len({len(path.stem) for path in paths}) > 1:
        raise ValueError(
            f"{folder}: image names of one length expected, so that their order is clear"
        )
    for path in paths:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f"{path}: not a readable image")
        yield str(path), cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _from_video(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    import av  # here: only sequences that are videos pay for loading it

    index = 0
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                yield f"{path}, frame {index}", frame.to_ndarray(format="rgb24")
                index += 1
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"{path}: cannot be decoded after frame {index - 1}: {error}") from error
