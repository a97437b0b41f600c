"""Images and video files as frames: RGB uint8, decoded eagerly, every frame or an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from datasets.io.files import naming_target
from datasets.media.image_size import MAX_PIXELS, Size, check_pixel_count, check_size
from datasets.types import Extent

_IMAGES = {".bmp", ".jpeg", ".jpg", ".png"}
_JPEG, _JPEG_END = b"\xff\xd8", b"\xff\xd9"


def read_frames(images: Path, extent: Extent) -> Iterator[np.ndarray]:
    """Yield each frame of an image folder or video file as (height, width, 3) uint8 RGB.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: A frame cannot be decoded or differs in size from `extent`, or the number of
            frames differs from that of `extent`. Names the file and the frame.
    """
    expected, count = (extent.height, extent.width, 3), 0
    for source, image in decode_frames(images, expected[:2]):
        if image.shape != expected:
            shown, expected_size = (f"{each[1]} x {each[0]}" for each in (image.shape, expected))
            raise ValueError(f"{source}: expected size {expected_size}, found {shown}")
        count += 1
        if count > extent.frame_count:
            break
        yield image
    if count != extent.frame_count:
        found = f"more than {extent.frame_count}" if count > extent.frame_count else count
        raise ValueError(f"{images}: expected {extent.frame_count} frames, found {found}")


def decode_frames(images: Path, size: Size | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the pixels of each frame of an image folder or video file.

    Args:
        size: Height and width, if known; images whose header has more pixels are not decoded.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: A frame cannot be decoded or is too large, or the order of the images is
            ambiguous. Names it.
    """
    if not images.exists():
        raise FileNotFoundError(f"{images}: no such image folder or video file")
    return _from_folder(images, size) if images.is_dir() else _from_video(images, size)


def read_frame_rate(video: Path) -> float:
    """Return the mean frame rate of a video file's header.

    Raises:
        ValueError: The frame rate is missing, or the file is not a video. Names the file.
    """
    import av

    try:
        with av.open(str(video)) as container:
            rate = container.streams.video[0].average_rate
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"{video}: not a readable video: {error}") from error
    if not rate:
        raise ValueError(f"{video}: the frame rate is unknown")
    return float(rate)


def list_images(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted by the numbers in their names, then the text.

    `2.jpg` comes before `10.jpg`, and `b2.png` before `b10.png`.

    Raises:
        ValueError: Two names differ only in their suffix or in leading zeros.
    """
    paths = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in _IMAGES),
        key=lambda path: (_order(path), path.name),
    )
    for one, other in pairwise(paths):
        if _order(one) == _order(other):
            raise ValueError(f"{folder}: {one.name} and {other.name} are the same frame")
    return paths


def _order(path: Path) -> list[tuple[int, str]]:
    """Return a name split into numbers and the text between them."""
    parts = re.split(r"([0-9]+)", path.stem)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts if part]


def write_image(path: Path, image: np.ndarray, parameters: Many[int] = ()) -> None:
    """Write an RGB image of shape (height, width, 3) uint8; the suffix chooses the format.

    Args:
        parameters: Parameters of `cv2.imencode`.

    Raises:
        OSError: The file cannot be written. Names the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(path.suffix, bgr, [*parameters])
    if not done:
        raise OSError(f"{path}: the image could not be encoded")
    try:
        with naming_target(path, path):
            path.write_bytes(data.tobytes())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _from_folder(folder: Path, size: Size | None) -> Iterator[tuple[str, np.ndarray]]:
    for path in list_images(folder):
        yield str(path), read_image(path, size)


def read_image(path: Path, size: Size | None = None) -> np.ndarray:
    """Return an image file as (height, width, 3) uint8 RGB.

    Args:
        size: Height and width, if known; an image whose header has more pixels is not decoded.

    Raises:
        ValueError: The file is not a readable image, or has too many pixels. Names the file.
    """
    data = path.read_bytes()
    check_size(path, data, size)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    is_cut = data.startswith(_JPEG) and not data.endswith(_JPEG_END)
    if image is None or (is_cut and _is_truncated(path)):
        raise ValueError(f"{path}: not a readable image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _is_truncated(path: Path) -> bool:
    """Return whether the end of a JPEG is missing, which OpenCV silently fills with grey."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return True
    return False


def _from_video(path: Path, size: Size | None) -> Iterator[tuple[str, np.ndarray]]:
    import av  # here: only sequences that are videos need it

    index = 0
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            check_pixel_count(str(path), (stream.height, stream.width), size)
            for frame in container.decode(stream):
                check_pixel_count(f"{path}, frame {index}", (frame.height, frame.width), size)
                yield f"{path}, frame {index}", frame.to_ndarray(format="rgb24")
                index += 1
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"{path}: cannot be decoded after frame {index - 1}: {error}") from error
