"""Images and video files as frames: decoded eagerly, RGB uint8, every frame or an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from datasets.io.files import naming_target
from datasets.media.image_size import MOST_PIXELS, Size, check_size, refuse_larger
from datasets.types import Extent

_IMAGES = {".bmp", ".jpeg", ".jpg", ".png"}
_JPEG, _JPEG_END = b"\xff\xd8", b"\xff\xd9"


def read_frames(images: Path, extent: Extent) -> Iterator[np.ndarray]:
    """Yield each frame of an image folder or video file as (height, width, 3) uint8 RGB.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: A frame cannot be decoded, has another size than `extent`, or there are fewer
            or more frames than `extent` says. Names the file and the frame.
    """
    expected, count = (extent.height, extent.width, 3), 0
    for source, image in decode_frames(images, expected[:2]):
        if image.shape != expected:
            shown, wanted = (f"{each[1]} x {each[0]}" for each in (image.shape, expected))
            raise ValueError(f"{source}: size {shown} found, expected {wanted}")
        count += 1
        if count > extent.frame_count:
            break
        yield image
    if count != extent.frame_count:
        found = f"more than {extent.frame_count}" if count > extent.frame_count else count
        raise ValueError(f"{images}: {found} frames found, expected {extent.frame_count}")


def decode_frames(images: Path, size: Size | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the pixels of each frame of an image folder or video file.

    Args:
        size: Height and width, if known; an image that says it has more pixels is not decoded.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: A frame cannot be decoded or is too large, or the order of the images is not
            clear. Names it.
    """
    if not images.exists():
        raise FileNotFoundError(f"{images}: no such image folder or video file")
    return _from_folder(images, size) if images.is_dir() else _from_video(images, size)


def read_frame_rate(video: Path) -> float:
    """Return the mean frames per second that a video file says it has.

    Raises:
        ValueError: It says none, or is no video. Names the file.
    """
    import av

    try:
        with av.open(str(video)) as container:
            rate = container.streams.video[0].average_rate
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"{video}: not a readable video: {error}") from error
    if not rate:
        raise ValueError(f"{video}: its frame rate is not known")
    return float(rate)


def list_images(folder: Path) -> list[Path]:
    """Return the image files of a folder, by the numbers in their names, else by alphabet.

    `2.jpg` comes before `10.jpg`, and `b2.png` before `b10.png`.

    Raises:
        ValueError: Two names differ in their suffix or in zeros only.
    """
    paths = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in _IMAGES),
        key=lambda path: (_order(path), path.name),
    )
    for one, other in pairwise(paths):
        if _order(one) == _order(other):
            raise ValueError(f"{folder}: {one.name} and {other.name} are both the same frame")
    return paths


def _order(path: Path) -> list[tuple[int, str]]:
    """Return a name cut into numbers and what is between them."""
    parts = re.split(r"([0-9]+)", path.stem)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts if part]


def write_image(path: Path, image: np.ndarray, parameters: Many[int] = ()) -> None:
    """Write an RGB image of shape (height, width, 3) uint8; the suffix chooses the format.

    Args:
        parameters: As of `cv2.imencode`.

    Raises:
        OSError: It cannot be written. Names the file.
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
    """Return an image of a file as (height, width, 3) uint8 RGB.

    Args:
        size: Height and width, if known; an image that says it has more pixels is not decoded.

    Raises:
        ValueError: It is no readable image, or has too many pixels. Names the file.
    """
    data = path.read_bytes()
    check_size(path, data, size)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None or (data.startswith(_JPEG) and not data.endswith(_JPEG_END) and _is_cut(path)):
        raise ValueError(f"{path}: not a readable image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _is_cut(path: Path) -> bool:
    """Whether the end of a JPEG is missing, which OpenCV paints grey without a word."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return True
    return False


def _from_video(path: Path, size: Size | None) -> Iterator[tuple[str, np.ndarray]]:
    import av  # here: only sequences that are videos pay for loading it

    index = 0
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
            refuse_larger(str(path), (stream.height, stream.width), size)
            for frame in container.decode(stream):
                refuse_larger(f"{path}, frame {index}", (frame.height, frame.width), size)
                yield f"{path}, frame {index}", frame.to_ndarray(format="rgb24")
                index += 1
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"{path}: cannot be decoded after frame {index - 1}: {error}") from error
